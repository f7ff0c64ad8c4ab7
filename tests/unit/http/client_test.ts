import assert from "node:assert/strict";
import { type HttpError, RegkitError } from "../../../lib/errors.ts";
import type { Authenticator, AuthRequest } from "../../../lib/http/auth/authenticator.ts";
import { clientRig, manifestRequest } from "../../support/client_rig.ts";
import { settle } from "../../support/fake_clock.ts";
import { streamOf } from "../../support/scripted_transport.ts";

/** Asks for `answer` after a first refusal, and remembers what it was asked. */
function fakeAuthenticator(answer = "Basic c2VjcmV0"): Authenticator & { asked: [string, AuthRequest][] } {
  let isChallenged = false;
  const asked: [string, AuthRequest][] = [];
  return {
    asked,
    authorize: (host, want) => {
      asked.push([host.name, want]);
      return Promise.resolve(isChallenged ? answer : undefined);
    },
    challenge: (_host, _answer, _want, sent) => {
      const isNew = sent !== answer;
      isChallenged = true;
      return Promise.resolve(isNew);
    },
    refusal: (host) => new Error(`no credentials for ${host.name}`),
  };
}

Deno.test.each([
  { what: "a manifest", request: {}, want: "GET https://reg.example.org/v2/app/manifests/v1" },
  {
    what: "a ping",
    request: { repository: undefined, path: "" },
    want: "GET https://reg.example.org/v2/",
  },
  {
    what: "a list with its query",
    request: { path: "tags/list", query: [["n", "5"], ["last", "a b"]] as const },
    want: "GET https://reg.example.org/v2/app/tags/list?n=5&last=a%20b",
  },
  {
    what: "a host with a path prefix",
    request: { registry: "prefixed.example.org" },
    want: "GET https://prefixed.example.org/v2/a/b/app/manifests/v1",
  },
  {
    what: "a ping of a host with a path prefix",
    request: { registry: "prefixed.example.org", repository: undefined, path: "" },
    want: "GET https://prefixed.example.org/v2/",
  },
  {
    what: "the catalog of a host with a path prefix",
    request: { registry: "prefixed.example.org", repository: undefined, path: "_catalog" },
    want: "GET https://prefixed.example.org/v2/_catalog",
  },
  {
    what: "plain http on another hostname",
    request: { registry: "plain" },
    want: "GET http://127.0.0.1:5000/v2/app/manifests/v1",
  },
  {
    what: "an absolute URL whose query must stay as it is",
    request: { path: new URL("https://reg.example.org/up?_state=a%2Bb+c"), query: [["digest", "sha256:1"]] as const },
    want: "GET https://reg.example.org/up?_state=a%2Bb+c&digest=sha256%3A1",
  },
])("createHttpClient() builds the URL of $what", async ({ request, want }) => {
  await using rig = clientRig([{ body: "ok" }], {
    settings: {
      "prefixed.example.org": { pathPrefix: "a/b" },
      plain: { tls: "disabled", hostname: "127.0.0.1:5000" },
    },
  });
  assert.equal(await rig.send(request), "ok");
  assert.deepEqual(rig.lines(), [want]);
});

Deno.test("createHttpClient() sends the user agent, identity encoding and the operation's headers", async () => {
  await using rig = clientRig([{}]);
  await rig.send({ headers: new Headers({ accept: "application/json" }) });
  assert.deepEqual(Object.fromEntries(rig.script.calls[0]?.request.headers ?? []), {
    accept: "application/json",
    "accept-encoding": "identity",
    "user-agent": "regkit/test",
  });
});

Deno.test("createHttpClient() gives requests that usually have a body an empty one", async () => {
  await using rig = clientRig([{ status: 202 }, { status: 202 }]);
  await rig.send({ method: "POST", path: "blobs/uploads/", expect: [202] });
  await rig.send({ method: "DELETE", expect: [202] });
  assert.deepEqual(rig.script.calls.map((call) => call.request.body), [new Uint8Array(0), undefined]);
});

Deno.test.each([
  { what: "a line break in the path", request: { path: "manifests/v1\r\nX-Evil: 1" } },
  { what: "an escaped line break", request: { path: "manifests/v1%0d%0aX" } },
  { what: "a query in the path", request: { path: "manifests/v1?x=1" } },
  { what: "a way out of the repository", request: { path: "../other/manifests/v1" } },
  { what: "an escaped way out", request: { path: "%2e%2e/other" } },
  { what: "a line break in the repository", request: { repository: "app\nx" } },
  { what: "a backslash", request: { repository: "app\\x" } },
])("createHttpClient() refuses $what before anything is sent", async ({ request }) => {
  await using rig = clientRig([]);
  await assert.rejects(rig.send(request), { code: "INVALID_ARGUMENT" });
  assert.deepEqual(rig.lines(), []);
});

Deno.test("createHttpClient() refuses a credential with line breaks without repeating it", async () => {
  const evil: Authenticator = {
    authorize: () => Promise.resolve("Bearer top\r\nX-Evil: secret"),
    challenge: () => Promise.resolve(false),
  };
  await using rig = clientRig([], { authenticator: evil });
  await assert.rejects(rig.send(), (error: RegkitError) => {
    assert.equal(error.code, "INVALID_ARGUMENT");
    assert(!error.message.includes("secret"));
    return true;
  });
  assert.deepEqual(rig.lines(), []);
});

Deno.test("createHttpClient() gives the registry's words with the error", async () => {
  const body = JSON.stringify({ errors: [{ code: "MANIFEST_UNKNOWN", message: "not here", detail: {} }, { x: 1 }] });
  await using rig = clientRig([{ status: 404, body }]);
  await assert.rejects(rig.send(), (error: HttpError) => {
    assert.equal(error.code, "NOT_FOUND");
    assert.equal(error.status, 404);
    assert.equal(error.message, `request failed: not found [http 404]: ${body}`);
    assert.equal(error.body, body);
    assert.deepEqual(error.entries, [{ code: "MANIFEST_UNKNOWN", message: "not here" }]);
    assert.equal(error.url, "https://reg.example.org/v2/app/manifests/v1");
    return true;
  });
});

Deno.test("createHttpClient() bounds an error's body in bytes and cleans what would steer a terminal", async () => {
  await using rig = clientRig([{ status: 400, body: "\x1b[2J" + "x".repeat(100_000) }]);
  await assert.rejects(rig.send(), (error: HttpError) => {
    assert.equal(error.body.length, 64 * 1024);
    assert(error.body.startsWith("\ufffd[2Jx"));
    assert(error.message.length < 2200);
    return true;
  });
});

Deno.test("createHttpClient() does not wait for an error's body for ever", async () => {
  const endless = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start: (controller) => controller.enqueue(new TextEncoder().encode("some")),
  });
  await using rig = clientRig([{ status: 400, body: endless }]);
  await assert.rejects(rig.send(), {
    message: "request failed: unexpected http status code: Bad Request [http 400]: some",
  });
});

Deno.test("createHttpClient() takes a success that was not expected for an error", async () => {
  await using rig = clientRig([{ status: 200 }]);
  await assert.rejects(rig.send({ method: "PUT", expect: [201] }), {
    message: "request failed: unexpected http status code: OK [http 200]",
  });
});

Deno.test("createHttpClient() answers a challenge and names what was refused in the end", async () => {
  const authenticator = fakeAuthenticator();
  await using rig = clientRig([{ status: 401, body: "who?" }, { body: "ok" }, { status: 401, body: "no" }], {
    authenticator,
  });
  assert.equal(await rig.send(), "ok");
  assert.deepEqual(rig.script.calls.map((call) => call.request.headers.get("authorization")), [null, "Basic c2VjcmV0"]);
  await assert.rejects(rig.send({ scopes: [{ repository: "other", actions: ["pull"] }] }), {
    code: "UNAUTHORIZED",
    message: "request failed: unauthorized [http 401] (host reg.example.org, repository app, " +
      "no credentials for reg.example.org): no",
  });
  assert.deepEqual(authenticator.asked[2]?.[1].scopes, [{ repository: "other", actions: ["pull"] }]);
  assert.equal(authenticator.asked[0]?.[1], authenticator.asked[1]?.[1], "all sends share one request to authenticate");
});

Deno.test.each(
  [
    { method: "GET", want: ["pull"] },
    { method: "HEAD", want: ["pull"] },
    { method: "PUT", want: ["pull", "push"] },
    { method: "DELETE", want: ["pull", "push"] },
  ] as const,
)("createHttpClient() asks for the actions of $method", async ({ method, want }) => {
  const authenticator = fakeAuthenticator();
  await using rig = clientRig([{}], { authenticator });
  await rig.send({ method });
  assert.deepEqual(authenticator.asked[0]?.[1].actions, want);
});

Deno.test("createHttpClient() ends endless challenges", async () => {
  const authenticator: Authenticator = {
    authorize: () => Promise.resolve("Basic x"),
    challenge: () => Promise.resolve(true),
  };
  await using rig = clientRig(() => ({ status: 401 }), { authenticator });
  await assert.rejects(rig.send(), { code: "UNAUTHORIZED" });
  assert.equal(rig.lines().length, 4);
});

Deno.test("createHttpClient() takes a failed token service for final, it has been retried already", async () => {
  const authenticator: Authenticator = {
    authorize: () => Promise.reject(new RegkitError("TRANSPORT", "the token service is away")),
    challenge: () => Promise.resolve(false),
  };
  await using rig = clientRig([], { authenticator });
  await assert.rejects(rig.send(), { message: "the token service is away" });
  assert.deepEqual(rig.clock.sleeps, []);
});

Deno.test("createHttpClient() keeps credentials from absolute URLs of another origin", async () => {
  const authenticator = fakeAuthenticator();
  await using rig = clientRig([{ status: 401 }, { status: 401, body: "foreign" }, { body: "own" }], {
    authenticator,
  });
  await assert.rejects(rig.send());
  for (
    const url of ["https://reg.example.org:8443/x", "https://sub.reg.example.org/x", "https://other.example.org/x"]
  ) {
    rig.script.calls.length = 0;
    await using other = clientRig([{ body: "ok" }], { authenticator });
    await other.send({ path: new URL(url) });
    assert.equal(other.script.calls[0]?.request.headers.get("authorization"), null, url);
  }
  await using same = clientRig([{ body: "ok" }], { authenticator });
  await same.send({ path: new URL("https://reg.example.org:443/next?n=1") });
  assert.equal(same.script.calls[0]?.request.headers.get("authorization"), "Basic c2VjcmV0");
});

Deno.test.each([
  { url: "http://reg.example.org/next", why: /leave https for http/ },
  { url: "https://127.0.0.1/next", why: /local address/ },
  { url: "https://[::1]:5000/next", why: /local address/ },
  { url: "https://169.254.169.254/latest", why: /local address/ },
  { url: "https://10.0.0.1/x", why: /local address/ },
  { url: "ftp://reg.example.org/x", why: /only http and https/ },
])("createHttpClient() refuses the absolute URL $url of a public registry", async ({ url, why }) => {
  await using rig = clientRig([]);
  await assert.rejects(rig.send({ path: new URL(url) }), (error: RegkitError) => {
    assert.equal(error.code, "REDIRECT_REFUSED");
    assert.match(error.message, why);
    return true;
  });
});

Deno.test("createHttpClient() lets a local registry point to local addresses", async () => {
  await using rig = clientRig([{ body: "ok" }], { settings: { local: { hostname: "127.0.0.1:5000" } } });
  assert.equal(await rig.send({ registry: "local", path: new URL("https://127.0.0.1:9000/blob") }), "ok");
});

Deno.test("createHttpClient() remembers traits per hostname", async () => {
  await using rig = clientRig([], {
    settings: { a: { hostname: "same.example.org" }, b: { hostname: "same.example.org" } },
  });
  rig.client.traits("a").smallUploads = 3;
  assert.equal(rig.client.traits("b").smallUploads, 3);
  assert.equal(rig.client.traits("c").smallUploads, 0);
});

Deno.test("createHttpClient() throws the signal's reason when it is aborted before, while sending, and while reading", async () => {
  const never = new Promise<never>(() => {});
  await using rig = clientRig(({ request }) =>
    request.method === "HEAD" ? never : { body: new ReadableStream({ pull: () => never }, { highWaterMark: 0 }) }
  );
  const reason = new Error("enough");
  await assert.rejects(rig.client.send(manifestRequest({ signal: AbortSignal.abort(reason) })), reason);

  const sending = new AbortController();
  const sent = rig.client.send(manifestRequest({ method: "HEAD", signal: sending.signal }));
  await settle();
  sending.abort(reason);
  await assert.rejects(sent, reason);

  const reading = new AbortController();
  const answer = await rig.client.send(manifestRequest({ signal: reading.signal }));
  const read = answer.body?.getReader().read();
  reading.abort(reason);
  await assert.rejects(Promise.resolve(read), reason);
});

Deno.test("createHttpClient() opens the body anew for each attempt, and lets go of one that was not read", async () => {
  let opened = 0;
  await using rig = clientRig([{ status: 500 }, { status: 201 }]);
  await rig.send({
    method: "PUT",
    expect: [201],
    body: () => ({ stream: streamOf(`body ${++opened}`), length: 6 }),
  });
  assert.deepEqual(rig.script.calls.map((call) => call.text), ["body 1", "body 2"]);
});

Deno.test("createHttpClient() does not send a body again that can be had once only", async () => {
  await using rig = clientRig([{ status: 500, body: "broken" }]);
  await assert.rejects(
    rig.send({
      method: "PUT",
      expect: [201],
      isRepeatable: false,
      body: () => ({ stream: streamOf("bytes"), length: 5 }),
    }),
    { status: 500, body: "broken" },
  );
  assert.equal(rig.lines().length, 1);
});

Deno.test("createHttpClient() gives the source's own error when a body cannot be read", async () => {
  await using rig = clientRig(() => ({ status: 201 }));
  const failure = new RegkitError("DIGEST_MISMATCH", "other bytes");
  const body = (): ReadableStream<Uint8Array<ArrayBuffer>> =>
    new ReadableStream({ pull: () => Promise.reject(failure) });
  await assert.rejects(
    rig.send({ method: "PUT", expect: [201], body: () => ({ stream: body(), length: 5 }) }),
    failure,
  );
});

Deno.test("createHttpClient() gives the source's own error at once when a body cannot be opened", async () => {
  await using rig = clientRig([]);
  const failure = new RegkitError("TRANSPORT", "the source is away");
  await assert.rejects(rig.send({ method: "PUT", expect: [201], body: () => Promise.reject(failure) }), failure);
  assert.deepEqual(rig.lines(), []);
  assert.deepEqual(rig.logger.of("Retrying request"), []);
});

Deno.test("createHttpClient() gives an empty stream for a body of length 0", async () => {
  await using rig = clientRig([{ body: "", headers: { "content-length": "0" } }]);
  const answer = await rig.client.send(manifestRequest({ kind: "blob" }));
  assert.equal(await new Response(answer.body).text(), "");
});
