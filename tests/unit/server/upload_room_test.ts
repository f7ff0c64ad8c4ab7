/** Open uploads take room: what they may hold, and when it is given back. */

import assert from "node:assert/strict";
import { digestBytes } from "../../../lib/oci/digest.ts";
import { Quota } from "../../../lib/server/limits/quota.ts";
import { createRegistry } from "../../../lib/server/registry.ts";
import type { RegistryOptions } from "../../../lib/server/settings.ts";
import type { RegistryStore } from "../../../lib/server/store/store.ts";
import { openDirectoryStore } from "../../../lib/server/store/store_dir.ts";
import { createMemoryStore } from "../../../lib/server/store/store_memory.ts";
import { StalledBody } from "../../contract/server_upload_contract.ts";
import { tempFolder } from "../../support/processes.ts";
import { quietStore } from "../../support/quiet_store.ts";
import { RegistryApi } from "../../support/registry_api.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const digestOf = (text: string) => digestBytes(encode(text));

const openDirectory = (root: string) => openDirectoryStore(root, { durability: "none", gc: { intervalMs: 0 } });
const stores: Readonly<Record<string, (root: string) => Promise<RegistryStore> | RegistryStore>> = {
  "memory store": () => quietStore(),
  "directory store": openDirectory,
};

/** Registers a test over each store, with room for a hundred bytes in a repository unless the options say otherwise. */
function test(title: string, run: (api: RegistryApi, root: string) => Promise<void>, options: RegistryOptions = {}) {
  for (const [kind, open] of Object.entries(stores)) {
    Deno.test(`createRegistry() over a ${kind} ${title}`, async () => {
      await using folder = await tempFolder();
      await using registry = createRegistry({
        store: await open(folder.path),
        maxRepositoryBytes: 100,
        ...options,
      });
      await run(new RegistryApi(registry.fetch), folder.path);
    });
  }
}

async function post(api: RegistryApi, name: string, size: number, seed = "a"): Promise<number> {
  const body = encode(seed.repeat(size));
  return (await api.send("POST", `/v2/${name}/blobs/uploads/?digest=${await digestBytes(body)}`, { body })).status;
}

async function hold(api: RegistryApi, name: string, size: number): Promise<string> {
  const location = await api.begin(name);
  await api.expect(202, "PATCH", location, { body: "h".repeat(size) });
  return location;
}

test("lets open uploads hold no more than the room there is", async (api) => {
  const location = await hold(api, "app", 60);
  const other = await api.begin("app");
  const refused = await api.expect(507, "PATCH", other, { body: "x".repeat(41) }, "UNKNOWN");
  assert.match(refused.text, /no space left/);
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      for (let at = 0; at < 10; at++) controller.enqueue(encode("x".repeat(10)));
      controller.close();
    },
  });
  await api.expect(507, "PATCH", other, { body: stream }, "UNKNOWN");
  assert.equal((await api.expect(204, "GET", other)).headers.get("range"), "0-0", "nothing of it is kept");
  assert.equal(await post(api, "elsewhere", 51), 507, "all repositories together count too");
  await api.expect(202, "PATCH", other, { body: "x".repeat(40) });
  assert.equal(await post(api, "app", 1), 507);
  await api.expect(201, "PUT", `${location}&digest=${await digestOf("h".repeat(60))}`);
  await api.expect(201, "PUT", `${other}&digest=${await digestOf("x".repeat(40))}`);
  assert.equal(await post(api, "elsewhere", 10), 201);
}, { maxStoreBytes: 110 });

test("gives back the room of uploads that end in another way than as a blob", async (api) => {
  const isFree = async (why: string) => {
    const location = await hold(api, "app", 100);
    await api.expect(204, "DELETE", location);
    assert.equal(await post(api, "app", 101), 507, why);
  };
  await isFree("after a cancellation");
  const wrong = await hold(api, "app", 50);
  await api.expect(400, "PUT", `${wrong}&digest=${await digestOf("other")}`, {}, "DIGEST_INVALID");
  await isFree("after a mismatch");
  const other = await digestOf("other");
  await api.expect(400, "POST", `/v2/app/blobs/uploads/?digest=${other}`, { body: "x".repeat(50) }, "DIGEST_INVALID");
  await isFree("after a mismatch in one request");
  const short = { body: ReadableStream.from([encode("x".repeat(50))]), headers: { "content-range": "0-59" } };
  const location = await api.begin("app");
  await api.expect(400, "PATCH", location, short, "SIZE_INVALID");
  await isFree("of what was taken back");
  const stalled = new StalledBody(encode("x".repeat(50)));
  const running = api.send("PATCH", location, { body: stalled.stream });
  await stalled.isStalled;
  await api.expect(204, "DELETE", location);
  assert.equal((await running).status, 404);
  await isFree("of what was cancelled while it was received");
});

test("counts a blob once, whether it was there before or comes twice", async (api) => {
  const content = "c".repeat(40);
  const digest = await digestOf(content);
  for (let round = 0; round < 3; round++) {
    const location = await api.begin("app");
    await api.expect(202, "PATCH", location, { body: content });
    await api.expect(201, "PUT", `${location}&digest=${digest}`);
  }
  const twin = "t".repeat(20);
  const locations = await Promise.all([hold(api, "app", 0), hold(api, "app", 0)]);
  await Promise.all(locations.map((location) => api.expect(202, "PATCH", location, { body: twin })));
  const twinDigest = await digestOf(twin);
  await Promise.all(locations.map((location) => api.expect(201, "PUT", `${location}&digest=${twinDigest}`)));
  assert.equal(await post(api, "app", 41), 507);
  assert.equal(await post(api, "app", 40), 201);
});

test("takes a blob that is here already when there is no room left", async (api) => {
  const content = "c".repeat(60);
  const digest = await digestOf(content);
  await api.pushBlob("app", content);
  assert.equal(await post(api, "app", 40), 201);
  await api.expect(201, "PUT", `${await api.begin("app")}&digest=${digest}`, { body: content });
  const location = await api.begin("app");
  await api.expect(201, "PUT", `${location}&digest=${digest}`, { body: ReadableStream.from([encode(content)]) });
  await api.expect(404, "GET", location, {}, "BLOB_UPLOAD_UNKNOWN");
  const sha512 = await digestBytes(encode(content), "sha512");
  await api.expect(507, "PUT", `${await api.begin("app")}&digest=${sha512}`, { body: content }, "UNKNOWN");
  const other = await api.begin("app");
  await api.expect(400, "PUT", `${other}&digest=${digest}`, { body: "d".repeat(60) }, "DIGEST_INVALID");
  await api.expect(404, "GET", other, {}, "BLOB_UPLOAD_UNKNOWN");
  assert.equal((await api.expect(200, "GET", `/v2/app/blobs/${digest}`)).text, content);
});

test("verifies all of a blob that is here already, of which a part was received before", async (api) => {
  const content = "c".repeat(60);
  for (const algorithm of ["sha256", "sha512"]) {
    const { digest } = await api.pushBlob("app", content, algorithm);
    const location = await api.begin("app");
    await api.expect(202, "PATCH", location, { body: content.slice(0, 20) });
    const rest = { body: content.slice(20), headers: { "content-range": "20-59" } };
    // The bytes before are held, and there is not enough left for the others.
    assert.equal(await post(api, "app", 20), 201);
    await api.expect(400, "PUT", `${location}&digest=${digest}`, { ...rest, body: "short" }, "SIZE_INVALID");
    assert.equal((await api.expect(204, "GET", location)).headers.get("range"), "0-19");
    await api.expect(201, "PUT", `${location}&digest=${digest}`, rest);
    await api.expect(202, "DELETE", `/v2/app/blobs/${digest}`);
    await api.expect(202, "DELETE", `/v2/app/blobs/${await digestOf("a".repeat(20))}`);
  }
});

{
  let now = Date.now();
  test("gives back the room of uploads that expired, whatever their repository", async (api) => {
    await hold(api, "one", 60);
    await hold(api, "two", 40);
    assert.equal(await post(api, "three", 1), 507);
    now += 1001;
    assert.equal(await post(api, "three", 100), 201);
  }, { maxStoreBytes: 100, uploadIdleMs: 1000, now: () => now });
}

Deno.test("createRegistry() counts uploads of an earlier run, and refuses none of them", async () => {
  await using folder = await tempFolder();
  let location = "";
  {
    await using registry = createRegistry({ store: await openDirectory(folder.path) });
    location = await hold(new RegistryApi(registry.fetch), "app", 60);
  }
  for (const room of [100, 50]) {
    await using registry = createRegistry({ store: await openDirectory(folder.path), maxRepositoryBytes: room });
    const api = new RegistryApi(registry.fetch);
    assert.equal(await post(api, "app", 41), 507);
    assert.equal((await api.expect(204, "GET", location)).headers.get("range"), "0-59");
  }
  await using registry = createRegistry({ store: await openDirectory(folder.path), maxRepositoryBytes: 50 });
  const api = new RegistryApi(registry.fetch);
  await api.expect(507, "PATCH", location, { body: "x" }, "UNKNOWN");
  await api.expect(201, "PUT", `${location}&digest=${await digestOf("h".repeat(60))}`);
});

Deno.test("createRegistry() leaves nothing of a push in one request that cannot be stored", async () => {
  await using folder = await tempFolder();
  const full = Object.assign(new Error("write"), { code: "ENOSPC" });
  for (const failing of ["append", "commit"]) {
    const store = await openDirectory(folder.path);
    const limited: RegistryStore = Object.assign(Object.create(store), {
      repository: (name: string) => store.repository(name),
      async create(name: string) {
        const repository = await store.create(name);
        const begin = repository.beginUpload.bind(repository);
        repository.beginUpload = async (beginning) =>
          Object.assign(await begin(beginning), { [failing]: () => Promise.reject(full) });
        return repository;
      },
      [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
    });
    await using registry = createRegistry({ store: limited, metrics: true });
    const api = new RegistryApi(registry.fetch);
    assert.equal(await post(api, "app", 10), 507);
    assert.deepEqual(await Array.fromAsync(Deno.readDir(`${folder.path}/app/_uploads`)), []);
    assert.match((await api.expect(200, "GET", "/metrics")).text, /^regkit_open_uploads 0$/m);
  }
});

Deno.test("createRegistry() begins no upload, but takes a blob that is here, when the disk is as good as full", async () => {
  let free = 1000;
  let now = 0;
  const memory = quietStore();
  const store = { ...memory, usage: { bytesOf: () => Promise.resolve(0), freeBytes: () => Promise.resolve(free) } };
  const registry = createRegistry({ store, minFreeBytes: 500, metrics: true, now: () => now });
  const api = new RegistryApi(registry.fetch);
  const { digest } = await api.pushBlob("app", "content");
  const [one, two] = [await api.begin("app"), await api.begin("app")];
  free = 499;
  now += 1000;
  await api.expect(507, "POST", "/v2/app/blobs/uploads/", {}, "UNKNOWN");
  assert.equal(await post(api, "app", 1), 507);
  await api.expect(201, "POST", `/v2/app/blobs/uploads/?digest=${digest}`, { body: "content" });
  await api.expect(201, "PUT", `${one}&digest=${digest}`, { body: "content" });
  assert.match((await api.expect(200, "GET", "/metrics")).text, /^regkit_open_uploads 1$/m);
  const body = new StalledBody(encode("some"), encode("more"));
  free = 600;
  now += 1000;
  const running = api.send("PATCH", two, { body: body.stream });
  await body.isStalled;
  body.end();
  assert.equal((await running).status, 202);
});

Deno.test("Quota holds room that grows and shrinks, refuses what there is not, and counts what is kept", async () => {
  const quota = new Quota({ store: createMemoryStore(), maxRepositoryBytes: 10, now: () => 0 });
  const first = await quota.hold("app", 0);
  await first.resize(6);
  assert.equal(await quota.room("app"), 4);
  await assert.rejects(first.resize(11), { status: 507 });
  assert.equal(await quota.room("app"), 4, "what was held stays so");
  await first.resize(2);
  assert.equal(await quota.room("app"), 8);
  const second = quota.adopt("app", 20);
  assert.equal(await quota.room("app"), 0);
  await second.resize(15);
  await assert.rejects(second.resize(16), { status: 507 });
  second[Symbol.dispose]();
  await second.resize(3);
  assert.equal(await quota.room("app"), 8, "what was given back stays so");
  first.keep();
  first.keep();
  first[Symbol.dispose]();
  assert.equal(await quota.room("app"), 8);
});

Deno.test("createRegistry() sets aside at once what a push states, and refuses at once what is too long", async () => {
  const registry = createRegistry({ store: quietStore(), maxRepositoryBytes: 1000, maxBlobBytes: 2000 });
  const api = new RegistryApi(registry.fetch);
  const [one, two, three] = [await api.begin("app"), await api.begin("app"), await api.begin("app")];
  const body = new StalledBody(encode("x".repeat(300)), encode("y".repeat(400)));
  const first = api.send("PATCH", one, { body: body.stream, headers: { "content-length": "700" } });
  await body.isStalled;
  await api.expect(507, "PATCH", two, { body: "z".repeat(700) }, "UNKNOWN");
  const long = { body: ReadableStream.from([encode("x")]), headers: { "content-length": "2001" } };
  await api.expect(413, "PATCH", three, long, "SIZE_INVALID");
  body.end();
  assert.equal((await first).status, 202);
});

Deno.test("createRegistry() takes back what it wrote of a chunk for which the disk had no space", async () => {
  const store = quietStore();
  const repository = await store.create("app");
  const begin = repository.beginUpload.bind(repository);
  let writes = 0;
  Object.assign(repository, {
    async beginUpload(beginning: Parameters<typeof begin>[0]) {
      const file = await begin(beginning);
      const append = file.append.bind(file);
      return Object.assign(file, {
        append: async (block: Uint8Array<ArrayBuffer>) => {
          if (++writes > 1) throw Object.assign(new Error("write"), { code: "ENOSPC" });
          await append(block);
        },
      });
    },
  });
  const api = new RegistryApi(createRegistry({ store }).fetch);
  const location = await api.begin("app");
  const body = ReadableStream.from([encode("some"), encode("more")]);
  await api.expect(507, "PATCH", location, { body }, "UNKNOWN");
  assert.equal(writes, 2);
  assert.equal((await api.expect(204, "GET", location)).headers.get("range"), "0-0");
  writes = 0;
  await api.expect(202, "PATCH", location, { body: "some" });
});
