/** Blobs that do not fit, or of which nobody says whether they do. */

import assert from "node:assert/strict";
import { digestBytes } from "../../../lib/oci/digest.ts";
import type { RegistryOptions } from "../../../lib/server/settings.ts";
import { CacheRig, type CacheRigOptions } from "../../support/cache_rig.ts";
import { FakeClock, settle } from "../../support/fake_clock.ts";
import { putBytes, putRandomImage, randomBytes } from "../../support/random_image.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const hour = 60 * 60_000;
const pathOf = async (bytes: Bytes): Promise<string> => `/v2/hub/app/blobs/${await digestBytes(bytes)}`;

async function limitedRig(
  limits: RegistryOptions,
  blobs: readonly Bytes[],
  upstream: CacheRigOptions["upstream"] = {},
): Promise<CacheRig> {
  const clock = new FakeClock();
  const rig = new CacheRig({ clock, upstream, registry: { now: () => clock.now(), ...limits } });
  for (const bytes of blobs) await putBytes(rig.source.repository("app"), bytes);
  return rig;
}

async function pull(rig: CacheRig, bytes: Bytes): Promise<void> {
  const answer = await rig.api.expect(200, "GET", await pathOf(bytes));
  assert.equal(answer.headers.get("content-length"), `${bytes.length}`);
  assert.deepEqual(answer.bytes, bytes);
  await rig.cache.settle();
}

async function isKept(rig: CacheRig, bytes: Bytes): Promise<boolean> {
  const repository = await rig.registry.store.repository("hub/app");
  return await repository?.statBlob(await digestBytes(bytes)) !== undefined;
}

/** In pieces of 100 bytes, as they come from a network. */
function inPieces(stream: ReadableStream<Bytes>): ReadableStream<Bytes> {
  const split = (chunk: Bytes, controller: TransformStreamDefaultController<Bytes>): void => {
    for (let at = 0; at < chunk.length; at += 100) controller.enqueue(chunk.slice(at, at + 100));
  };
  return stream.pipeThrough(new TransformStream({ transform: split }));
}

Deno.test("RegistryCache lets slow clients of what it does not keep block nobody", async () => {
  const [large, larger, small] = [randomBytes(5000, 1), randomBytes(6000, 2), randomBytes(1000, 3)];
  await using rig = await limitedRig({ maxRepositoryBytes: 4000 }, [large, larger, small], { concurrency: 1 });
  rig.stream = inPieces;
  await putRandomImage(rig.source.repository("app"), { tag: "v1" });
  const slow = await rig.registry.fetch(new Request(`http://registry.test${await pathOf(large)}`));
  const reader = slow.body?.getReader();
  assert.equal((await reader?.read())?.value?.length, 100);
  await pull(rig, larger);
  await pull(rig, small);
  await rig.api.expect(200, "GET", "/v2/hub/app/manifests/v1");
  await reader?.cancel();
});

Deno.test("RegistryCache reads only so much from an upstream at the speed of clients", async () => {
  const large = randomBytes(5000, 1);
  await using rig = await limitedRig({ maxRepositoryBytes: 4000 }, [large]);
  rig.stream = inPieces;
  await pull(rig, large);
  rig.take();
  const url = `http://registry.test${await pathOf(large)}`;
  const slow = await Promise.all(Array.from({ length: 12 }, () => rig.registry.fetch(new Request(url))));
  const next = pull(rig, large);
  await settle();
  assert.equal(rig.take().length, 12);
  await slow[0]?.body?.cancel();
  await next;
  for (const { body } of slow.slice(1)) await body?.cancel();
});

Deno.test("RegistryCache counts no failure when a client leaves what is passed on to it", async () => {
  const large = randomBytes(5000, 1);
  await using rig = await limitedRig({ maxRepositoryBytes: 4000 }, [large]);
  const ended = Promise.withResolvers<void>();
  rig.stream = () => new ReadableStream({ cancel: () => ended.resolve() });
  const answer = await rig.registry.fetch(new Request(`http://registry.test${await pathOf(large)}`));
  const reader = answer.body?.getReader();
  const reading = reader?.read();
  await reader?.cancel();
  await ended.promise;
  assert.equal((await reading)?.done, true);
  assert.equal(rig.cache.counts.failures, 0);
});

Deno.test("RegistryCache asks by HEAD for the length that GET does not tell, and makes room for it", async () => {
  const [first, second, large] = [randomBytes(2000, 1), randomBytes(2000, 2), randomBytes(5000, 3)];
  await using rig = await limitedRig({ maxRepositoryBytes: 3000 }, [first, second, large]);
  rig.lengthless = ["get"];
  await pull(rig, first);
  assert.deepEqual(rig.take().map((call) => call.slice(0, 9)), ["get blob ", "head blob"]);
  await rig.clock.advance(hour);
  await pull(rig, second);
  assert.deepEqual([await isKept(rig, first), await isKept(rig, second)], [false, true]);
  await pull(rig, large);
  assert.deepEqual([await isKept(rig, second), await isKept(rig, large)], [true, false]);
});

Deno.test("RegistryCache makes room for a blob of unknown length while it arrives", async () => {
  const [first, second] = [randomBytes(2000, 1), randomBytes(2000, 2)];
  await using rig = await limitedRig({ maxRepositoryBytes: 3000 }, [first, second]);
  rig.lengthless = ["get", "head"];
  rig.stream = inPieces;
  await pull(rig, first);
  await rig.clock.advance(hour);
  await pull(rig, second);
  assert.deepEqual([await isKept(rig, first), await isKept(rig, second)], [false, true]);
  assert.equal(await rig.registry.store.usage?.bytesOf("hub/app"), 2000);
  await rig.clock.advance(hour);
  await pull(rig, first);
  assert.equal(await rig.registry.store.usage?.bytesOf("hub/app"), 2000, "no room is held any more");
});

Deno.test("RegistryCache passes on a blob of unknown length that turns out to have no room", async () => {
  const large = randomBytes(5000, 3);
  await using rig = await limitedRig({ maxRepositoryBytes: 3000 }, [large]);
  rig.lengthless = ["get", "head"];
  rig.stream = inPieces;
  await pull(rig, large);
  assert.deepEqual(
    rig.take().map((call) => call.slice(0, 9)),
    ["get blob ", "head blob", "get blob "],
    "one request found out the length",
  );
  await pull(rig, large);
  assert.equal(rig.take().length, 1, "that is remembered for a while");
  const part = await rig.api.expect(206, "GET", await pathOf(large), { headers: { range: "bytes=100-199" } });
  assert.deepEqual(part.bytes, large.slice(100, 200));
  assert(!await isKept(rig, large));
  assert.equal(await rig.registry.store.usage?.bytesOf("hub/app") ?? 0, 0);
  assert.equal(rig.cache.counts.failures, 0);
});
