import assert from "node:assert/strict";
import type { HttpError } from "../../../lib/errors.ts";
import { clientRig } from "../../support/client_rig.ts";
import { streamOf } from "../../support/scripted_transport.ts";

const to = (location: string, status = 307) => ({ status, headers: { location } });
const authenticator = {
  authorize: () => Promise.resolve("Bearer t"),
  challenge: () => Promise.resolve(false),
};

Deno.test("createHttpClient() follows redirects, relative and absolute, without giving credentials away", async () => {
  await using rig = clientRig([
    to("/elsewhere"),
    to("https://cdn.example.org/blob?sig=1"),
    to("https://reg.example.org/back"),
    { body: "ok" },
  ], { authenticator });
  assert.equal(await rig.send({ headers: new Headers({ range: "bytes=5-" }) }), "ok");
  assert.deepEqual(
    rig.script.calls.map((
      { line, request: { headers } },
    ) => [line, headers.get("authorization"), headers.get("range")]),
    [
      ["GET https://reg.example.org/v2/app/manifests/v1", "Bearer t", "bytes=5-"],
      ["GET https://reg.example.org/elsewhere", "Bearer t", "bytes=5-"],
      ["GET https://cdn.example.org/blob?sig=1", null, "bytes=5-"],
      ["GET https://reg.example.org/back", "Bearer t", "bytes=5-"],
    ],
  );
});

Deno.test.each([
  { target: "https://reg.example.org:8443/x" },
  { target: "https://reg.example.org.evil.example/x" },
  { target: "https://user:pass@other.example.org/x" },
])("createHttpClient() sends nothing of ours to $target", async ({ target }) => {
  await using rig = clientRig([to(target), { body: "ok" }], { authenticator });
  await rig.send();
  const call = rig.script.calls[1]?.request;
  assert.equal(call?.headers.get("authorization"), null);
  assert.equal(call?.url.username, "");
});

Deno.test.each(
  [
    { method: "PUT", status: 307, want: "PUT" },
    { method: "PUT", status: 308, want: "PUT" },
    { method: "PUT", status: 301, want: "GET" },
    { method: "POST", status: 302, want: "GET" },
    { method: "PATCH", status: 303, want: "GET" },
    { method: "DELETE", status: 302, want: "GET" },
    { method: "HEAD", status: 301, want: "HEAD" },
    { method: "HEAD", status: 303, want: "HEAD" },
    { method: "GET", status: 302, want: "GET" },
  ] as const,
)("createHttpClient() follows $status of a $method with $want", async ({ method, status, want }) => {
  await using rig = clientRig([to("/x", status), { status: 200 }]);
  const hasBody = method === "PUT" || method === "PATCH";
  const body = () => ({ stream: streamOf("bytes"), length: 5 });
  await rig.send({ method, ...(hasBody ? { body, headers: new Headers({ "content-type": "a/b" }) } : {}) });
  const call = rig.script.calls[1];
  assert.equal(call?.line, `${want} https://reg.example.org/x`);
  const keepsBody = hasBody && want === method;
  assert.equal(call?.text, keepsBody ? "bytes" : "");
  assert.equal(call?.request.headers.get("content-type"), keepsBody ? "a/b" : null);
});

Deno.test.each([
  { target: "http://reg.example.org/x", why: /leave https for http/ },
  { target: "https://localhost/x", why: /local address/ },
  { target: "https://192.168.1.1/x", why: /local address/ },
  { target: "https://0x7f.1/x", why: /local address/ },
  { target: "https://[::ffff:10.0.0.1]/x", why: /local address/ },
  { target: "file:///etc/passwd", why: /only http and https/ },
])("createHttpClient() refuses the redirect of a public registry to $target", async ({ target, why }) => {
  await using rig = clientRig([to(target)]);
  await assert.rejects(rig.send(), (error: HttpError) => {
    assert.equal(error.code, "REDIRECT_REFUSED");
    assert.match(error.message, why);
    return true;
  });
  assert.equal(rig.lines().length, 1);
});

Deno.test("createHttpClient() lets a local registry redirect to local addresses", async () => {
  await using rig = clientRig([to("http://127.0.0.1:9000/x"), { body: "ok" }], {
    settings: { local: { hostname: "localhost:5000", tls: "disabled" } },
  });
  assert.equal(await rig.send({ registry: "local" }), "ok");
});

Deno.test("createHttpClient() follows ten redirects and no more", async () => {
  let count = 0;
  await using rig = clientRig(() => ++count <= 10 ? to(`/${count}`) : { body: "ok" });
  assert.equal(await rig.send(), "ok");
  await using endless = clientRig(() => to("/again?secret=1"));
  await assert.rejects(endless.send(), (error: HttpError) => {
    assert.equal(error.code, "REDIRECT_REFUSED");
    assert.match(error.message, /more than 10 times/);
    assert(!error.message.includes("secret=1"));
    return true;
  });
  assert.equal(endless.lines().length, 11);
});

Deno.test("createHttpClient() uses the settings of the host that it is redirected to", async () => {
  const hosts: string[] = [];
  await using rig = clientRig([to("https://cdn.example.org/x"), new Error("stop")], {
    hosts: {
      host: (name) => {
        hosts.push(name);
        return {
          name,
          hostname: name,
          tls: "enabled",
          pathPrefix: "",
          mirrors: [],
          priority: 0,
          repoAuth: false,
          apiOpts: {},
          stallTimeoutMs: 1000,
        };
      },
      credential: () => Promise.resolve(undefined),
      certificates: () => Promise.resolve({ authorities: [] }),
    },
  });
  await assert.rejects(rig.send(), { message: "stop" });
  assert(hosts.includes("cdn.example.org"));
});

Deno.test("createHttpClient() takes a redirect without a location for what it is", async () => {
  await using rig = clientRig([{ status: 307, body: "?" }]);
  await assert.rejects(rig.send(), {
    message: "request failed: unexpected http status code: Temporary Redirect [http 307]: ?",
  });
});

Deno.test("createHttpClient() refuses a redirect to what is no URL", async () => {
  await using rig = clientRig([to("https://[")]);
  await assert.rejects(rig.send(), { code: "INVALID_RESPONSE" });
});

Deno.test("createHttpClient() pauses the host that a redirect leads to, not the registry", async () => {
  await using rig = clientRig([
    to("https://cdn.example.org/x"),
    { status: 503, headers: { "retry-after": "30" } },
    to("https://cdn.example.org/x"),
    { body: "ok" },
  ]);
  assert.equal(await rig.send(), "ok");
  assert.deepEqual(rig.logger.of("Registry asks to wait").map((fields) => fields["host"]), ["cdn.example.org"]);
});
