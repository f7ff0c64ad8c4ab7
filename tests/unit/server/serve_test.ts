import assert from "node:assert/strict";
import { digestBytes } from "../../../lib/oci/digest.ts";
import { resetConnection } from "../../../lib/server/faults/fault_actions.ts";
import { faultyHandler } from "../../../lib/server/faults/faults.ts";
import { createRegistry } from "../../../lib/server/registry.ts";
import { serveRegistry } from "../../../lib/server/serve.ts";
import { openDirectoryStore } from "../../../lib/server/store/store_dir.ts";
import { settle } from "../../support/fake_clock.ts";
import { MemoryConnection } from "../../support/memory_connection.ts";
import { randomBytes } from "../../support/random_image.ts";

/** Sends bytes as they are and gives the answer's first line and everything. */
async function raw(port: number, text: string): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode(text));
  const chunks: string[] = [];
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(65_536);
  for (let count = await connection.read(buffer); count !== null; count = await connection.read(buffer)) {
    chunks.push(decoder.decode(buffer.subarray(0, count)));
  }
  return chunks.join("");
}

const closing = "Host: h\r\nConnection: close\r\n\r\n";

Deno.test("serveRegistry() keeps paths as they came, so that none leads out", async () => {
  await using registry = createRegistry();
  await using server = await serveRegistry(registry);
  const paths = [
    "/v2/../../etc/passwd",
    "/v2/a/../b/tags/list",
    "/v2/%2e%2e/tags/list",
    "/v2/a%2f..%2fb/tags/list",
    "/v2/a/blobs/..%5c..",
    "/v2//tags/list",
  ];
  for (const path of paths) {
    const answer = await raw(server.address.port, `GET ${path} HTTP/1.1\r\n${closing}`);
    assert.match(answer, /^HTTP\/1\.1 400 /, path);
    assert.match(answer, /"NAME_INVALID"/, path);
  }
});

Deno.test("serveRegistry() keeps what arrived of a body when the connection breaks", async () => {
  const root = await Deno.makeTempDir();
  try {
    await using registry = createRegistry({ store: await openDirectoryStore(root, { durability: "none" }) });
    const ended = Promise.withResolvers<void>();
    const fetchAndTell = async (request: Request) => {
      try {
        return await registry.fetch(request);
      } finally {
        if (request.method === "PATCH") ended.resolve();
      }
    };
    await using server = await serveRegistry({ fetch: fetchAndTell });
    const begun = await fetch(`${server.address.url}/v2/app/blobs/uploads/`, { method: "POST" });
    await begun.body?.cancel();
    const location = begun.headers.get("location") ?? "";
    const bytes = randomBytes(200_000, 1);
    const connection = await Deno.connect({ hostname: "127.0.0.1", port: server.address.port });
    const head = `PATCH ${location} HTTP/1.1\r\nHost: h\r\nContent-Length: 200000\r\n\r\n`;
    await connection.write(new TextEncoder().encode(head));
    let sent = 0;
    while (sent < 100_000) sent += await connection.write(bytes.subarray(sent, 100_000));
    connection.close();
    await ended.promise;
    const state = await fetch(`${server.address.url}${location}`);
    await state.body?.cancel();
    const offset = Number(/^0-(\d+)$/.exec(state.headers.get("range") ?? "")?.[1]) + 1;
    assert(offset > 1 && offset <= 100_000, `offset ${offset}`);
    const digest = await digestBytes(bytes);
    const finished = await fetch(`${server.address.url}${location}&digest=${digest}`, {
      method: "PUT",
      headers: { "content-range": `${offset}-199999` },
      body: bytes.slice(offset),
    });
    assert.equal(await finished.text(), "");
    assert.equal(finished.status, 201);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("serveRegistry() takes and gives a large blob with its length", async () => {
  const root = await Deno.makeTempDir();
  try {
    await using registry = createRegistry({ store: await openDirectoryStore(root, { durability: "none" }) });
    await using server = await serveRegistry(registry);
    const bytes = randomBytes(3_000_000, 2);
    const digest = await digestBytes(bytes);
    const pushed = await fetch(`${server.address.url}/v2/app/blobs/uploads/?digest=${digest}`, {
      method: "POST",
      body: bytes,
    });
    assert.equal(await pushed.text(), "");
    assert.equal(pushed.status, 201);
    const url = `${server.address.url}/v2/app/blobs/${digest}`;
    const got = await fetch(url);
    assert.equal(got.headers.get("content-length"), "3000000");
    assert.deepEqual(await got.bytes(), bytes);
    const head = await fetch(url, { method: "HEAD" });
    assert.equal(head.headers.get("content-length"), "3000000");
    const part = await fetch(url, { headers: { range: "bytes=1000000-1999999" } });
    assert.deepEqual(await part.bytes(), bytes.slice(1_000_000, 2_000_000));
    const refused = await fetch(url, { headers: { range: "bytes=3000000-" } });
    assert.equal(refused.status, 416);
    await refused.body?.cancel();
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("serveRegistry() breaks the connection where a fault says so", async () => {
  await using registry = createRegistry();
  const handler = faultyHandler(registry.fetch, [{ count: 1, action: resetConnection() }]);
  await using server = await serveRegistry({ fetch: handler });
  await assert.rejects(async () => await (await fetch(`${server.address.url}/v2/`)).text(), TypeError);
  assert.equal(await (await fetch(`${server.address.url}/v2/`)).text(), "{}");
});

Deno.test("serveRegistry() answers running requests before it ends, and says where it listened", async () => {
  const gate = Promise.withResolvers<void>();
  const arrived = Promise.withResolvers<void>();
  const end = new AbortController();
  const heard: string[] = [];
  const server = await serveRegistry({
    fetch: async () => {
      arrived.resolve();
      await gate.promise;
      return new Response("done");
    },
  }, { signal: end.signal, onListen: ({ url }) => heard.push(url) });
  assert.deepEqual(heard, [server.address.url]);
  assert.match(server.address.url, /^http:\/\/127\.0\.0\.1:[1-9]\d*$/);
  const running = fetch(server.address.url);
  await arrived.promise;
  end.abort();
  gate.resolve();
  assert.equal(await (await running).text(), "done");
  await server.finished;
  await assert.rejects(fetch(server.address.url), TypeError);
});

/** Serves on a listener that accepts the connections that the test gives it. */
async function serveMemory(fetch: () => Promise<Response>) {
  const { listen } = Deno;
  let accepted = Promise.withResolvers<unknown>();
  const listener = { addr: { hostname: "127.0.0.1", port: 1 }, accept: () => accepted.promise, close() {} };
  try {
    Object.assign(Deno, { listen: () => listener });
    const server = await serveRegistry({ fetch });
    const connect = (text: string) => {
      const connection = new MemoryConnection([text]);
      const { resolve } = accepted;
      accepted = Promise.withResolvers();
      resolve(Object.assign(connection, { setNoDelay() {}, remoteAddr: { hostname: "192.0.2.1" } }));
      return connection;
    };
    return { server, connect };
  } finally {
    Object.assign(Deno, { listen });
  }
}

for (const [method, codes] of [["GET", ["UNKNOWN"]], ["HEAD", undefined]] as const) {
  Deno.test(`serveRegistry() answers a ${method} that comes while it ends with 503`, async () => {
    const gate = Promise.withResolvers<void>();
    const arrived = Promise.withResolvers<void>();
    const { server, connect } = await serveMemory(async () => {
      arrived.resolve();
      await gate.promise;
      return new Response("done");
    });
    const busy = connect("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    await arrived.promise;
    const ended = server.shutdown();
    // Accepted just before, but seen only now.
    const late = connect(`${method} /v2/ HTTP/1.1\r\nHost: h\r\n\r\n`);
    await settle();
    gate.resolve();
    await ended;
    assert.match(busy.output, /\r\n\r\n4\r\ndone\r\n0\r\n\r\n$/);
    const [head = "", body = ""] = late.output.split("\r\n\r\n");
    assert.match(head, /^HTTP\/1\.1 503 Service Unavailable\r\n/);
    for (const line of ["connection: close", "retry-after: 1", "docker-distribution-api-version: registry/2.0"]) {
      assert(head.split("\r\n").includes(line), head);
    }
    const { errors } = (body === "" ? {} : JSON.parse(body)) as { errors?: { code: string }[] };
    assert.deepEqual(errors?.map(({ code }) => code), codes);
  });
}

Deno.test("serveRegistry() gives running requests ten seconds unless told otherwise", async () => {
  const { setTimeout } = globalThis;
  const arrived = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const server = await serveRegistry({
    fetch: async () => {
      arrived.resolve();
      await gate.promise;
      return new Response("done");
    },
  });
  const running = fetch(server.address.url).then((answer) => answer.text());
  await arrived.promise;
  const waits: (number | undefined)[] = [];
  globalThis.setTimeout = Object.assign(
    (handler: () => void, ms?: number) => (waits.push(ms), setTimeout(handler, ms)),
    setTimeout,
  );
  try {
    const ended = server.shutdown();
    assert.deepEqual(waits, [10_000]);
    gate.resolve();
    await ended;
  } finally {
    globalThis.setTimeout = setTimeout;
  }
  assert.equal(await running, "done");
});

Deno.test("serveRegistry() ends requests that take too long", async () => {
  const arrived = Promise.withResolvers<void>();
  const server = await serveRegistry({
    fetch: () => {
      arrived.resolve();
      return new Promise<Response>(() => {});
    },
  }, { drainMs: 1 });
  const outcome = fetch(server.address.url).then((answer) => answer.text(), () => "broken");
  await arrived.promise;
  await server.shutdown();
  assert.equal(await outcome, "broken");
});

Deno.test("serveRegistry() waits until what it broke off is cleared up", async () => {
  const arrived = Promise.withResolvers<void>();
  let isCleared = false;
  const server = await serveRegistry({
    async fetch(request) {
      arrived.resolve();
      await request.bytes().catch(() => undefined);
      await settle();
      isCleared = true;
      return new Response();
    },
  }, { drainMs: 200 });
  const body = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(1)) }, {
    highWaterMark: 0,
  });
  const outcome = fetch(server.address.url, { method: "POST", body }).then(() => "answered", () => "broken");
  await arrived.promise;
  await server.shutdown();
  assert(isCleared);
  assert.equal(await outcome, "broken");
});

Deno.test("serveRegistry() closes connections that take too long to say what they want", async () => {
  await using registry = createRegistry();
  await using server = await serveRegistry(registry, { headerMs: 4 });
  assert.equal(await raw(server.address.port, "GET /v2/ HTTP/1.1\r\nHost: h\r\n"), "");
});

Deno.test("createRegistry().fetch serves under the runtime's own server as well", async () => {
  await using registry = createRegistry();
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    (request) => registry.fetch(request),
  );
  const url = `http://127.0.0.1:${server.addr.port}`;
  const bytes = randomBytes(1_000_000, 3);
  const digest = await digestBytes(bytes);
  const pieces = [bytes.slice(0, 400_000), bytes.slice(400_000)];
  const begun = await fetch(`${url}/v2/app/blobs/uploads/`, { method: "POST" });
  await begun.body?.cancel();
  const location = `${url}${begun.headers.get("location")}`;
  const sent = await fetch(location, { method: "PATCH", body: ReadableStream.from(pieces) });
  assert.equal(sent.status, 202);
  await sent.body?.cancel();
  const finished = await fetch(`${location}&digest=${digest}`, { method: "PUT" });
  assert.equal(finished.status, 201);
  await finished.body?.cancel();
  assert.deepEqual(await (await fetch(`${url}/v2/app/blobs/${digest}`)).bytes(), bytes);
  const refused = await fetch(`${url}/v2/app/blobs/sha256:0`);
  assert.equal(refused.status, 400);
  assert.equal((await refused.json()).errors[0].code, "DIGEST_INVALID");
});
