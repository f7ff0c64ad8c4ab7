import assert from "node:assert/strict";
import { skipBytes } from "../../../lib/streams/skip_bytes.ts";
import { tapStream } from "../../../lib/streams/tap.ts";
import { allChunks, ChunkSource, countingBytes } from "./chunks.ts";

Deno.test("tapStream() tells of each chunk and changes none", async () => {
  const chunks = [countingBytes(3), countingBytes(4)];
  const seen: number[] = [];
  const out = await allChunks(tapStream(new ChunkSource(chunks).stream, (chunk) => seen.push(chunk.length)));
  assert.deepEqual(seen, [3, 4]);
  assert.equal(out[1], chunks[1]);
});

Deno.test("tapStream() ends and cancels the stream when the watcher throws", async () => {
  const stop = new Error("stop");
  const source = new ChunkSource([countingBytes(3), countingBytes(4)]);
  const tapped = tapStream(source.stream, () => {
    throw stop;
  });
  await assert.rejects(allChunks(tapped), stop);
  assert.equal(source.cancelled, stop);
});

Deno.test("tapStream() hands a cancel on with its reason", async () => {
  const source = new ChunkSource([countingBytes(3)]);
  await tapStream(source.stream, () => {}).cancel("enough");
  assert.equal(source.cancelled, "enough");
});

Deno.test.each([
  { skip: 0, want: [0, 1, 2, 3, 4, 5] },
  { skip: 2, want: [2, 3, 4, 5] },
  { skip: 3, want: [3, 4, 5] },
  { skip: 4, want: [4, 5] },
  { skip: 6, want: [] },
  { skip: 9, want: [] },
])("skipBytes() drops the first $skip bytes", async ({ skip, want }) => {
  const source = new ChunkSource([countingBytes(3), countingBytes(3, 3)]);
  const chunks = await allChunks(skipBytes(source.stream, skip));
  assert.deepEqual(chunks.flatMap((chunk) => [...chunk]), want);
});
