import assert from "node:assert/strict";
import { largeChunks } from "../../../lib/streams/large_chunks.ts";
import { allChunks, byteSource, ChunkSource, countingBytes } from "./chunks.ts";

Deno.test("largeChunks() fills its chunks from a byte stream and gives the rest at the end", async () => {
  const small = Array.from({ length: 7 }, (_, at) => countingBytes(30, at * 30));
  const chunks = await allChunks(largeChunks(byteSource(small), 100));
  assert.deepEqual(chunks.map((chunk) => chunk.length), [100, 100, 10]);
  assert.deepEqual(chunks.flatMap((chunk) => [...chunk]), [...countingBytes(210)]);
});

Deno.test("largeChunks() ends cleanly when the last chunk is full, and for no bytes at all", async () => {
  assert.equal((await allChunks(largeChunks(byteSource([countingBytes(50), countingBytes(50, 50)]), 50))).length, 2);
  assert.equal((await allChunks(largeChunks(byteSource([]), 50))).length, 0);
});

Deno.test("largeChunks() passes the chunks of other streams as they are", async () => {
  const chunk = countingBytes(5);
  const chunks = await allChunks(largeChunks(new ChunkSource([chunk, countingBytes(2)]).stream, 100));
  assert.equal(chunks[0], chunk);
  assert.equal(chunks.length, 2);
});

Deno.test("largeChunks() reads nothing before it is asked", async () => {
  const source = new ChunkSource([countingBytes(5)]);
  const stream = largeChunks(source.stream);
  await Promise.resolve();
  assert.equal(source.pulls, 0);
  await stream.cancel();
});

Deno.test("largeChunks() hands a cancel on with its reason", async () => {
  const source = new ChunkSource([countingBytes(5), countingBytes(5)]);
  await largeChunks(source.stream).cancel("enough");
  assert.equal(source.cancelled, "enough");

  let reason: unknown;
  const bytes = new ReadableStream({
    type: "bytes",
    cancel: (given) => {
      reason = given;
    },
  });
  await largeChunks(bytes).cancel("enough");
  assert.equal(reason, "enough");
});

Deno.test("largeChunks() reads a file and a response in full chunks", async () => {
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeFile(file, countingBytes(250_000));
    const chunks = await allChunks(largeChunks((await Deno.open(file)).readable, 100_000));
    assert.deepEqual(chunks.map((chunk) => chunk.length), [100_000, 100_000, 50_000]);
    assert.equal(chunks[2]?.at(-1), 249_999 % 251);
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("largeChunks() fails as the stream fails", async () => {
  const failure = new Error("cut");
  await assert.rejects(allChunks(largeChunks(new ChunkSource([countingBytes(1)], failure).stream)), failure);
});
