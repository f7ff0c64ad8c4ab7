import assert from "node:assert/strict";
import { createHasher, digestBytes } from "../../../lib/oci/digest.ts";
import { verifiedStream, type VerifyOptions } from "../../../lib/streams/verify.ts";
import { allChunks, ChunkSource, countingBytes } from "./chunks.ts";

const bytes = countingBytes(10);
const digest = await digestBytes(bytes);
const chunked = () => new ChunkSource([bytes.slice(0, 4), bytes.slice(4, 8), bytes.slice(8)]);
const what = "blob x";

/** Reads until the stream ends or fails; gives the bytes that came out and the error. */
async function drain(options: Omit<VerifyOptions, "what">, source = chunked()): Promise<[number, unknown]> {
  let length = 0;
  try {
    for await (const chunk of await verifiedStream(source.stream, { what, ...options })) length += chunk.length;
  } catch (error) {
    return [length, error];
  }
  return [length, undefined];
}

Deno.test("verifiedStream() passes content that is what it should be", async () => {
  assert.deepEqual(await drain({ digest, size: 10 }), [10, undefined]);
  assert.deepEqual(await drain({ digest }), [10, undefined]);
  assert.deepEqual(await drain({ size: 10 }), [10, undefined]);
  assert.deepEqual(await drain({}), [10, undefined]);
});

Deno.test("verifiedStream() passes chunks on without copying them", async () => {
  const chunks = [countingBytes(3), countingBytes(3)];
  const out = await allChunks(await verifiedStream(new ChunkSource(chunks).stream, { what }));
  assert.equal(out[0], chunks[0]);
  assert.equal(out[1], chunks[1]);
});

Deno.test("verifiedStream() verifies empty content", async () => {
  const empty = await digestBytes(new Uint8Array());
  assert.deepEqual(await drain({ digest: empty, size: 0 }, new ChunkSource([])), [0, undefined]);
  const [length, error] = await drain({ digest }, new ChunkSource([]));
  assert.equal(length, 0);
  assert.equal((error as { code: string }).code, "DIGEST_MISMATCH");
});

Deno.test("verifiedStream() withholds the last chunk of content with another digest", async () => {
  const wrong = bytes.slice();
  wrong[0] = 99;
  const source = new ChunkSource([wrong.slice(0, 4), wrong.slice(4, 8), wrong.slice(8)]);
  const [length, error] = await drain({ digest, size: 10 }, source);
  assert.equal(length, 8);
  assert.equal((error as { code: string }).code, "DIGEST_MISMATCH");
  assert.match((error as Error).message, /^digest mismatch of blob x: expected sha256:[0-9a-f]+, calculated sha256:/);
});

Deno.test("verifiedStream() fails at the end of content that is too short", async () => {
  const [length, error] = await drain({ digest, size: 11 });
  assert.equal(length, 8);
  assert.equal((error as Error).message, "short read of blob x: expected 11 bytes, received 10");
  assert.equal((error as { code: string }).code, "SIZE_MISMATCH");
});

Deno.test("verifiedStream() stops content that is too long at once and cancels it", async () => {
  const source = new ChunkSource([countingBytes(4), countingBytes(4), countingBytes(4), countingBytes(4)]);
  const [length, error] = await drain({ size: 6 }, source);
  assert.equal(length, 0);
  assert.equal((error as { code: string }).code, "SIZE_MISMATCH");
  assert.equal(source.pulls, 2);
  assert.equal(source.cancelled, error);
});

Deno.test("verifiedStream() uses the hasher it is given", async () => {
  const hasher = await createHasher("sha512");
  assert.deepEqual(await drain({ hasher }), [10, undefined]);
  assert.equal(hasher.digest(), await digestBytes(bytes, "sha512"));
});

Deno.test("verifiedStream() refuses a digest it cannot verify and cancels the stream", async () => {
  const source = chunked();
  await assert.rejects(verifiedStream(source.stream, { what, digest: "md5:00" }), { code: "INVALID_DIGEST" });
  assert.equal((source.cancelled as { code: string }).code, "INVALID_DIGEST");
});

Deno.test("verifiedStream() fails as the stream fails and cancels as it is cancelled", async () => {
  const failure = new Error("cut");
  const [, error] = await drain({ digest }, new ChunkSource([bytes.slice(0, 4)], failure));
  assert.equal(error, failure);
  const source = chunked();
  await (await verifiedStream(source.stream, { what, digest })).cancel("enough");
  assert.equal(source.cancelled, "enough");
});
