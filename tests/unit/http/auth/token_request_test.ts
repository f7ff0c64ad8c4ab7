import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { HttpError, RegkitError } from "../../../../lib/errors.ts";
import {
  anyToken,
  authWorld,
  bearerChallenge,
  countedTokens,
  formOf,
  headerOf,
  pull,
  push,
  tokenAnswer,
} from "../../../support/auth_world.ts";
import { settle } from "../../../support/fake_clock.ts";
import { streamOf } from "../../../support/scripted_transport.ts";

Deno.test("postToken() sends an identity token as a form", async () => {
  await using world = authWorld({ credential: { token: "identity" } });
  const scopes = [{ repository: "other", actions: ["pull"] }];
  deepEqual((await world.send(push("app", { scopes }))).sent, [undefined, "Bearer token-1"]);
  const [call] = world.calls;
  equal(call?.line, "POST https://auth.example.org/token");
  equal(headerOf(call?.request, "content-type"), "application/x-www-form-urlencoded");
  equal(headerOf(call?.request, "authorization"), null);
  deepEqual(formOf(call), {
    client_id: "regkit/test (v1)",
    grant_type: "refresh_token",
    refresh_token: "identity",
    scope: "repository:app:pull,push repository:other:pull",
    service: "registry.example.org",
  });
});

Deno.test("postToken() prefers the refresh token that the service gave before", async () => {
  await using world = authWorld({
    credential: { token: "identity", user: "ann", pass: "pw" },
    tokens: [
      tokenAnswer({ token: "a", refresh_token: "given" }),
      tokenAnswer({ token: "b" }),
      tokenAnswer({ token: "c" }),
    ],
  });
  for (const repository of ["one", "two", "three"]) await world.send(pull(repository));
  deepEqual(world.calls.map((call) => formOf(call)["refresh_token"]), ["identity", "given", "given"]);
});

Deno.test("getToken() takes over with a warning when an identity token is refused, which is then not sent again", async () => {
  const answers = countedTokens();
  await using world = authWorld({
    credential: { token: "identity", user: "ann", pass: "pw" },
    tokens: (call) => call.request.method === "POST" ? { status: 401 } : answers(call),
  });
  deepEqual((await world.send(pull("one"))).sent, [undefined, "Bearer token-1"]);
  await world.send(pull("two"));
  deepEqual(world.calls.map(({ request }) => request.method), ["POST", "GET", "GET"]);
  equal(headerOf(world.calls[1]?.request, "authorization"), `Basic ${btoa("ann:pw")}`);
  const warnings = world.logs.filter((line) => line.startsWith("warn"));
  equal(warnings.length, 1);
  ok(warnings[0]?.startsWith("warn identity token not accepted"), warnings[0]);
});

Deno.test("getToken() does not take over when the service cannot be reached", async () => {
  await using world = authWorld({
    credential: { token: "identity" },
    tokens: () => new RegkitError("TRANSPORT", "connection refused"),
  });
  await rejects(world.clock.run(world.send(pull("app"))), { code: "TRANSPORT" });
  deepEqual(world.calls.map(({ request }) => request.method), ["POST", "POST", "POST"]);
});

Deno.test("getToken() tries three times at most, with growing waits", async () => {
  for (const step of [{ status: 500 }, { status: 429 }, { status: 503 }, new RegkitError("TRANSPORT", "reset")]) {
    await using world = authWorld({ tokens: () => step });
    await rejects(world.clock.run(world.send(pull("app"))));
    equal(world.calls.length, 3);
    deepEqual(world.clock.sleeps.filter((ms) => ms < 30_000), [500, 1000]);
  }
});

Deno.test("getToken() does not repeat what will not change", async () => {
  for (
    const step of [{ status: 400 }, { status: 401 }, { status: 404 }, { body: "{}" }, new RegkitError("TLS", "bad")]
  ) {
    await using world = authWorld({ tokens: () => step });
    await rejects(world.clock.run(world.send(pull("app"))));
    equal(world.calls.length, 1);
  }
});

Deno.test("getToken() waits as long as the service asks, within reason", async () => {
  await using patient = authWorld({
    tokens: [{ status: 429, headers: { "retry-after": "7" } }, tokenAnswer({ token: "t" })],
  });
  equal((await patient.clock.run(patient.send(pull("app")))).status, 200);
  deepEqual(patient.clock.sleeps.filter((ms) => ms !== 30_000), [7000]);

  await using asked = authWorld({ tokens: [{ status: 429, headers: { "retry-after": "120" } }] });
  await rejects(asked.send(pull("app")), (error) => {
    ok(error instanceof HttpError);
    equal(error.code, "RATE_LIMITED");
    equal(error.retryAfterMs, 120_000);
    return true;
  });
  equal(asked.calls.length, 1);
});

Deno.test("getToken() gives each attempt half a minute", async () => {
  await using silent = authWorld({ tokens: () => new Promise<never>(() => {}) });
  const send = silent.send(pull("app"));
  await silent.clock.advance(29_000);
  equal(silent.calls.length, 1);
  await silent.clock.advance(2_000);
  equal(silent.calls.length, 2);
  await Promise.all([
    rejects(send, { code: "TIMEOUT", message: /auth\.example\.org.* 30 s/ }),
    silent.clock.advance(120_000),
  ]);
  equal(silent.calls.length, 3);
  equal(silent.clock.waiting, 0);
});

Deno.test("getToken() does not wait for a body that never ends, and cancels it", async () => {
  let cancelled = 0;
  await using world = authWorld({
    tokens: () => ({
      body: new ReadableStream<Uint8Array<ArrayBuffer>>({
        pull: () => new Promise<never>(() => {}),
        cancel: () => void cancelled++,
      }),
    }),
  });
  await Promise.all([rejects(world.send(pull("app")), { code: "TIMEOUT" }), world.clock.advance(200_000)]);
  equal(cancelled, 3);
});

Deno.test("getToken() reads one mebibyte at most", async () => {
  let pulls = 0;
  await using world = authWorld({
    tokens: () => ({
      body: new ReadableStream<Uint8Array<ArrayBuffer>>({
        pull(controller) {
          pulls++;
          controller.enqueue(new Uint8Array(256 * 1024).fill(32));
        },
      }),
    }),
  });
  await rejects(world.send(pull("app")), { code: "TOO_LARGE" });
  ok(pulls <= 8, `${pulls} chunks`);
});

Deno.test("getToken() ends its wait between attempts with the signal", async () => {
  const controller = new AbortController();
  await using world = authWorld({ tokens: () => ({ status: 503 }) });
  const send = world.send(pull("app", { signal: controller.signal }));
  await settle();
  controller.abort(new Error("enough"));
  await rejects(send, /enough/);
  await settle();
  equal(world.clock.waiting, 0);
  equal(world.calls.length, 1);
});

Deno.test("getToken() follows redirects on its origin, and elsewhere only without a secret", async (t) => {
  const to = (location: string, status = 302) => ({ status, headers: { location }, body: streamOf("moved") });
  const secret = { user: "ann", pass: "pw" };
  const cases: readonly [name: string, location: string, status: number, credential: object, code: string][] = [
    ["same origin with a password", "/other", 302, secret, ""],
    ["same origin with an identity token by 307", "/other", 307, { token: "i" }, ""],
    ["another origin for nobody", "https://auth2.example.com/t", 301, {}, ""],
    ["another origin with a password", "https://auth2.example.com/t", 307, secret, "REDIRECT_REFUSED"],
    ["another port with a password", "https://auth.example.org:444/t", 307, secret, "REDIRECT_REFUSED"],
    ["a private address", "https://169.254.169.254/t", 307, {}, "INVALID_RESPONSE"],
    ["plain http", "http://auth.example.org/t", 307, {}, "INVALID_RESPONSE"],
    ["no URL", "https://", 307, {}, "REDIRECT_REFUSED"],
  ];
  for (const [name, location, status, credential, code] of cases) {
    await t.step(name, async () => {
      await using world = authWorld({ credential, tokens: [to(location, status), tokenAnswer({ token: "t" })] });
      if (code === "") {
        equal((await world.send(pull("app"))).status, 200);
        equal(world.calls.length, 2);
        equal(world.calls[1]?.request.url.href, new URL(location, "https://auth.example.org").href);
      } else {
        await rejects(world.send(pull("app")), { code });
        equal(world.calls.length, 1);
      }
    });
  }
  await t.step("without end", async () => {
    await using world = authWorld({ tokens: () => to("/again") });
    await rejects(world.send(pull("app")), { code: "REDIRECT_REFUSED" });
    equal(world.calls.length, 6);
  });
  await t.step("an identity token to another origin, where the password then is refused too", async () => {
    await using world = authWorld({
      credential: { token: "identity" },
      tokens: [to("https://evil.example.com/t", 307), tokenAnswer({ token: "t" })],
    });
    equal((await world.send(pull("app"))).status, 200);
    deepEqual(world.calls.map(({ line }) => line.split("?")[0]), [
      "POST https://auth.example.org/token",
      "GET https://auth.example.org/token",
    ]);
  });
});

Deno.test("getToken() repeats what the service said, in one line", async () => {
  const cases: readonly (readonly [body: string, said: string])[] = [
    ['{"errors":[{"code":"DENIED","message":"no\\n\\u001b[31mway"}]}', "DENIED: no [31mway"],
    ['{"details":"incorrect username or password"}', "incorrect username or password"],
    ['{"error":"invalid_grant","error_description":"gone"}', "invalid_grant: gone"],
    ["<html>no</html>", ""],
    ['{"token":"s3cret"}', ""],
    ["[]", ""],
    ["null", ""],
  ];
  for (const [body, said] of cases) {
    await using world = authWorld({ credential: { user: "ann", pass: "pw" }, tokens: [{ status: 401, body }] });
    await rejects(world.send(pull("app")), (error) => {
      ok(error instanceof HttpError);
      equal(error.code, "UNAUTHORIZED");
      equal(error.url, "https://auth.example.org/token");
      const head =
        'no token for registry.example.org as user "ann" from https://auth.example.org/token: unauthorized [http 401]';
      equal(error.message, said === "" ? head : `${head}: ${said}`);
      return true;
    });
  }
});

Deno.test("getToken() puts nothing of a challenge or a repository into headers or the shape of the query", async () => {
  const nasty = "repository:a&service=evil:pull";
  await using world = authWorld({
    door: (sent, want) =>
      sent
        ? anyToken(sent, want)
        : { status: 401, challenge: `${bearerChallenge(nasty)},error="x%0d%0aX-Injected: 1"` },
  });
  await world.send(pull("b&account=root#x"));
  const [call] = world.calls;
  deepEqual([...new Set(call?.request.url.searchParams.keys())], ["client_id", "scope", "service"]);
  deepEqual(call?.request.url.searchParams.getAll("scope"), [nasty, "repository:b&account=root#x:pull"]);
  deepEqual([...call?.request.headers.keys() ?? []], ["accept", "accept-encoding", "user-agent"]);
});
