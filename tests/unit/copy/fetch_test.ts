import assert from "node:assert/strict";
import { blobSource, fetchManifest, withoutDamage } from "../../../lib/copy/fetch.ts";
import { RegkitError } from "../../../lib/errors.ts";
import { silentLogger } from "../../../lib/log.ts";
import { createMemoryRepository } from "../../../lib/memory/memory_repository.ts";
import { CountingRepository } from "../../support/counting_repository.ts";
import { putBytes, randomBytes } from "../../support/random_image.ts";

const options = { logger: silentLogger };
const damageOptions = { ...options, source: createMemoryRepository("a") };

Deno.test("withoutDamage() does the work at most four times", async () => {
  let times = 0;
  const damage = () => {
    times++;
    return Promise.reject(new RegkitError("SIZE_MISMATCH", "short"));
  };
  await assert.rejects(withoutDamage("x", damage, damageOptions), { code: "SIZE_MISMATCH" });
  assert.equal(times, 4);
});

Deno.test("withoutDamage() does not read what a layout has wrong again", async () => {
  let times = 0;
  const damage = () => {
    times++;
    return Promise.reject(new RegkitError("SIZE_MISMATCH", "short", { side: "source" }));
  };
  const source = { ...createMemoryRepository("a"), id: "ocidir:///layout" };
  await assert.rejects(withoutDamage("x", damage, { ...options, source }), { code: "SIZE_MISMATCH" });
  assert.equal(times, 1);
});

Deno.test("withoutDamage() leaves other failures alone, and does nothing once aborted", async () => {
  let times = 0;
  const fail = () => {
    times++;
    return Promise.reject(new RegkitError("DENIED", "no"));
  };
  await assert.rejects(withoutDamage("x", fail, damageOptions), { code: "DENIED" });
  await assert.rejects(withoutDamage("x", fail, { ...damageOptions, signal: AbortSignal.abort(new Error("stop")) }), {
    message: "stop",
  });
  assert.equal(times, 1);
});

Deno.test("fetchManifest() says that the source failed", async () => {
  const source = createMemoryRepository("a");
  await assert.rejects(fetchManifest(source, "v1", options), { code: "NOT_FOUND", side: "source" });
});

Deno.test("blobSource() opens the blob anew from any byte", async () => {
  const source = new CountingRepository(createMemoryRepository("a"));
  const bytes = randomBytes(100, 1);
  const blob = blobSource(source, await putBytes(source.inner, bytes));
  for (const offset of [0, 40]) {
    const chunks = await Array.fromAsync(await blob.open(offset));
    assert.deepEqual(chunks.flatMap((chunk) => [...chunk]), [...bytes.slice(offset)]);
  }
  assert.deepEqual(source.counts, { "get blob": 2 });
});

Deno.test("blobSource() says that the source failed, also in the middle", async () => {
  const source = new CountingRepository(createMemoryRepository("a"));
  const blob = blobSource(source, await putBytes(source.inner, randomBytes(100, 1)));
  source.tamper = () => {
    throw new RegkitError("TRANSPORT", "cut");
  };
  await assert.rejects(Array.fromAsync(await blob.open(0)), { code: "TRANSPORT", side: "source" });
  source.before = () => {
    throw new RegkitError("DENIED", "no");
  };
  await assert.rejects(blob.open(0), { code: "DENIED", side: "source" });
});
