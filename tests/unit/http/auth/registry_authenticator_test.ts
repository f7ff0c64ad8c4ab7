import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { HttpError, RegkitError } from "../../../../lib/errors.ts";
import {
  anyToken,
  authWorld,
  bearerChallenge,
  type Door,
  headerOf,
  pull,
  push,
  testHost,
  tokenAnswer,
} from "../../../support/auth_world.ts";

const host = testHost();

Deno.test("createAuthenticator() sends nothing and asks for no credential before a host refuses", async () => {
  await using world = authWorld({ credential: { user: "ann", pass: "pw" }, door: () => ({ status: 200 }) });
  deepEqual(await world.send(pull("app")), { status: 200, sent: [undefined] });
  equal(world.credentialRequests(), 0);
  equal(world.calls.length, 0);
});

Deno.test("createAuthenticator() gets one token after a refusal and keeps using it", async () => {
  await using world = authWorld();
  deepEqual(await world.send(pull("app")), { status: 200, sent: [undefined, "Bearer token-1"] });
  deepEqual(await world.send(pull("app")), { status: 200, sent: ["Bearer token-1"] });
  const [call] = world.calls;
  equal(
    call?.line,
    "GET https://auth.example.org/token?client_id=regkit%2Ftest+%28v1%29&scope=repository%3Aapp%3Apull" +
      "&service=registry.example.org",
  );
  equal(headerOf(call?.request, "authorization"), null);
  equal(headerOf(call?.request, "user-agent"), "regkit/test (v1)");
  equal(world.calls.length, 1);
});

Deno.test("createAuthenticator() gives user and password to the token service, and keeps the realm's own query", async () => {
  await using world = authWorld({
    credential: { user: "ann", pass: "pw:ä" },
    door: (sent) =>
      sent === undefined
        ? { status: 401, challenge: bearerChallenge("repository:app:pull", "/auth?tenant=t1&service=other") }
        : { status: 200 },
  });
  equal((await world.send(pull("app"))).status, 200);
  const [call] = world.calls;
  equal(call?.request.url.origin, "https://registry.example.org");
  equal(call?.request.url.pathname, "/auth");
  const query = call?.request.url.searchParams;
  equal(query?.get("tenant"), "t1");
  equal(query?.get("account"), "ann");
  deepEqual(query?.getAll("service"), ["registry.example.org"]);
  equal(query?.has("offline_token"), false);
  equal(headerOf(call?.request, "authorization"), `Basic ${new TextEncoder().encode("ann:pw:ä").toBase64()}`);
});

Deno.test("createAuthenticator() asks in one token for everything that one operation needs", async () => {
  await using world = authWorld({
    door: (sent) =>
      sent === undefined
        ? { status: 401, challenge: bearerChallenge("repository:target:pull,push registry:catalog:*") }
        : { status: 200 },
  });
  const scopes = [{ repository: "source", actions: ["pull"] }, { repository: "target", actions: ["delete"] }];
  await world.send(push("target", { scopes }));
  deepEqual(world.scopes(), [[
    "registry:catalog:*",
    "repository:source:pull",
    "repository:target:pull,push,delete",
  ]]);
});

Deno.test("createAuthenticator() uses a wider token for a narrower need, and asks anew only for what is missing", async () => {
  await using world = authWorld();
  await world.send(push("app"));
  await world.send(pull("app"));
  equal(world.calls.length, 1);
  await world.send(pull("other"));
  await world.send(pull("third"));
  await world.send(pull("other"));
  deepEqual(world.scopes(), [["repository:app:pull,push"], ["repository:other:pull"], ["repository:third:pull"]]);
});

Deno.test("createAuthenticator() remembers the scope that a registry adds to a kind of request", async () => {
  const door: Door = (sent) =>
    sent === "Bearer token-1" ? { status: 200 } : { status: 401, challenge: bearerChallenge("registry:catalog:*") };
  await using world = authWorld({ door });
  await world.send({ actions: [] });
  deepEqual(await world.send({ actions: [] }), { status: 200, sent: ["Bearer token-1"] });
  deepEqual(world.scopes(), [["registry:catalog:*"]]);
});

Deno.test("createAuthenticator() asks for a wider token when a 401 names more, once", async () => {
  const asked = ["repository:app:pull", "repository:app:pull,push", "repository:app:pull,push,delete"];
  let count = 0;
  await using world = authWorld({ door: () => ({ status: 401, challenge: bearerChallenge(asked[count++]) }) });
  equal((await world.send(pull("app"))).sent.length, 3);
  deepEqual(world.scopes(), [["repository:app:pull"], ["repository:app:pull,push"]]);
});

Deno.test("createAuthenticator() gets exactly one fresh token for one that is not accepted any more", async () => {
  let valid = "Bearer token-1";
  const door: Door = (sent, want) => sent === valid ? { status: 200 } : anyToken(undefined, want);
  await using world = authWorld({ door });
  await world.send(pull("app"));
  valid = "Bearer token-2";
  deepEqual(await world.send(pull("app")), { status: 200, sent: ["Bearer token-1", "Bearer token-2"] });
  valid = "none";
  await world.clock.advance(61_000);
  deepEqual(await world.send(pull("app")), { status: 401, sent: ["Bearer token-2", "Bearer token-3"] });
  equal(world.calls.length, 3);
  deepEqual(await world.send(pull("app")), { status: 401, sent: ["Bearer token-3"] });
  equal(world.calls.length, 3);
});

Deno.test("createAuthenticator() does not ask again for a token that was refused as soon as it came", async () => {
  await using world = authWorld({
    door: (_, want) => anyToken(undefined, want),
    credential: { user: "ann", pass: "pw" },
  });
  deepEqual(await world.send(pull("app")), { status: 401, sent: [undefined, "Bearer token-1"] });
  equal(world.calls.length, 1);
  equal(
    world.authenticator.explain(host),
    'registry.example.org did not accept the token of user "ann" for repository:app:pull',
  );
});

Deno.test("createAuthenticator() gives up on a registry that names another realm each time", async () => {
  let count = 0;
  await using world = authWorld({
    door: () => ({ status: 401, challenge: bearerChallenge("repository:app:pull", `/realm-${count++}`) }),
  });
  const { status, sent } = await world.send(pull("app"));
  equal(status, 401);
  equal(sent.length, 3);
  equal(world.calls.length, 2);
});

Deno.test("createAuthenticator() takes a 403 for an answer", async () => {
  await using world = authWorld({ door: (sent, want) => sent ? { status: 403 } : anyToken(sent, want) });
  deepEqual(await world.send(pull("app")), { status: 403, sent: [undefined, "Bearer token-1"] });
  equal(world.authenticator.explain(host), undefined);
  for (
    const challenge of [undefined, bearerChallenge("repository:app:push"), 'Basic realm="x"', 'Bearer error="', "="]
  ) {
    await using other = authWorld({
      door: (sent, want) => sent ? { status: 403, ...(challenge && { challenge }) } : anyToken(sent, want),
    });
    equal((await other.send(pull("app"))).sent.length, 2);
  }
});

Deno.test("createAuthenticator() widens a token once when a 403 names the scope that is missing", async () => {
  const challenge = `${bearerChallenge("repository:app:pull,delete")},error="insufficient_scope"`;
  await using world = authWorld({
    door: (sent, want) =>
      sent === "Bearer token-2" ? { status: 202 } : sent ? { status: 403, challenge } : anyToken(sent, want),
  });
  deepEqual(await world.send(push("app")), { status: 202, sent: [undefined, "Bearer token-1", "Bearer token-2"] });
  deepEqual(world.scopes(), [["repository:app:pull,push"], ["repository:app:pull,push,delete"]]);

  await using stubborn = authWorld({ door: (sent, want) => sent ? { status: 403, challenge } : anyToken(sent, want) });
  equal((await stubborn.send(push("app"))).sent.length, 3);
  equal(stubborn.calls.length, 2);
});

Deno.test("createAuthenticator() sends Basic where only Basic is offered", async () => {
  await using world = authWorld({
    credential: { user: "ann", pass: "pw" },
    door: (sent) => sent ? { status: 200 } : { status: 401, challenge: 'Basic realm="reg"' },
  });
  const basic = "Basic YW5uOnB3";
  deepEqual(await world.send(pull("app")), { status: 200, sent: [undefined, basic] });
  deepEqual(await world.send(pull("other")), { status: 200, sent: [basic] });
  equal(world.calls.length, 0);
});

Deno.test("createAuthenticator() prefers Basic with a password and Bearer without, when both are offered", async () => {
  const door: Door = (sent) =>
    sent ? { status: 200 } : { status: 401, challenge: `Basic realm="reg", ${bearerChallenge("repository:app:pull")}` };
  await using known = authWorld({ door, credential: { user: "ann", pass: "pw" } });
  equal((await known.send(pull("app"))).sent[1], "Basic YW5uOnB3");
  await using nobody = authWorld({ door });
  equal((await nobody.send(pull("app"))).sent[1], "Bearer token-1");
  await using identity = authWorld({ door, credential: { token: "identity" } });
  equal((await identity.send(pull("app"))).sent[1], "Bearer token-1");
});

Deno.test("createAuthenticator() says why it gave up", async (t) => {
  const cases: readonly (readonly [challenge: string | undefined, user: string, reason: string])[] = [
    ['Basic realm="reg"', "", "no credentials for registry.example.org"],
    ['Basic realm="reg"', "ann", 'registry.example.org did not accept user "ann"'],
    [undefined, "ann", "registry.example.org does not say how to authenticate"],
    [
      "Negotiate, Digest qop=auth",
      "",
      "registry.example.org offers only unsupported authentication: negotiate, digest",
    ],
    ['Bearer service="x"', "", "registry.example.org does not say where to ask for a token"],
  ];
  for (const [challenge, user, reason] of cases) {
    await t.step(reason, async () => {
      await using world = authWorld({
        credential: user === "" ? {} : { user, pass: "pw" },
        door: () => ({ status: 401, ...(challenge && { challenge }) }),
      });
      const want = pull("app");
      equal((await world.send(want)).status, 401);
      equal(world.authenticator.explain(host), reason);
      equal(world.authenticator.refusal(host, want)?.code, "UNAUTHORIZED");
      equal(world.authenticator.explain(host, pull("app")), undefined);
      equal(world.authenticator.explain(testHost({ name: "other.example.org" })), undefined);
      equal(world.calls.length, 0);
    });
  }
});

Deno.test("createAuthenticator() refuses a malformed challenge with an error that names header and registry", async () => {
  await using world = authWorld({ door: () => ({ status: 401, challenge: 'Bearer realm="s3cret' }) });
  await rejects(world.send(pull("app")), (error) => {
    ok(error instanceof RegkitError);
    equal(error.code, "INVALID_RESPONSE");
    equal(error.op, "authenticate to registry.example.org");
    ok(error.message.includes("WWW-Authenticate") && !error.message.includes("s3cret"));
    return true;
  });
});

Deno.test("createAuthenticator() answers only the origin that is configured", async () => {
  const headers = new Headers({ "WWW-Authenticate": 'Basic realm="reg"' });
  for (
    const url of [
      "https://evil.example.org/v2/",
      "http://registry.example.org/v2/",
      "https://registry.example.org:444/v2/",
      "https://sub.registry.example.org/v2/",
    ]
  ) {
    await using world = authWorld({ credential: { user: "ann", pass: "pw" } });
    equal(
      await world.authenticator.challenge(host, { status: 401, headers, url: new URL(url) }, pull("app"), undefined),
      false,
    );
    equal(world.credentialRequests(), 0);
    equal(await world.authenticator.authorize(host, pull("app")), undefined);
  }
});

Deno.test("createAuthenticator() keeps registries apart", async () => {
  const seen: string[] = [];
  await using world = authWorld({
    credential: (asked) => Promise.resolve({ user: asked.name.slice(0, 1), pass: "pw", token: "" }),
    tokens: (call) => {
      seen.push(`${call.request.url.hostname} ${call.request.url.searchParams.get("account")}`);
      return tokenAnswer({ token: `for-${call.request.url.searchParams.get("account")}` });
    },
    door: (sent) =>
      sent ? { status: 200 } : { status: 401, challenge: bearerChallenge("repository:app:pull", "/token") },
  });
  const hosts = [testHost({ name: "a.example.org" }), testHost({ name: "b.example.org" })];
  const outcomes = await Promise.all(hosts.map((each) => world.send(pull("app"), each)));
  deepEqual(outcomes.map(({ sent }) => sent[1]), ["Bearer for-a", "Bearer for-b"]);
  deepEqual(seen.sort(), ["a.example.org a", "b.example.org b"]);
});

Deno.test("createAuthenticator() keeps repositories apart with repoAuth, mount source included", async () => {
  await using world = authWorld();
  const separate = testHost({ repoAuth: true });
  await world.send(pull("a"), separate);
  const scopes = [{ repository: "a", actions: ["pull"] }];
  deepEqual(await world.send(push("b", { scopes }), separate), { status: 200, sent: [undefined, "Bearer token-2"] });
  deepEqual((await world.send(pull("a"), separate)).sent, ["Bearer token-1"]);
  deepEqual(world.scopes(), [["repository:a:pull"], ["repository:a:pull", "repository:b:pull,push"]]);
});

Deno.test("createAuthenticator() tries anonymously when a credential helper fails, warns once, and keeps the cause", async () => {
  const failure = new RegkitError("CREDENTIALS", "docker-credential-x is not installed");
  await using world = authWorld({
    credential: () => Promise.reject(failure),
    tokens: [{ status: 401, body: '{"errors":[{"code":"UNAUTHORIZED","message":"who are you"}]}' }],
  });
  await rejects(world.send(pull("app")), (error) => {
    ok(error instanceof HttpError);
    equal(error.code, "UNAUTHORIZED");
    equal(error.cause, failure);
    return true;
  });
  equal(headerOf(world.calls[0]?.request, "authorization"), null);
  equal(world.logs.filter((line) => line.startsWith("warn")).length, 1);
  ok(world.logs.some((line) => line.startsWith("warn credentials not available") && line.includes("not installed")));

  await using basic = authWorld({
    credential: () => Promise.reject(failure),
    door: () => ({ status: 401, challenge: 'Basic realm="x"' }),
  });
  await basic.send(pull("app"));
  equal(basic.authenticator.refusal(host)?.cause, failure);
});

Deno.test("createAuthenticator() repeats Basic when the helper gives another password", async () => {
  let pass = "old";
  await using world = authWorld({
    credential: () => Promise.resolve({ user: "ann", pass, token: "" }),
    door: (sent) =>
      sent === `Basic ${btoa("ann:new")}` ? { status: 200 } : { status: 401, challenge: 'Basic realm="x"' },
  });
  equal((await world.send(pull("app"))).status, 401);
  pass = "new";
  deepEqual(await world.send(pull("app")), { status: 200, sent: [`Basic ${btoa("ann:new")}`] });
});
