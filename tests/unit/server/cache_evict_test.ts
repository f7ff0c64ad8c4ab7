import assert from "node:assert/strict";
import type { Descriptor } from "../../../lib/oci/descriptor.ts";
import type { Manifest } from "../../../lib/oci/manifest.ts";
import type { UpstreamOptions } from "../../../lib/server/cache/cache_options.ts";
import { CacheRig } from "../../support/cache_rig.ts";
import { putRandomImage, putRandomIndex } from "../../support/random_image.ts";

const hour = 60 * 60_000;

/** Pulls a tag with all that belongs to it, as a client does. */
async function pull(rig: CacheRig, reference: string): Promise<void> {
  const answer = await rig.api.expect(200, "GET", `/v2/hub/app/manifests/${reference}`);
  const body = answer.json() as { manifests?: Descriptor[]; config?: Descriptor; layers?: Descriptor[] };
  for (const { digest } of body.manifests ?? []) await pull(rig, digest);
  for (const { digest } of body.config === undefined ? [] : [body.config, ...(body.layers ?? [])]) {
    await rig.api.expect(200, "GET", `/v2/hub/app/blobs/${digest}`);
  }
  await rig.cache.settle();
}

/** Which tags are here with everything below them; throws when something is missing. */
async function complete(rig: CacheRig): Promise<readonly string[]> {
  const repository = await rig.registry.store.repository("hub/app");
  if (repository === undefined) return [];
  const { catalog } = repository;
  const check = async (digest: string): Promise<void> => {
    const record = catalog.get(digest);
    assert(record !== undefined && await repository.readManifest(record) !== undefined, `manifest ${digest}`);
    for (const child of record.children) await check(child);
    for (const blob of record.blobs) assert(await repository.statBlob(blob) !== undefined, `blob ${blob}`);
  };
  for (const tag of catalog.tags()) await check(catalog.byTag(tag)?.digest ?? "");
  return catalog.tags();
}

async function rigWith(upstream: Partial<UpstreamOptions>, ...tags: string[]): Promise<CacheRig> {
  const rig = new CacheRig({ upstream });
  for (const [at, tag] of tags.entries()) {
    await putRandomImage(rig.source.repository("app"), { tag, seed: at + 1, layerBytes: 1000 });
  }
  return rig;
}

/** Two layers of 1000 bytes, config and manifest are about 2500 bytes. */
const threeImages = 8000;

Deno.test("RegistryCache removes whole images, those used longest ago first, to stay within its size", async () => {
  await using rig = await rigWith({ maxBytes: threeImages }, "a", "b", "c", "d");
  for (const tag of ["a", "b", "c"]) {
    await pull(rig, tag);
    await rig.clock.advance(hour);
  }
  assert.deepEqual(await complete(rig), ["a", "b", "c"]);
  assert.equal(rig.cache.counts.evictions, 0);
  await rig.api.expect(200, "GET", "/v2/hub/app/manifests/a");
  await rig.clock.advance(hour);
  await pull(rig, "d");
  assert.deepEqual(await complete(rig), ["a", "c", "d"]);
  assert.equal(rig.cache.counts.evictions, 4, "manifest, config and two layers");
  rig.take();
  await pull(rig, "b");
  assert(rig.take().length >= 4, "fetched again");
});

Deno.test("RegistryCache counts the use of a layer as use of its image", async () => {
  await using rig = await rigWith({ maxBytes: threeImages }, "a", "b", "c", "d");
  for (const tag of ["a", "b", "c"]) {
    await pull(rig, tag);
    await rig.clock.advance(hour);
  }
  const record = (await rig.registry.store.repository("hub/app"))?.catalog.byTag("a");
  await rig.api.expect(200, "GET", `/v2/hub/app/blobs/${record?.blobs[1]}`);
  await rig.clock.advance(hour);
  await pull(rig, "d");
  assert.deepEqual(await complete(rig), ["a", "c", "d"]);
});

Deno.test("RegistryCache removes what nobody used for long", async () => {
  await using rig = await rigWith({ maxAgeMs: 10 * hour }, "a", "b");
  await pull(rig, "a");
  await rig.clock.advance(9 * hour);
  await pull(rig, "b");
  await rig.cache.sweep();
  assert.deepEqual(await complete(rig), ["a", "b"]);
  await rig.clock.advance(2 * hour);
  await rig.cache.sweep();
  assert.deepEqual(await complete(rig), ["b"]);
  await rig.clock.advance(11 * hour);
  await rig.cache.sweep();
  assert.deepEqual(await rig.registry.store.names(), []);
});

Deno.test("RegistryCache never removes pinned tags", async () => {
  await using rig = await rigWith({ maxAgeMs: hour, pinned: ["app:a*"] }, "a1", "b1");
  await pull(rig, "a1");
  await pull(rig, "b1");
  await rig.clock.advance(100 * hour);
  await rig.cache.sweep();
  assert.deepEqual(await complete(rig), ["a1"]);
});

Deno.test("RegistryCache never removes what a kept index needs", async () => {
  await using rig = new CacheRig({ upstream: { maxAgeMs: 10 * hour, pinned: ["app:index"] } });
  const repository = rig.source.repository("app");
  const index: Manifest = await putRandomIndex(repository, 3, { tag: "index" });
  assert(index.kind === "index");
  const [child] = index.body.manifests;
  await pull(rig, "index");
  await rig.clock.advance(100 * hour);
  await rig.cache.sweep();
  assert.deepEqual(await complete(rig), ["index"]);
  assert.equal(rig.cache.counts.evictions, 0);

  await using loose = new CacheRig({ source: rig.source, upstream: { maxAgeMs: 10 * hour } });
  await pull(loose, "index");
  await loose.clock.advance(9 * hour);
  await loose.api.expect(200, "GET", `/v2/hub/app/manifests/${child?.digest}`);
  await loose.clock.advance(2 * hour);
  await loose.cache.sweep();
  assert.deepEqual(await complete(loose), ["index"], "used through its child");
  await loose.clock.advance(20 * hour);
  await loose.cache.sweep();
  assert.deepEqual(await loose.registry.store.names(), [], "the children go with it");
});

Deno.test("RegistryCache keeps layers that another image needs", async () => {
  await using rig = await rigWith({ maxAgeMs: 10 * hour }, "a");
  const repository = rig.source.repository("app");
  const first = await repository.manifests.get("a");
  assert(first.kind === "image");
  await putRandomImage(repository, { tag: "b", seed: 1, annotations: { other: "manifest" } });
  await pull(rig, "a");
  await rig.clock.advance(9 * hour);
  await pull(rig, "b");
  await rig.clock.advance(2 * hour);
  await rig.api.expect(200, "GET", "/v2/hub/app/manifests/b");
  await rig.cache.sweep();
  assert.deepEqual(await complete(rig), ["a", "b"], "the shared layers were used for both");
  const store = await rig.registry.store.repository("hub/app");
  assert(store !== undefined);
  await rig.clock.advance(9 * hour);
  await rig.api.expect(200, "GET", "/v2/hub/app/manifests/b");
  await rig.clock.advance(2 * hour);
  await rig.cache.sweep();
  assert.deepEqual(await complete(rig), ["b"]);
});

Deno.test("RegistryCache does not touch local repositories when it makes room", async () => {
  await using rig = await rigWith({ maxBytes: 1 }, "a");
  await rig.api.pushImage("local", "content", "v1");
  await pull(rig, "a");
  await rig.clock.advance(hour);
  await rig.cache.sweep();
  assert.deepEqual(await rig.registry.store.names(), ["local"]);
  await rig.api.expect(200, "GET", "/v2/local/manifests/v1");
});

Deno.test("RegistryCache knows after a restart what is there, even when its memory is lost", async () => {
  const first = await rigWith({}, "a", "b");
  await pull(first, "a");
  const { descriptor } = await first.source.repository("app").manifests.head("b");
  await pull(first, descriptor.digest);
  const { source, clock } = first;
  await using rig = new CacheRig({
    source,
    clock,
    upstream: { maxAgeMs: 10 * hour },
    registry: { store: first.registry.store },
  });
  await rig.cache.sweep();
  assert.deepEqual(await complete(rig), ["a"]);
  await clock.advance(11 * hour);
  await rig.cache.sweep();
  assert.deepEqual(await rig.registry.store.names(), []);
});

Deno.test("RegistryCache leaves alone for a minute what was just used, however little room there is", async () => {
  await using rig = await rigWith({ maxBytes: 3000 }, "a", "b");
  await pull(rig, "a");
  await rig.clock.advance(1000);
  await pull(rig, "b");
  await rig.clock.advance(58_000);
  await rig.cache.sweep();
  assert.deepEqual(await complete(rig), ["a", "b"]);
  await rig.clock.advance(2000);
  await rig.cache.sweep();
  assert.deepEqual(await complete(rig), ["b"]);
});
