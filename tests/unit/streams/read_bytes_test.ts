import assert from "node:assert/strict";
import { bytesStream } from "../../../lib/streams/bytes_stream.ts";
import { readBytes } from "../../../lib/streams/read_bytes.ts";
import { allChunks, ChunkSource, countingBytes } from "./chunks.ts";

Deno.test("readBytes() joins the chunks", async () => {
  const { stream } = new ChunkSource([countingBytes(3), countingBytes(2, 3)]);
  assert.deepEqual(await readBytes(stream, 5, "it"), countingBytes(5));
});

Deno.test("readBytes() gives nothing for an empty stream", async () => {
  assert.equal((await readBytes(bytesStream(new Uint8Array()), 0, "it")).length, 0);
});

Deno.test("readBytes() hands a lone chunk out without copying it", async () => {
  const bytes = countingBytes(9);
  assert.equal(await readBytes(bytesStream(bytes), 9, "it"), bytes);
});

Deno.test("readBytes() cancels a stream that is longer than the limit", async () => {
  const source = new ChunkSource([countingBytes(3), countingBytes(3), countingBytes(3)]);
  await assert.rejects(readBytes(source.stream, 5, "the manifest"), {
    code: "TOO_LARGE",
    message: "the manifest is larger than the limit of 5 bytes",
  });
  assert.equal(source.pulls, 2);
  assert(source.stream.locked === false);
});

Deno.test("readBytes() fails as the stream fails", async () => {
  const failure = new Error("cut");
  await assert.rejects(readBytes(new ChunkSource([countingBytes(1)], failure).stream, 5, "it"), failure);
});

Deno.test("bytesStream() gives the bytes themselves", async () => {
  const bytes = countingBytes(4);
  const chunks = await allChunks(bytesStream(bytes));
  assert.equal(chunks.length, 1);
  assert.equal(chunks[0], bytes);
});
