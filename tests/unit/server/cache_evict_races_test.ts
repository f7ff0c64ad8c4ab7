/** What happens to the cache while it makes room. */

import assert from "node:assert/strict";
import { type Logger, silentLogger } from "../../../lib/log.ts";
import type { Descriptor } from "../../../lib/oci/descriptor.ts";
import type { Manifest } from "../../../lib/oci/manifest.ts";
import { mediaTypes } from "../../../lib/oci/media_type.ts";
import { adoptContent } from "../../../lib/server/cache/adopt_content.ts";
import type { UpstreamOptions } from "../../../lib/server/cache/cache_options.ts";
import { Ledger } from "../../../lib/server/cache/ledger.ts";
import type { RegistryOptions } from "../../../lib/server/settings.ts";
import { describeManifest } from "../../../lib/server/store/manifest_record.ts";
import type { RegistryStore } from "../../../lib/server/store/store.ts";
import { createMemoryStore } from "../../../lib/server/store/store_memory.ts";
import { CacheRig } from "../../support/cache_rig.ts";
import { FakeClock, settle } from "../../support/fake_clock.ts";
import { putBytes, putDocument, putRandomImage, putRandomIndex, randomBytes } from "../../support/random_image.ts";

const hour = 60 * 60_000;

/** A registry over a store whose removals of manifests can be made to wait. */
class SlowRig extends CacheRig {
  readonly store: RegistryStore;
  readonly images: Manifest[] = [];
  /** What removals wait for. */
  gate: PromiseWithResolvers<void> | undefined;

  constructor(upstream: Partial<UpstreamOptions>, registry: RegistryOptions = {}) {
    const clock = new FakeClock();
    const store = createMemoryStore({ now: () => clock.now() });
    const create = async (name: string) => {
      const repository = await store.create(name);
      const remove = repository.deleteManifest.bind(repository);
      const deleteManifest = async (digest: string) => {
        await this.gate?.promise;
        return await remove(digest);
      };
      return Object.assign(repository, { deleteManifest });
    };
    const slow = Object.assign(Object.create(store), { create });
    super({ clock, upstream, registry: { now: () => clock.now(), store: slow, ...registry } });
    this.store = store;
  }

  /** Pulls images of one layer, which are kept as long as nobody needs their room. */
  async pullAll(...tags: string[]): Promise<void> {
    for (const [at, tag] of tags.entries()) {
      const image = await putRandomImage(this.source.repository("app"), { tag, seed: at + 1, layers: 1 });
      this.images.push(image);
      await this.api.expect(200, "GET", `/v2/hub/app/manifests/${tag}`);
      for (const { digest } of partsOf(image)) await this.api.expect(200, "GET", `/v2/hub/app/blobs/${digest}`);
      await this.cache.settle();
      await this.clock.advance(1000);
    }
  }

  image(at: number): Manifest {
    const image = this.images[at];
    assert(image !== undefined);
    return image;
  }

  async tags(): Promise<readonly string[] | undefined> {
    return (await this.store.repository("hub/app"))?.catalog.tags();
  }
}

function partsOf(manifest: Manifest): readonly Descriptor[] {
  assert(manifest.kind === "image");
  return [manifest.body.config, ...manifest.body.layers];
}

/** Stores a manifest in the cache's repository without the cache. */
async function put(rig: SlowRig, { descriptor, body, bytes }: Manifest, tag: string): Promise<void> {
  const { digest, mediaType, size } = descriptor;
  const record = describeManifest({ ...body }, { digest, mediaType, size });
  await (await rig.store.create("hub/app")).putManifest({ record, bytes, tags: [tag] });
}

const changes: readonly [string, (rig: SlowRig) => Promise<unknown>, string[]][] = [
  [
    "somebody pulled minutes ago",
    async (rig) => {
      await rig.api.expect(200, "GET", "/v2/hub/app/manifests/b");
      await rig.clock.advance(3 * 60_000);
    },
    ["b"],
  ],
  ["somebody pulls", (rig) => rig.api.expect(200, "GET", "/v2/hub/app/manifests/b"), ["b"]],
  [
    "somebody pulls a layer of",
    (rig) => rig.api.expect(200, "GET", `/v2/hub/app/blobs/${partsOf(rig.image(1)).at(-1)?.digest}`),
    ["b"],
  ],
  ["a pinned tag names", (rig) => put(rig, rig.image(1), "keep"), ["b", "keep"]],
  [
    "an index needs",
    async (rig) => {
      const { descriptor } = rig.image(1);
      const index = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [descriptor] };
      await put(rig, await putDocument(rig.source.repository("app"), index), "index");
    },
    ["b", "index"],
  ],
];

for (const [what, change, left] of changes) {
  Deno.test(`RegistryCache keeps what ${what} while it removes another image`, async () => {
    await using rig = new SlowRig({ maxAgeMs: 10 * hour, pinned: ["app:keep"], tagTtlMs: 100 * hour });
    await rig.pullAll("a", "b");
    await rig.clock.advance(11 * hour);
    rig.gate = Promise.withResolvers();
    const swept = rig.cache.sweep();
    await settle();
    await change(rig);
    rig.gate.resolve();
    await swept;
    assert.deepEqual(await rig.tags(), left);
  });
}

Deno.test("RegistryCache keeps the layer that somebody pulls while its image is removed", async () => {
  await using rig = new SlowRig({ maxAgeMs: 10 * hour });
  await rig.pullAll("a");
  await rig.clock.advance(11 * hour);
  rig.gate = Promise.withResolvers();
  const swept = rig.cache.sweep();
  await settle();
  const [config, layer] = partsOf(rig.image(0)).map(({ digest }) => digest);
  assert(config !== undefined && layer !== undefined);
  await rig.api.expect(200, "GET", `/v2/hub/app/blobs/${layer}`);
  rig.gate.resolve();
  await swept;
  const repository = await rig.store.repository("hub/app");
  assert.deepEqual(repository?.catalog.tags(), []);
  assert.equal(await repository?.statBlob(config), undefined);
  assert.equal(await repository?.statBlob(layer), 1000);
  await rig.clock.advance(11 * hour);
  await rig.cache.sweep();
  assert.deepEqual(await rig.store.names(), [], "it goes by itself");
});

Deno.test("RegistryCache keeps the image that somebody pulls while its index is removed", async () => {
  await using rig = new SlowRig({ maxAgeMs: 10 * hour });
  const index = await putRandomIndex(rig.source.repository("app"), 2, { tag: "index" });
  assert(index.kind === "index");
  const [first, second] = index.body.manifests.map(({ digest }) => digest);
  assert(first !== undefined && second !== undefined);
  for (const each of ["index", first, second]) await rig.api.expect(200, "GET", `/v2/hub/app/manifests/${each}`);
  await rig.clock.advance(11 * hour);
  rig.gate = Promise.withResolvers();
  const swept = rig.cache.sweep();
  await settle();
  await rig.api.expect(200, "GET", `/v2/hub/app/manifests/${first}`);
  rig.gate.resolve();
  await swept;
  const catalog = (await rig.store.repository("hub/app"))?.catalog;
  assert.deepEqual([...catalog?.records() ?? []].map(({ digest }) => digest), [first]);
});

Deno.test("RegistryCache stops between two removals when it ends", async () => {
  await using rig = new SlowRig({ maxAgeMs: 10 * hour });
  await rig.pullAll("a", "b");
  await rig.clock.advance(11 * hour);
  rig.gate = Promise.withResolvers();
  const swept = rig.cache.sweep();
  await settle();
  const ended = rig.cache[Symbol.asyncDispose]();
  rig.gate.resolve();
  await Promise.all([swept, ended]);
  assert.deepEqual(await rig.tags(), ["b"]);
});

Deno.test("RegistryCache stops making room when it ends", async () => {
  await using rig = new SlowRig({}, { maxStoreBytes: 3500 });
  await rig.pullAll("a", "b");
  const { digest } = await putBytes(rig.source.repository("other"), randomBytes(3000, 9));
  await rig.clock.advance(hour);
  rig.gate = Promise.withResolvers();
  const pulled = rig.api.expect(200, "GET", `/v2/hub/other/blobs/${digest}`);
  await settle();
  const ended = rig.cache[Symbol.asyncDispose]();
  rig.gate.resolve();
  await assert.rejects(pulled);
  await ended;
  assert.deepEqual(await rig.tags(), ["b"]);
});

Deno.test("adoptContent() ends with its signal", async () => {
  const clock = new FakeClock();
  const end = new AbortController();
  const reason = new DOMException("the registry ends", "AbortError");
  const asked: string[] = [];
  const store = Object.assign(Object.create(createMemoryStore()), {
    names: () => Promise.resolve(["a", "b"]),
    repository: (name: string) => {
      asked.push(name);
      end.abort(reason);
    },
  });
  const ledger = new Ledger(clock, undefined, silentLogger);
  await assert.rejects(adoptContent({ store, ledger, owns: () => true, signal: end.signal }), reason);
  assert.deepEqual(asked, ["a"]);
});

Deno.test("RegistryCache keeps an image while one of its layers still arrives, for however long", async () => {
  await using rig = new CacheRig({ upstream: { maxBytes: 4000, timeoutMs: hour } });
  const image = await putRandomImage(rig.source.repository("app"), { tag: "slow", layers: 2 });
  const held = Promise.withResolvers<void>();
  const [config, first, second] = partsOf(image).map(({ digest }) => `/v2/hub/app/blobs/${digest}`);
  assert(config !== undefined && first !== undefined && second !== undefined);
  await rig.api.expect(200, "GET", "/v2/hub/app/manifests/slow");
  await rig.api.expect(200, "GET", config);
  await rig.api.expect(200, "GET", first);
  await rig.cache.settle();
  rig.stream = (stream) => stream.pipeThrough(new TransformStream({ flush: () => held.promise }));
  // The rig takes a stream's change when it opens a repository.
  const pulled = rig.api.expect(200, "GET", second);
  await settle();
  rig.stream = undefined;
  await rig.clock.advance(hour / 2);
  for (const seed of [1, 2, 3]) {
    const { digest } = await putBytes(rig.source.repository("other"), randomBytes(1000, seed));
    await rig.api.expect(200, "GET", `/v2/hub/other/blobs/${digest}`);
  }
  await settle();
  const { evictions } = rig.cache.counts;
  held.resolve();
  await pulled;
  await rig.cache.settle();
  assert.equal(evictions, 0);
  assert.notEqual((await rig.registry.store.repository("hub/app"))?.catalog.byTag("slow"), undefined);
  await rig.clock.advance(2 * 60_000);
  await rig.cache.sweep();
  assert.deepEqual(await rig.registry.store.names(), ["hub/other"], "it may go when nobody pulls it any more");
});

Deno.test("RegistryCache makes room again after its store could not be read once", async () => {
  const store = createMemoryStore();
  let isBroken = true;
  const names = async () => isBroken ? await Promise.reject(new Error("input/output error")) : await store.names();
  const logged: string[] = [];
  const logger: Logger = { isEnabled: () => true, log: (level, message) => void logged.push(`${level} ${message}`) };
  await using rig = new CacheRig({
    upstream: { maxAgeMs: hour },
    registry: { store: Object.assign(Object.create(store), { names }), logger },
  });
  const { digest } = await putBytes(rig.source.repository("app"), randomBytes(1000, 1));
  await rig.api.expect(200, "GET", `/v2/hub/app/blobs/${digest}`);
  await rig.cache.settle();
  await rig.clock.advance(2 * hour);
  logged.splice(0);
  await rig.cache.sweep();
  assert.deepEqual(logged, ["error the cache could not make room"]);
  isBroken = false;
  await rig.cache.sweep();
  assert.equal(rig.cache.counts.evictions, 1);
});

Deno.test("RegistryCache leaves alone for a minute what was just used, also when the age is shorter", async () => {
  await using rig = new SlowRig({ maxAgeMs: 1000 });
  await rig.pullAll("a");
  await rig.clock.advance(58_000);
  await rig.cache.sweep();
  assert.deepEqual(await rig.tags(), ["a"]);
  await rig.clock.advance(2000);
  await rig.cache.sweep();
  assert.deepEqual(await rig.store.names(), []);
});

Deno.test("RegistryCache fetches a blob again that went between the look and the reading", async () => {
  await using rig = new CacheRig();
  const bytes = randomBytes(1000, 1);
  const { digest } = await putBytes(rig.source.repository("app"), bytes);
  const path = `/v2/hub/app/blobs/${digest}`;
  await rig.api.expect(200, "GET", path);
  await rig.cache.settle();
  const repository = await rig.registry.store.create("hub/app");
  const open = repository.openBlob.bind(repository);
  Object.assign(repository, {
    async openBlob(asked: string, start: number, length: number) {
      Object.assign(repository, { openBlob: open });
      await repository.deleteBlob(asked);
      return await open(asked, start, length);
    },
  });
  rig.take();
  assert.deepEqual((await rig.api.expect(200, "GET", path)).bytes, bytes);
  assert.deepEqual(rig.take(), [`get blob app ${digest}`]);
});
