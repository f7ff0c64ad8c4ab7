import assert from "node:assert/strict";
import { createRegistry, type Registry } from "../../../lib/server/registry.ts";
import { type RunningServer, serveRegistry } from "../../../lib/server/serve.ts";
import { openDirectoryStore } from "../../../lib/server/store/store_dir.ts";
import type { Bait, HostileRequest } from "../../support/hostile_paths.ts";
import { hostileRequests } from "../../support/hostile_requests.ts";
import { RegistryApi } from "../../support/registry_api.ts";

/** A registry in a folder with one image and one open upload, and a secret beside it. */
interface World extends AsyncDisposable {
  readonly api: RegistryApi;
  readonly registry: Registry;
  readonly server: RunningServer;
  readonly bait: Bait;
  /** Everything that lies in the folder and beside it, with sizes. */
  snapshot(): Promise<readonly string[]>;
}

async function openWorld(bodyIdleMs?: number): Promise<World> {
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/secret`, "secret");
  const store = await openDirectoryStore(`${folder}/root`, { durability: "none", gc: { intervalMs: 0 } });
  const registry = createRegistry({ store, maxBlobBytes: 200_000, bodyIdleMs });
  const server = await serveRegistry(registry);
  const api = new RegistryApi(registry.fetch);
  const document = await api.image("app", "ten bytes.");
  const { digest: manifest } = await api.pushManifest("app", document, "v1");
  const upload = await api.begin("app");
  await api.expect(202, "PATCH", upload, { body: "12345" });
  const [{ digest: blob }] = document["layers"] as [{ digest: string }];
  return {
    api,
    registry,
    server,
    bait: { blob, manifest, upload, document },
    snapshot: async () => (await Array.fromAsync(walk(folder))).sort(),
    async [Symbol.asyncDispose]() {
      await server.shutdown();
      await registry[Symbol.asyncDispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

async function* walk(folder: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(folder)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) yield* walk(path);
    else yield `${path} ${(await Deno.lstat(path)).size}`;
  }
}

/** Sends text as it is and gives what came back before the connection ended. */
async function exchange(port: number, text: string): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const writing = writeAll(connection, new TextEncoder().encode(text));
  let answer = "";
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(65_536);
  try {
    for (let count = await connection.read(buffer); count !== null; count = await connection.read(buffer)) {
      answer += decoder.decode(buffer.subarray(0, count), { stream: true });
      if (isWhole(answer)) break;
    }
  } catch (error) {
    // A server that refuses early resets what is still being sent; what it said before counts.
    if (!(error instanceof Deno.errors.ConnectionReset)) throw error;
  }
  await writing;
  return answer;
}

async function writeAll(connection: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  try {
    for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
  } catch (error) {
    const isRefusal = error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe;
    if (!isRefusal && !(error instanceof Deno.errors.Interrupted)) throw error;
  }
}

function isWhole(answer: string): boolean {
  const [head = "", body] = answer.split("\r\n\r\n", 2);
  const length = /^content-length: (\d+)/im.exec(head)?.[1];
  return body !== undefined && length !== undefined && body.length >= Number(length);
}

function wireOf({ method, path, headers = [], body }: HostileRequest): string {
  const hasLength = headers.some((header) => /^(?:content-length|transfer-encoding)\s*:/i.test(header));
  const length = body === undefined || hasLength ? [] : [`Content-Length: ${new TextEncoder().encode(body).length}`];
  const lines = [`${method} ${path} HTTP/1.1`, "Host: h", "Connection: close", ...headers, ...length];
  return `${lines.join("\r\n")}\r\n\r\n${body ?? ""}`;
}

Deno.test("serveRegistry() answers hostile requests as it should, and stores nothing of them", async (t) => {
  await using world = await openWorld();
  const before = await world.snapshot();
  const requests = hostileRequests(world.bait);
  assert(requests.length >= 150, `${requests.length} requests`);
  for (const [at, request] of requests.entries()) {
    const { title, method, path, status, code } = request;
    await t.step(`${at + 1} ${title}: ${method} ${JSON.stringify(path.slice(0, 60))} gives ${status}`, async () => {
      const answer = await exchange(world.server.address.port, wireOf(request));
      assert.equal(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1], `${status}`, answer.slice(0, 500));
      if (code !== undefined) {
        const body = JSON.parse(answer.slice(answer.indexOf("\r\n\r\n"))) as { errors: { code: string }[] };
        assert.deepEqual([...new Set(body.errors.map((error) => error.code))], [code]);
      }
      assert.doesNotMatch(answer, /secret|\/root\/|\.ts:\d/);
      assert.deepEqual(await world.snapshot(), before);
    });
  }
  await world.api.expect(200, "GET", "/v2/app/manifests/v1");
});

const brokenBodies: readonly (readonly [title: string, text: string])[] = [
  ["a chunk that is not as long as stated", "5\r\nabc"],
  ["a chunk with a length of no form", "xyz\r\nabc\r\n0\r\n\r\n"],
  ["a chunk with a negative length", "-5\r\nabcde\r\n0\r\n\r\n"],
  ["a chunk of an endless length", `${"f".repeat(17)}\r\nabc`],
  ["no end of chunks", "3\r\nabc\r\n"],
  ["no line end after a chunk", "3\r\nabcX\r\n0\r\n\r\n"],
];
const brokenTargets = ["manifests/evil", "blobs/uploads/?digest=#"];
for (const [title, text] of brokenBodies) {
  Deno.test(`serveRegistry() survives ${title}, and stores nothing`, async () => {
    await using world = await openWorld();
    const before = await world.snapshot();
    for (const target of brokenTargets) {
      const method = target.startsWith("manifests") ? "PUT" : "POST";
      const path = `/v2/app/${target.replace("#", `sha256:${"0".repeat(64)}`)}`;
      const head = `${method} ${path} HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n`;
      const connection = await Deno.connect({ hostname: "127.0.0.1", port: world.server.address.port });
      await writeAll(connection, new TextEncoder().encode(head + text));
      await connection.closeWrite();
      let answer = "";
      for await (const chunk of connection.readable) answer += new TextDecoder().decode(chunk);
      assert.doesNotMatch(answer, /^HTTP\/1\.1 [23]/);
    }
    await world.api.expect(200, "GET", "/v2/app/manifests/v1");
    // The connection is gone before the registry has tidied up behind it: a drained server has.
    await world.server.shutdown();
    const uploads = /\/_uploads\//;
    const stored = (files: readonly string[]) => files.filter((file) => !uploads.test(file));
    assert.deepEqual(stored(await world.snapshot()), stored(before));
  });
}

Deno.test("createRegistry() gives up bodies that stall, and stores nothing of them", async () => {
  await using world = await openWorld(1);
  const before = await world.snapshot();
  const stalled = () =>
    new ReadableStream<Uint8Array<ArrayBuffer>>({ start: (controller) => controller.enqueue(new Uint8Array(3)) });
  const { api } = world;
  await api.expect(408, "PUT", "/v2/app/manifests/evil", { body: stalled() }, "SIZE_INVALID");
  const digest = `sha256:${"0".repeat(64)}`;
  await api.expect(408, "POST", `/v2/app/blobs/uploads/?digest=${digest}`, { body: stalled() }, "SIZE_INVALID");
  await api.expect(405, "PATCH", "/v2/app/manifests/v1", { body: stalled() }, "UNSUPPORTED");
  assert.deepEqual(await world.snapshot(), before);
});
