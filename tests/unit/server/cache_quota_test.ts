import assert from "node:assert/strict";
import { digestBytes } from "../../../lib/oci/digest.ts";
import { CacheRig } from "../../support/cache_rig.ts";
import { putBytes, putRandomImage, randomBytes } from "../../support/random_image.ts";

const small = randomBytes(1000, 1);
const large = randomBytes(5000, 2);
const pathOf = async (bytes: Uint8Array<ArrayBuffer>) => `/v2/hub/app/blobs/${await digestBytes(bytes)}`;

async function rigWith(maxRepositoryBytes: number): Promise<CacheRig> {
  const rig = new CacheRig({ registry: { maxRepositoryBytes } });
  await putBytes(rig.source.repository("app"), small);
  await putBytes(rig.source.repository("app"), large);
  return rig;
}

Deno.test("RegistryCache takes no blob that the repository has no room for, and serves what it has", async () => {
  await using rig = await rigWith(4000);
  await rig.api.expect(200, "GET", await pathOf(small));
  await rig.cache.settle();
  await rig.api.expect(507, "GET", await pathOf(large), {}, "UNKNOWN");
  await rig.cache.settle();
  const repository = await rig.registry.store.repository("hub/app");
  assert.equal(await repository?.statBlob(await digestBytes(large)), undefined);
  assert.equal(await rig.registry.store.usage?.bytesOf("hub/app"), 1000);
  assert.deepEqual((await rig.api.expect(200, "GET", await pathOf(small))).bytes, small);
  assert.equal(rig.cache.counts.failures, 0, "the upstream did nothing wrong");
});

Deno.test("RegistryCache does not count one room for two blobs that arrive at the same time", async () => {
  await using rig = new CacheRig({ registry: { maxRepositoryBytes: 1500 } });
  const blobs = [randomBytes(1000, 3), randomBytes(1000, 4)];
  for (const bytes of blobs) await putBytes(rig.source.repository("app"), bytes);
  const outcomes = await Promise.allSettled(blobs.map(async (bytes) => await rig.api.send("GET", await pathOf(bytes))));
  await rig.cache.settle();
  // The other is refused, or its answer breaks off when there is no room left at its end.
  const given = outcomes.filter((outcome) => outcome.status === "fulfilled" && outcome.value.status === 200);
  assert.equal(given.length, 1);
  assert.equal(await rig.registry.store.usage?.bytesOf("hub/app"), 1000);
});

Deno.test("RegistryCache takes no manifest that the repository has no room for", async () => {
  await using rig = new CacheRig({ registry: { maxRepositoryBytes: 100 } });
  await putRandomImage(rig.source.repository("app"), { tag: "v1", seed: 1 });
  await rig.api.expect(507, "GET", "/v2/hub/app/manifests/v1", {}, "UNKNOWN");
  assert.equal(await rig.registry.store.usage?.bytesOf("hub/app"), 0);
});

Deno.test("RegistryCache has room again for what it removed", async () => {
  await using rig = new CacheRig({ upstream: { maxBytes: 1000 }, registry: { maxRepositoryBytes: 6000 } });
  for (const bytes of [small, large]) await putBytes(rig.source.repository("app"), bytes);
  await rig.api.expect(200, "GET", await pathOf(large));
  await rig.cache.settle();
  await rig.clock.advance(60 * 60_000);
  await rig.api.expect(200, "GET", await pathOf(small));
  await rig.cache.settle();
  assert.equal(await rig.registry.store.usage?.bytesOf("hub/app"), 1000, "the old one was evicted");
  await rig.api.expect(200, "GET", await pathOf(large));
});
