import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { digestBytes } from "../../../lib/oci/digest.ts";
import { createRegistry } from "../../../lib/server/registry.ts";
import type { RequestEntry } from "../../../lib/server/observation/request_log.ts";
import { type RunningServer, serveRegistry } from "../../../lib/server/serve.ts";
import { TlsConnection } from "../../../lib/server/tls_bridge.ts";
import { newAuthority, signedBy } from "../../support/certificates.ts";
import { settle } from "../../support/fake_clock.ts";
import { hostileRequests } from "../../support/hostile_requests.ts";
import { quietStore } from "../../support/quiet_store.ts";
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

/** Opens a connection of the kind that a server takes. */
async function dial({ address: { port, url } }: RunningServer): Promise<Deno.Conn> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  connection.setNoDelay(true);
  if (url.startsWith("http:")) return connection;
  return await Deno.startTls(connection, { hostname: "127.0.0.1", caCerts: [authority.cert] });
}

async function sendAll(connection: Deno.Conn, text: string): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

/** Reads to the end, or to where the connection breaks. */
async function readAll(connection: Deno.Conn): Promise<string> {
  let answer = "";
  const buffer = new Uint8Array(65_536);
  try {
    for (let count = await connection.read(buffer); count !== null; count = await connection.read(buffer)) {
      answer += new TextDecoder().decode(buffer.subarray(0, count));
    }
  } catch (error) {
    const isBroken = error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.UnexpectedEof;
    if (!isBroken) throw error;
  }
  return answer;
}

/** Sends bytes as they are, and gives what comes back but for the date. */
async function raw(running: RunningServer, text: string): Promise<string> {
  using connection = await dial(running);
  // A server that refuses early may break off what is still being sent.
  const sent = sendAll(connection, text).catch(() => undefined);
  const answer = await readAll(connection);
  await sent;
  return answer.replace(/date: [^\r]*\r\n/, "");
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
  const closing = "Host: h\r\nConnection: close\r\n\r\n";
  for (const path of ["/v2/../../etc/passwd", "/v2/a%2f..%2fb/tags/list", "/v2/a/blobs/..%5c.."]) {
    assert.match(await raw(running, `GET ${path} HTTP/1.1\r\n${closing}`), /^HTTP\/1\.1 400 /, path);
  }
  assert.match(await raw(running, `TRACE /v2/ HTTP/1.1\r\n${closing}`), /^HTTP\/1\.1 405 /);
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
  // Whether TLS was ready before that or not.
  assert.equal(await raw(running, "GET /v2/ HTTP/1.1\r\nHost: h\r\n"), "");
  using silent = await Deno.connect({ hostname: "127.0.0.1", port: running.address.port });
  assert.equal(await readAll(silent), "");
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

Deno.test("serveRegistry() with TLS takes and refuses what it does without", async (t) => {
  await using registry = createRegistry({ store: quietStore() });
  await using plain = await serveRegistry(registry);
  await using secure = await serveRegistry(registry, { tls: server });
  const bait = {
    blob: `sha256:${"0".repeat(64)}`,
    manifest: `sha256:${"0".repeat(64)}`,
    upload: "/v2/app/blobs/uploads/1",
  };
  const hostile = hostileRequests({ ...bait, document: {} })
    .filter(({ title, body }) => body === undefined && /^(?:malformed|wrong method|long|many|endless)/.test(title))
    .map(({ method, path, headers = [] }) =>
      `${method} ${path} HTTP/1.1\r\n${headers.map((line) => `${line}\r\n`).join("")}`
    );
  assert(hostile.length > 20);
  const own = [
    `GET /v2/ HTTP/1.1\r\nX: ${"a".repeat(20_000)}\r\n`,
    `HEAD /v2/ HTTP/1.1\r\nX: ${"a".repeat(70_000)}\r\n`,
    `GET /v2/app/tags/list?last=${"a".repeat(8100)} HTTP/1.1\r\n`,
    "BREW /v2/ HTTP/1.1\r\n",
    "get /v2/ HTTP/1.1\r\n",
    "HEAD /v2/ HTTP/1.1\r\nExpect: foo\r\n",
    "GET /v2/ HTTP/1.1\r\nExpect: foo\r\n",
    "PUT /v2/app/manifests/v1 HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 0\r\n",
    "PUT /v2/app/manifests/v1 HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1000000000\r\n",
    "GET /v2/ HTTP/2.0\r\n",
    "HEAD /v2/ HTTP/1.1\r\nX : a\r\n",
  ];
  for (const head of [...hostile, ...own]) {
    await t.step(JSON.stringify(head.slice(0, 60)), async () => {
      const text = `${head}Host: h\r\nConnection: close\r\n\r\n`;
      const answer = await raw(secure, text);
      assert.match(answer, /^HTTP\/1\.1 \d+ (?:[^\r]+\r\n)+docker-distribution-api-version: registry\/2\.0\r\n/);
      assert.match(answer, /\r\nconnection: close\r\n/);
      assert.equal(answer, await raw(plain, text));
    });
  }
});

for (const tls of [undefined, server]) {
  const kind = tls === undefined ? "without TLS" : "with TLS";
  Deno.test(`serveRegistry() ${kind} keeps what a client sent that went away, and takes it for the client's fault`, async () => {
    const ended = Promise.withResolvers<RequestEntry>();
    const logged: string[] = [];
    const logger = {
      isEnabled: () => true,
      log: (level: string, message: string) => void logged.push(`${level} ${message}`),
    };
    const onRequest = (entry: RequestEntry) => entry.method === "PATCH" && ended.resolve(entry);
    await using registry = createRegistry({ store: quietStore(), logger, onRequest, metrics: true });
    await using running = await serveRegistry(registry, { tls });
    const ask = async (method: string, path: string) =>
      await registry.fetch(new Request(`http://registry.test${path}`, { method }));
    const location = (await ask("POST", "/v2/app/blobs/uploads/")).headers.get("location") ?? "";
    using connection = await dial(running);
    await sendAll(connection, `PATCH ${location} HTTP/1.1\r\nHost: h\r\nContent-Length: 200\r\n\r\nhello`);
    await connection.closeWrite();
    const answer = await readAll(connection);
    assert.match(answer, /^HTTP\/1\.1 400 Bad Request\r\n/);
    assert.match(answer, /"code":"SIZE_INVALID","message":"the connection ended within the body"/);
    assert.equal((await ended.promise).status, 400);
    assert.deepEqual(logged, ["debug request failed"]);
    assert.doesNotMatch(await (await ask("GET", "/metrics")).text(), /code="5/);
    assert.equal((await ask("GET", location)).headers.get("range"), "0-4");
  });
}

Deno.test("serveRegistry() with TLS answers a client that has ended its side", async () => {
  await using registry = createRegistry({ store: quietStore() });
  await using running = await serveRegistry(registry, { tls: server });
  using connection = await dial(running);
  await sendAll(connection, "GET /v2/ HTTP/1.1\r\nHost: h\r\n\r\n");
  await connection.closeWrite();
  assert.match(await readAll(connection), /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\n\{\}$/);
});

Deno.test("serveRegistry() with TLS ends although a client has not even begun with TLS", async () => {
  await using registry = createRegistry({ store: quietStore() });
  const running = await serveRegistry(registry, { tls: server, headerMs: 3_600_000 });
  using silent = await Deno.connect({ hostname: "127.0.0.1", port: running.address.port });
  assert.equal(await (await ask(`${running.address.url}/v2/`)).text(), "{}");
  await running.shutdown();
  assert.equal(await readAll(silent), "");
});

Deno.test("TlsConnection takes no more from a client than is read", async () => {
  const total = 64 * 1024 * 1024;
  const { createServer } = await import("node:tls");
  const accepted = Promise.withResolvers<TlsConnection>();
  let tcp: Socket | undefined;
  const listener = createServer(
    { ...server, allowHalfOpen: true },
    (socket) => accepted.resolve(new TlsConnection(socket, tcp)),
  );
  listener.on("connection", (socket: Socket) => tcp = socket);
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const { port } = listener.address() as { port: number };
  using client = await Deno.connectTls({ hostname: "127.0.0.1", port, caCerts: [authority.cert] });
  let sent = 0;
  const sending = (async () => {
    const piece = new Uint8Array(64 * 1024);
    while (sent < total) sent += await client.write(piece);
    await client.closeWrite();
  })();
  const connection = await accepted.promise;
  // When nothing has moved for so many turns, what there is room for between the two is full.
  for (let before = -1, still = 0; still < 100 && sent < total; before = sent) {
    await settle();
    still = sent === before ? still + 1 : 0;
  }
  assert(sent < total / 2, `${sent} bytes were taken`);
  let read = 0;
  const buffer = new Uint8Array(1024 * 1024);
  for (let count = await connection.read(buffer); count !== null; count = await connection.read(buffer)) read += count;
  await sending;
  assert.equal(read, total);
  const ended = new Promise((resolve) => listener.close(resolve));
  connection.close();
  await ended;
});
