import assert from "node:assert/strict";
import { digestBytes } from "../../../lib/oci/digest.ts";
import type { UpstreamOptions } from "../../../lib/server/cache/cache_options.ts";
import type { RegistryOptions } from "../../../lib/server/settings.ts";
import type { RegistryStore, UploadBeginning } from "../../../lib/server/store/store.ts";
import { createMemoryStore } from "../../../lib/server/store/store_memory.ts";
import { CacheRig } from "../../support/cache_rig.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { putBytes, putRandomImage, randomBytes } from "../../support/random_image.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const hour = 60 * 60_000;
const small = randomBytes(1000, 1);
const large = randomBytes(5000, 2);
const pathOf = async (bytes: Bytes, repository = "app") => `/v2/hub/${repository}/blobs/${await digestBytes(bytes)}`;

async function rigWith(registry: RegistryOptions, blobs: readonly Bytes[], upstream: Partial<UpstreamOptions> = {}) {
  const clock = new FakeClock();
  const rig = new CacheRig({ clock, upstream, registry: { now: () => clock.now(), ...registry } });
  for (const bytes of blobs) await putBytes(rig.source.repository("app"), bytes);
  return rig;
}

async function pull(rig: CacheRig, bytes: Bytes, repository?: string): Promise<void> {
  const path = await pathOf(bytes, repository);
  assert.deepEqual((await rig.api.expect(200, "GET", path)).bytes, bytes);
  await rig.cache.settle();
}

async function isKept(rig: CacheRig, bytes: Bytes, repository = "hub/app"): Promise<boolean> {
  const found = await rig.registry.store.repository(repository);
  return await found?.statBlob(await digestBytes(bytes)) !== undefined;
}

Deno.test("RegistryCache passes on what it has no room for, and keeps nothing of it", async () => {
  await using rig = await rigWith({ maxRepositoryBytes: 4000 }, [small, large]);
  await pull(rig, small);
  rig.take();
  await pull(rig, large);
  assert.equal(rig.take().length, 2, "one request found it too large, one passed it on");
  await pull(rig, large);
  assert.equal(rig.take().length, 1, "that is remembered for a while");
  const path = await pathOf(large);
  const part = await rig.api.expect(206, "GET", path, { headers: { range: "bytes=100-199" } });
  assert.deepEqual(part.bytes, large.slice(100, 200));
  assert.equal(part.headers.get("content-range"), "bytes 100-199/5000");
  const end = await rig.api.expect(206, "GET", path, { headers: { range: "bytes=-10" } });
  assert.deepEqual(end.bytes, large.slice(4990));
  assert.equal((await rig.api.expect(200, "HEAD", path)).headers.get("content-length"), "5000");
  assert(!await isKept(rig, large));
  assert(await isKept(rig, small), "what fits in no way moves nothing else out");
  assert.equal(await rig.registry.store.usage?.bytesOf("hub/app"), 1000);
  assert.equal(rig.cache.counts.failures, 0, "the upstream did nothing wrong");
});

Deno.test("RegistryCache lets nothing passed on look complete before it is verified", async () => {
  await using rig = await rigWith({ maxRepositoryBytes: 4000 }, [small, large]);
  rig.tamper = (chunk) => chunk.map((byte, at) => at === 17 ? byte ^ 1 : byte);
  const answer = await rig.registry.fetch(new Request(`http://registry.test${await pathOf(large)}`));
  assert.equal(answer.status, 200);
  await assert.rejects(answer.bytes());
});

Deno.test("RegistryCache verifies the whole blob also for a part that it passes on", async () => {
  await using rig = await rigWith({ maxRepositoryBytes: 4000 }, [small, large]);
  const path = await pathOf(large);
  await pull(rig, large);
  rig.tamper = (chunk) => chunk.map((byte, at) => at === 17 ? byte ^ 1 : byte);
  for (const range of ["bytes=0-99", "bytes=10-20", "bytes=4000-"]) {
    const request = new Request(`http://registry.test${path}`, { headers: { range } });
    const answer = await rig.registry.fetch(request);
    assert.equal(answer.status, 206);
    await assert.rejects(answer.bytes(), range);
  }
});

Deno.test("RegistryCache leaves the upstream when a client leaves what is passed on to it", async () => {
  await using rig = await rigWith({ maxRepositoryBytes: 4000 }, [large], { concurrency: 1 });
  const answer = await rig.registry.fetch(new Request(`http://registry.test${await pathOf(large)}`));
  await answer.body?.cancel();
  await pull(rig, large);
});

Deno.test("RegistryCache ends what it passes on with itself", async () => {
  const rig = await rigWith({ maxRepositoryBytes: 4000 }, [small, large]);
  const answer = await rig.registry.fetch(new Request(`http://registry.test${await pathOf(large)}`));
  await rig[Symbol.asyncDispose]();
  await assert.rejects(answer.bytes());
});

Deno.test("RegistryCache does not count one room for two blobs that arrive at the same time", async () => {
  const blobs = [randomBytes(1000, 3), randomBytes(1000, 4)];
  await using rig = await rigWith({ maxRepositoryBytes: 1500 }, blobs);
  await Promise.all(blobs.map((bytes) => pull(rig, bytes)));
  assert.equal(await rig.registry.store.usage?.bytesOf("hub/app"), 1000, "the other was passed on");
});

Deno.test("RegistryCache passes on a manifest that it has no room for, also after its tag was moved", async () => {
  await using rig = await rigWith({ maxRepositoryBytes: 1000 }, []);
  const old = await putRandomImage(rig.source.repository("app"), { tag: "v1", seed: 1, layers: 1 });
  await rig.api.expect(200, "GET", "/v2/hub/app/manifests/v1");
  assert(await rig.registry.store.usage?.bytesOf("hub/app") ?? 0 > 0);
  const { descriptor: { digest } } = await putRandomImage(rig.source.repository("app"), {
    tag: "v1",
    seed: 2,
    layers: 4,
  });
  await rig.clock.advance(hour / 2);
  for (const reference of ["v1", digest]) {
    const answer = await rig.api.expect(200, "GET", `/v2/hub/app/manifests/${reference}`);
    assert.equal(answer.headers.get("docker-content-digest"), digest);
    assert.equal(await digestBytes(answer.bytes), digest);
  }
  const head = await rig.api.expect(200, "HEAD", "/v2/hub/app/manifests/v1");
  assert.equal(head.headers.get("docker-content-digest"), digest);
  await rig.api.expect(200, "GET", `/v2/hub/app/manifests/${old.descriptor.digest}`);
});

Deno.test("RegistryCache makes room for a blob with what was used longest ago", async () => {
  const blobs = [1, 2, 3, 4].map((seed) => randomBytes(1000, seed));
  await using rig = await rigWith({ maxRepositoryBytes: 3100 }, blobs);
  const [first, second, third, fourth] = blobs as [Bytes, Bytes, Bytes, Bytes];
  for (const bytes of [first, second, third, first]) {
    await pull(rig, bytes);
    await rig.clock.advance(hour);
  }
  await pull(rig, fourth);
  const kept = await Promise.all(blobs.map((bytes) => isKept(rig, bytes)));
  assert.deepEqual(kept, [true, false, true, true]);
  assert.equal(rig.cache.counts.evictions, 1);
});

Deno.test("RegistryCache makes room for more than one blob at once", async () => {
  const blobs = Array.from({ length: 67 }, (_, seed) => randomBytes(100, seed));
  await using rig = await rigWith({ maxRepositoryBytes: 6400 }, blobs);
  const evictions: number[] = [];
  for (const bytes of blobs) {
    await pull(rig, bytes);
    await rig.clock.advance(hour);
    evictions.push(rig.cache.counts.evictions);
  }
  assert.deepEqual(evictions.slice(-4), [0, 2, 2, 4], "a sixty-fourth of the limit is one blob");
  assert.equal(await rig.registry.store.usage?.bytesOf("hub/app"), 6300);
});

Deno.test("RegistryCache moves out nothing that was used a moment ago", async () => {
  const [first, second] = [randomBytes(1000, 1), randomBytes(1000, 2)];
  await using rig = await rigWith({ maxRepositoryBytes: 1500 }, [first, second]);
  await pull(rig, first);
  await rig.clock.advance(30_000);
  await pull(rig, second);
  assert.deepEqual([await isKept(rig, first), await isKept(rig, second)], [true, false]);
  await rig.clock.advance(31_000);
  await pull(rig, second);
  assert.deepEqual([await isKept(rig, first), await isKept(rig, second)], [false, true]);
});

Deno.test("RegistryCache makes room in other repositories when the whole store is full, not when one repository is", async () => {
  for (
    const [limits, isOtherKept] of [[{ maxStoreBytes: 1500 }, false], [{ maxRepositoryBytes: 1500 }, true]] as const
  ) {
    const [first, second, third] = [randomBytes(1000, 1), randomBytes(1000, 2), randomBytes(1000, 3)];
    await using rig = await rigWith(limits, [second, third]);
    await putBytes(rig.source.repository("other"), first);
    await pull(rig, first, "other");
    await rig.clock.advance(hour);
    await pull(rig, second);
    await rig.clock.advance(hour);
    await pull(rig, third);
    assert.equal(await isKept(rig, first, "hub/other"), isOtherKept);
    assert.deepEqual([await isKept(rig, second), await isKept(rig, third)], [false, true]);
  }
});

Deno.test("RegistryCache makes room when the disk is full, and passes on when that does not help", async () => {
  const store = createMemoryStore();
  let free = 10_000;
  const usage = { bytesOf: (name: string) => store.usage?.bytesOf(name) ?? 0, freeBytes: () => Promise.resolve(free) };
  const limited = Object.assign(Object.create(store), { usage });
  const [first, second] = [randomBytes(1000, 1), randomBytes(1000, 2)];
  await using rig = await rigWith({ store: limited, minFreeBytes: 1000 }, [first, second]);
  await pull(rig, first);
  await rig.clock.advance(hour);
  free = 500;
  await pull(rig, second);
  assert.deepEqual(
    [await isKept(rig, first), await isKept(rig, second)],
    [true, false],
    "500 bytes would be missing still, so that nothing is removed for it",
  );
  free = 10_000;
  await rig.clock.advance(31_000);
  await pull(rig, second);
  assert(await isKept(rig, second));
});

Deno.test("RegistryCache passes on what the disk had no space for", async () => {
  const bytes = randomBytes(300_000, 1);
  const full = Object.assign(new Error("write"), { code: "ENOSPC" });
  const store = createMemoryStore();
  let isFull = true;
  const append = async (): Promise<void> => await Promise.reject(full);
  const limited: RegistryStore = Object.assign(Object.create(store), {
    async create(name: string) {
      const repository = await store.create(name);
      const begin = repository.beginUpload.bind(repository);
      const beginUpload = async (beginning: UploadBeginning) => {
        const upload = await begin(beginning);
        return isFull ? Object.assign(upload, { append }) : upload;
      };
      return Object.assign(repository, { beginUpload });
    },
  });
  await using rig = await rigWith({ store: limited }, [bytes]);
  const answer = await rig.registry.fetch(new Request(`http://registry.test${await pathOf(bytes)}`));
  await assert.rejects(answer.bytes(), "cut off, for the client to come again");
  await rig.cache.settle();
  await pull(rig, bytes);
  assert(!await isKept(rig, bytes));
  isFull = false;
  await rig.clock.advance(31_000);
  await pull(rig, bytes);
  assert(await isKept(rig, bytes));
});

Deno.test("RegistryCache has room again for what it removed", async () => {
  await using rig = await rigWith({ maxRepositoryBytes: 6000 }, [small, large], { maxBytes: 1000 });
  await pull(rig, large);
  await rig.clock.advance(hour);
  await pull(rig, small);
  assert.equal(await rig.registry.store.usage?.bytesOf("hub/app"), 1000, "the old one was evicted");
  await pull(rig, large);
});
