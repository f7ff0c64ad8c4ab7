/** What goes from the cache so that something fits into the limits of space. */

import assert from "node:assert/strict";
import type { Digest } from "../../../lib/oci/digest.ts";
import { mediaTypes } from "../../../lib/oci/media_type.ts";
import { silentLogger } from "../../../lib/log.ts";
import { resolveUpstreams, type UpstreamOptions } from "../../../lib/server/cache/cache_options.ts";
import { Ledger } from "../../../lib/server/cache/ledger.ts";
import { Sweeper } from "../../../lib/server/cache/sweeper.ts";
import { noRoom, Quota } from "../../../lib/server/limits/quota.ts";
import type { RegistryOptions } from "../../../lib/server/settings.ts";
import { createMemoryStore } from "../../../lib/server/store/store_memory.ts";
import { CacheRig } from "../../support/cache_rig.ts";
import { FakeClock, settle } from "../../support/fake_clock.ts";
import { putBytes, putDocument, putRandomImage, randomBytes } from "../../support/random_image.ts";

const hour = 60 * 60_000;

function rigWith(registry: RegistryOptions, upstream: Partial<UpstreamOptions> = {}): CacheRig {
  const clock = new FakeClock();
  return new CacheRig({ clock, upstream, registry: { now: () => clock.now(), ...registry } });
}

async function pullBlob(rig: CacheRig, repository: string, size: number, seed: number): Promise<Digest> {
  const { digest } = await putBytes(rig.source.repository(repository), randomBytes(size, seed));
  await rig.api.expect(200, "GET", `/v2/hub/${repository}/blobs/${digest}`);
  await rig.cache.settle();
  return digest;
}

async function pullImage(rig: CacheRig, repository: string, tag: string): Promise<void> {
  const answer = await rig.api.expect(200, "GET", `/v2/hub/${repository}/manifests/${tag}`);
  const { config, layers } = answer.json() as Record<"config", { digest: string }> & { layers: { digest: string }[] };
  for (const { digest } of [config, ...layers]) {
    await rig.api.expect(200, "GET", `/v2/hub/${repository}/blobs/${digest}`);
  }
  await rig.cache.settle();
}

async function isKept(rig: CacheRig, repository: string, digest: Digest): Promise<boolean> {
  return await (await rig.registry.store.repository(`hub/${repository}`))?.statBlob(digest) !== undefined;
}

Deno.test("RegistryCache removes nothing when pinned images leave no room all the same", async () => {
  await using rig = rigWith({ maxStoreBytes: 20_000 }, { pinned: ["base:*"] });
  await putRandomImage(rig.source.repository("base"), { tag: "v1", layers: 1, layerBytes: 12_000 });
  await pullImage(rig, "base", "v1");
  for (const seed of [1, 2, 3]) await pullBlob(rig, "app", 1000, seed);
  await rig.clock.advance(hour);
  const large = await pullBlob(rig, "app", 15_000, 9);
  assert.equal(rig.cache.counts.evictions, 0);
  assert(!await isKept(rig, "app", large));
  await pullBlob(rig, "app", 6000, 10);
  assert.equal(rig.cache.counts.evictions, 2, "what can fit moves out as much as it needs");
});

Deno.test("RegistryCache removes nothing when what may go shares its layers with what stays", async () => {
  await using rig = rigWith({ maxStoreBytes: 20_000 });
  const repository = rig.source.repository("app");
  for (const tag of ["a", "b"]) {
    await putRandomImage(repository, { tag, layers: 1, layerBytes: 12_000, annotations: { tag } });
    await pullImage(rig, "app", tag);
  }
  await rig.clock.advance(hour / 2);
  await rig.api.expect(200, "GET", "/v2/hub/app/manifests/b");
  await rig.clock.advance(1000);
  // The use of a layer is that of all its images, of a manifest only its own.
  const large = await pullBlob(rig, "other", 15_000, 9);
  assert.equal(rig.cache.counts.evictions, 0);
  assert(!await isKept(rig, "other", large));
  await rig.clock.advance(hour);
  const next = await pullBlob(rig, "other", 15_000, 10);
  assert.equal(rig.cache.counts.evictions, 4, "both manifests, and then what they share");
  assert(await isKept(rig, "other", next));
});

for (const isPinned of [true, false]) {
  const what = isPinned
    ? "leaves the pinned image of an index, which is too much"
    : "removes an index and its tagged image";
  Deno.test(`RegistryCache ${what}, to make room`, async () => {
    await using rig = rigWith({ maxStoreBytes: 20_000 }, { pinned: isPinned ? ["app:image"] : [] });
    const repository = rig.source.repository("app");
    const { descriptor } = await putRandomImage(repository, { tag: "image", layers: 1, layerBytes: 12_000 });
    await putDocument(
      repository,
      { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [descriptor] },
      "index",
    );
    await rig.api.expect(200, "GET", "/v2/hub/app/manifests/index");
    await pullImage(rig, "app", "image");
    await rig.clock.advance(hour);
    const large = await pullBlob(rig, "other", 15_000, 9);
    assert.equal(await isKept(rig, "other", large), !isPinned);
    assert.equal(rig.cache.counts.evictions, isPinned ? 0 : 4);
  });
}

Deno.test("RegistryCache makes room in the repository first when repository and store are full", async () => {
  await using rig = rigWith({ maxRepositoryBytes: 3000, maxStoreBytes: 4000 });
  const other = await pullBlob(rig, "other", 1000, 1);
  await rig.clock.advance(hour);
  const first = await pullBlob(rig, "app", 1100, 2);
  await rig.clock.advance(hour);
  const second = await pullBlob(rig, "app", 900, 3);
  await rig.clock.advance(hour);
  const fresh = await pullBlob(rig, "app", 2000, 4);
  assert.deepEqual(
    await Promise.all([isKept(rig, "other", other), ...[first, second, fresh].map((each) => isKept(rig, "app", each))]),
    [true, false, true, true],
  );
});

Deno.test("RegistryCache makes room elsewhere too when the repository alone does not make enough", async () => {
  await using rig = rigWith({ maxRepositoryBytes: 3000, maxStoreBytes: 4000 });
  const others = [await pullBlob(rig, "other", 1000, 1), await pullBlob(rig, "other", 1000, 2)];
  await rig.clock.advance(hour);
  const own = await pullBlob(rig, "app", 1500, 3);
  await rig.clock.advance(hour);
  const fresh = await pullBlob(rig, "app", 2900, 4);
  const kept = await Promise.all([...others.map((each) => isKept(rig, "other", each)), isKept(rig, "app", own)]);
  assert.deepEqual(kept, [false, true, false]);
  assert(await isKept(rig, "app", fresh));
});

Deno.test("Sweeper.hold() sets the room aside before the next one looks how much there is", async () => {
  const clock = new FakeClock();
  const store = createMemoryStore();
  const events: string[] = [];
  const asked = new Set<number>();
  class SlowQuota extends Quota {
    override async hold(name: string, bytes: number) {
      if (!asked.has(bytes)) {
        asked.add(bytes);
        throw noRoom();
      }
      await settle();
      events.push(`held ${bytes}`);
      return this.adopt(name, bytes);
    }

    override shortage(_name: string, bytes: number) {
      events.push(`look for ${bytes}`);
      return Promise.resolve({ repository: 0, store: 0 });
    }
  }
  const sweeper = new Sweeper({
    store,
    clock,
    ledger: new Ledger(clock, undefined, silentLogger),
    quota: new SlowQuota({ store, now: () => clock.now() }),
    logger: silentLogger,
    settings: resolveUpstreams({ upstreams: [] }),
    counts: { evictions: 0 },
    isBusy: () => false,
    signal: new AbortController().signal,
  });
  await Promise.all([sweeper.hold("hub/app", 1), sweeper.hold("hub/app", 2)]);
  assert.deepEqual(events, ["look for 1", "held 1", "look for 2", "held 2"]);
  await sweeper.settle();
});

Deno.test("Sweeper.hold() makes no room any more when the cache ends", async () => {
  const clock = new FakeClock();
  const store = createMemoryStore();
  const end = new AbortController();
  const reason = new DOMException("the registry ends", "AbortError");
  const sweeper = new Sweeper({
    store,
    clock,
    ledger: new Ledger(clock, undefined, silentLogger),
    quota: new Quota({ store, now: () => clock.now(), maxStoreBytes: 1 }),
    logger: silentLogger,
    settings: resolveUpstreams({ upstreams: [] }),
    counts: { evictions: 0 },
    isBusy: () => false,
    signal: end.signal,
  });
  end.abort(reason);
  await assert.rejects(sweeper.hold("hub/app", 2), reason);
});
