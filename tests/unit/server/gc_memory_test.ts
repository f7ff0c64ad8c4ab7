import assert from "node:assert/strict";
import { createRegistry } from "../../../lib/server/registry.ts";
import type { GcOptions } from "../../../lib/server/store/gc_options.ts";
import { preloadMemoryStore } from "../../../lib/server/store/memory_preload.ts";
import { openDirectoryStore } from "../../../lib/server/store/store_dir.ts";
import { createMemoryStore } from "../../../lib/server/store/store_memory.ts";
import { Garden, hourMs } from "../../support/garden.ts";
import { runProgram, tempFolder } from "../../support/processes.ts";
import { RegistryApi } from "../../support/registry_api.ts";

const gc: GcOptions = { intervalMs: 0 };
const openMemory = (maxBytes?: number) => Garden.open((now) => createMemoryStore({ now, gc, maxBytes }));

Deno.test("createMemoryStore() collects garbage by itself, until it is disposed of", async () => {
  const messages: string[] = [];
  const logger = { isEnabled: () => true, log: (_level: string, message: string) => void messages.push(message) };
  const store = createMemoryStore({ gc: { intervalMs: 1, graceMs: 0, removeEmpty: true }, logger });
  {
    await using registry = createRegistry({ store });
    const api = new RegistryApi(registry.fetch);
    await api.pushManifest("kept", {
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.index.v1+json",
      manifests: [],
    }, "v1");
    await api.pushBlob("app", "lost");
    // The repository goes after its blob.
    while (store.repository("app") !== undefined) await new Promise((resolve) => setTimeout(resolve, 1));
    await api.expect(200, "GET", "/v2/kept/manifests/v1");
    assert.deepEqual(await store.names(), ["kept"]);
  }
  assert.deepEqual([...new Set(messages)].sort(), ["empty repository removed", "garbage collected"]);
});

Deno.test("createMemoryStore() goes by its own clock when it collects by itself", async () => {
  let nowMs = 0;
  await using store = createMemoryStore({ gc: { intervalMs: 1, graceMs: hourMs }, now: () => nowMs });
  await using registry = createRegistry({ store });
  const { digest } = await new RegistryApi(registry.fetch).pushBlob("app", "lost");
  nowMs = hourMs - 1;
  const settled = async () => await Array.fromAsync(store.collectGarbage({ isDryRun: true }));
  assert.deepEqual((await settled()).flatMap(({ blobs }) => blobs), []);
  assert.deepEqual(await store.names(), ["app"]);
  nowMs = hourMs;
  while ((await store.names()).length > 0) await new Promise((resolve) => setTimeout(resolve, 1));
  assert.equal(await (await store.repository("app"))?.statBlob(digest), undefined);
});

Deno.test("createMemoryStore() needs no disposing while nothing was pushed", async () => {
  const { fetch } = createRegistry();
  await new RegistryApi(fetch).expect(404, "GET", "/v2/app/tags/list");
});

Deno.test("createMemoryStore() keeps no process alive", async () => {
  const module = new URL("../../../mod.ts", import.meta.url);
  const script = `
    import { createRegistry } from "${module}";
    const { status } = await createRegistry().fetch(new Request("http://r/v2/app/blobs/uploads/", { method: "POST" }));
    console.log(status);
  `;
  const { code, stdout } = await runProgram(Deno.execPath(), ["eval", "--no-check", script]);
  assert.deepEqual([code, stdout], [0, "202\n"]);
});

Deno.test("collectGarbage() gives the room of a memory store free, also that of expired uploads", async () => {
  await using garden = await openMemory(10);
  const { api } = garden;
  await api.pushBlob("app", "12345678");
  await api.expect(507, "PATCH", await api.begin("app"), { body: "123" }, "UNKNOWN");
  garden.later(2 * hourMs);
  await garden.collect();
  await api.expect(202, "PATCH", await api.begin("app"), { body: "1234567890" });
  await api.expect(507, "PATCH", await api.begin("app"), { body: "1" }, "UNKNOWN");
  garden.later(2 * hourMs);
  await garden.collect();
  await api.pushBlob("app", "1234567890");
});

Deno.test("collectGarbage() of a memory store takes a shared blob only where nobody needs it", async () => {
  await using garden = await openMemory();
  const { api } = garden;
  const image = await api.image("one", "shared");
  await api.pushManifest("one", image, "v1");
  const [layer] = image["layers"] as { digest: string }[];
  await api.expect(201, "POST", `/v2/two/blobs/uploads/?mount=${layer?.digest}&from=one`);
  garden.later(2 * hourMs);
  assert.deepEqual(await garden.collect(), [0, 1]);
  assert.equal(await garden.has("one", "blobs", layer?.digest ?? ""), true);
});

Deno.test("createMemoryStore() brings back a repository that is removed while a request works with it", async () => {
  await using garden = await openMemory();
  const { store } = garden;
  const found = await store.create("app");
  garden.later(2 * hourMs);
  assert.deepEqual(await garden.removed(), ["app"]);
  assert.equal(store.repository("app"), undefined);
  const upload = await found.beginUpload({ id: crypto.randomUUID(), user: "", algorithm: "sha256" });
  assert.equal(store.repository("app"), found);
  await upload.discard();
  garden.later(2 * hourMs);
  assert.deepEqual(await garden.removed(), ["app"]);
  assert.equal(await store.create("app"), found, "there is one of a name");
});

Deno.test("collectGarbage() of a memory store loses nothing of whole pushes that begin while it decides", async () => {
  await using garden = await openMemory();
  const { api } = garden;
  for (let turns = 0; turns < 20; turns++) {
    await api.pushBlob("app", "lost");
    garden.later(2 * hourMs);
    const collecting = garden.removed();
    for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
    const [{ digest }] = await Promise.all([api.pushImage("app", `image ${turns}`, "v1"), collecting]);
    const { layers } = (await api.expect(200, "GET", "/v2/app/manifests/v1")).json() as {
      layers: { digest: string }[];
    };
    for (const layer of layers) assert.equal(await garden.has("app", "blobs", layer.digest), true);
    await api.expect(202, "DELETE", `/v2/app/manifests/${digest}`);
  }
});

Deno.test("preloadMemoryStore() keeps what other tools listed in the directory", async () => {
  await using folder = await tempFolder();
  const listed: string[] = [];
  {
    await using registry = createRegistry({ store: await openDirectoryStore(folder.path, { durability: "none" }) });
    const api = new RegistryApi(registry.fetch);
    const inner = await api.pushBlob("app", "mentioned by an unknown document");
    const outer = await api.pushBlob("app", JSON.stringify({ wants: inner.digest }));
    const layer = await api.pushBlob("app", "listed");
    await api.pushImage("app", "image", "v1");
    listed.push(inner.digest, outer.digest, layer.digest);
    const path = `${folder.path}/app/index.json`;
    const index = JSON.parse(await Deno.readTextFile(path));
    index.manifests.push({ ...outer, mediaType: "application/vnd.example.unknown" }, layer);
    await Deno.writeTextFile(path, JSON.stringify(index));
  }
  await using garden = await Garden.open((now) => preloadMemoryStore(folder.path, { now, gc }));
  const lost = await garden.api.pushBlob("app", "lost");
  garden.later(2 * hourMs);
  const results = await Array.fromAsync(garden.store.collectGarbage());
  assert.deepEqual(results.flatMap(({ blobs }) => blobs.map(({ digest }) => digest)), [lost.digest]);
  for (const digest of listed) assert.equal(await garden.has("app", "blobs", digest), true);
});
