import assert from "node:assert/strict";
import { digestBytes } from "../../../lib/oci/digest.ts";
import { createRegistry } from "../../../lib/server/registry.ts";
import { serveRegistry } from "../../../lib/server/serve.ts";
import { newAuthority, signedBy } from "../../support/certificates.ts";
import { randomBytes } from "../../support/random_image.ts";

const authority = newAuthority();
const server = signedBy(authority, { names: ["127.0.0.1"] });

/** Asks with a client that trusts an authority and perhaps shows a certificate. */
async function ask(
  url: string,
  init: RequestInit = {},
  more: { ca?: string; cert?: string; key?: string } = {},
): Promise<Response> {
  const { ca = authority.cert, cert, key } = more;
  const own = cert === undefined || key === undefined ? {} : { cert, key };
  using client = Deno.createHttpClient({ caCerts: [ca], ...own });
  const response = await fetch(url, { ...init, client });
  const body = await response.arrayBuffer();
  return new Response(body.byteLength === 0 ? null : body, { status: response.status, headers: response.headers });
}

/** Sends bytes over TLS as they are. */
async function raw(port: number, text: string): Promise<string> {
  using connection = await Deno.connectTls({ hostname: "127.0.0.1", port, caCerts: [authority.cert] });
  await connection.write(new TextEncoder().encode(text));
  let answer = "";
  const buffer = new Uint8Array(65_536);
  for (let count = await connection.read(buffer); count !== null; count = await connection.read(buffer)) {
    answer += new TextDecoder().decode(buffer.subarray(0, count));
    if (answer.includes("\r\n\r\n")) break;
  }
  return answer;
}

Deno.test("serveRegistry() with TLS takes and gives blobs with their lengths", async () => {
  await using registry = createRegistry();
  await using running = await serveRegistry(registry, { tls: server });
  const { url } = running.address;
  assert.match(url, /^https:\/\/127\.0\.0\.1:[1-9]\d*$/);
  const bytes = randomBytes(2_000_000, 1);
  const digest = await digestBytes(bytes);
  const pushed = await ask(`${url}/v2/app/blobs/uploads/?digest=${digest}`, { method: "POST", body: bytes });
  assert.equal(pushed.status, 201);
  const begun = await ask(`${url}/v2/app/blobs/uploads/`, { method: "POST" });
  assert.equal(begun.status, 202);
  const stream = new Blob([bytes]).stream();
  const location = `${url}${begun.headers.get("location")}`;
  assert.equal((await ask(location, { method: "PATCH", body: stream })).headers.get("range"), "0-1999999");
  const got = await ask(`${url}/v2/app/blobs/${digest}`);
  assert.equal(got.headers.get("content-length"), "2000000");
  assert.deepEqual(await got.bytes(), bytes);
  const head = await ask(`${url}/v2/app/blobs/${digest}`, { method: "HEAD" });
  assert.deepEqual([head.status, head.headers.get("content-length")], [200, "2000000"]);
  assert.equal((await ask(`${url}/v2/app/blobs/${digest}`, { headers: { range: "bytes=0-9" } })).status, 206);
});

Deno.test("serveRegistry() with TLS keeps paths as they came, and refuses strange methods", async () => {
  await using registry = createRegistry();
  await using running = await serveRegistry(registry, { tls: server });
  const { port } = running.address;
  const closing = "Host: h\r\nConnection: close\r\n\r\n";
  for (const path of ["/v2/../../etc/passwd", "/v2/a%2f..%2fb/tags/list", "/v2/a/blobs/..%5c.."]) {
    assert.match(await raw(port, `GET ${path} HTTP/1.1\r\n${closing}`), /^HTTP\/1\.1 400 /, path);
  }
  assert.match(await raw(port, `TRACE /v2/ HTTP/1.1\r\n${closing}`), /^HTTP\/1\.1 405 /);
});

Deno.test("serveRegistry() answers over TLS although it does not want the body", async () => {
  await using registry = createRegistry({ maxBlobBytes: 10 });
  await using running = await serveRegistry(registry, { tls: server });
  const { url } = running.address;
  const begun = await ask(`${url}/v2/app/blobs/uploads/`, { method: "POST" });
  const location = `${url}${begun.headers.get("location")}`;
  const refused = await ask(location, { method: "PATCH", body: randomBytes(3_000_000, 2) });
  assert.equal(refused.status, 413);
  assert.equal((await ask(`${url}/v2/`)).status, 200);
});

Deno.test("serveRegistry() lets in only clients with a certificate of the authority it was told", async () => {
  const clients = newAuthority("Clients");
  await using registry = createRegistry();
  await using running = await serveRegistry(registry, { tls: { ...server, clientCa: clients.cert } });
  const url = `${running.address.url}/v2/`;
  const alice = signedBy(clients, { names: ["alice"] });
  assert.equal((await ask(url, {}, alice)).status, 200);
  await assert.rejects(ask(url), TypeError);
  await assert.rejects(ask(url, {}, signedBy(newAuthority("Clients"), { names: ["alice"] })), TypeError);
});

Deno.test("serveRegistry() changes its certificate while it runs", async () => {
  const next = newAuthority("Next");
  await using registry = createRegistry();
  await using running = await serveRegistry(registry, { tls: server });
  const url = `${running.address.url}/v2/`;
  assert.equal((await ask(url)).status, 200);
  running.setCredentials(signedBy(next, { names: ["127.0.0.1"] }));
  assert.equal((await ask(url, {}, { ca: next.cert })).status, 200);
  await assert.rejects(ask(url), TypeError);
});

Deno.test("serveRegistry() with TLS drains, ends what takes too long, and says which port is taken", async () => {
  const arrived = Promise.withResolvers<void>();
  const running = await serveRegistry({
    fetch: (request) => {
      if (request.url.endsWith("/quick")) return Promise.resolve(new Response("done"));
      arrived.resolve();
      return new Promise<Response>(() => {});
    },
  }, { tls: server, drainMs: 1 });
  assert.equal(await (await ask(`${running.address.url}/quick`)).text(), "done");
  const { port } = running.address;
  await assert.rejects(serveRegistry({ fetch: () => Promise.resolve(new Response()) }, { tls: server, port }), {
    name: "AddrInUse",
  });
  const outcome = ask(`${running.address.url}/slow`).then(() => "answered", () => "broken");
  await arrived.promise;
  await running.shutdown();
  assert.equal(await outcome, "broken");
});

Deno.test("serveRegistry() with TLS closes connections that take too long to say what they want", async () => {
  await using registry = createRegistry();
  await using running = await serveRegistry(registry, { tls: server, headerMs: 4 });
  const answer = await raw(running.address.port, "GET /v2/ HTTP/1.1\r\nHost: h\r\n");
  assert(answer === "" || answer.startsWith("HTTP/1.1 408 "), answer);
});

Deno.test("serveRegistry() with TLS takes no certificate with the key of another", async () => {
  await using registry = createRegistry();
  const other = signedBy(authority, { names: ["127.0.0.1"] });
  const mixed = { cert: server.cert, key: other.key };
  await assert.rejects(serveRegistry(registry, { tls: mixed }), { code: "INVALID_SETTINGS" });
  await using running = await serveRegistry(registry, { tls: server });
  assert.throws(() => running.setCredentials(mixed), { code: "INVALID_SETTINGS" });
  assert.equal((await ask(`${running.address.url}/v2/`)).status, 200);
});
