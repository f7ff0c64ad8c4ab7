import assert from "node:assert/strict";
import { mapStreamError } from "../../../lib/streams/map_error.ts";
import { allChunks, ChunkSource, countingBytes } from "./chunks.ts";

Deno.test("mapStreamError() replaces the error that a stream fails with", async () => {
  const { stream } = new ChunkSource([countingBytes(3)], new Error("cut"));
  const mapped = mapStreamError(stream, (error) => new Error("source", { cause: error }));
  await assert.rejects(allChunks(mapped), { message: "source" });
});

Deno.test("mapStreamError() passes chunks and cancels on", async () => {
  const chunk = countingBytes(3);
  assert.deepEqual(await allChunks(mapStreamError(new ChunkSource([chunk]).stream, (error) => error)), [chunk]);
  const source = new ChunkSource([chunk]);
  await mapStreamError(source.stream, (error) => error).cancel("enough");
  assert.equal(source.cancelled, "enough");
});

Deno.test("mapStreamError() takes a cancel during a read for no error", async () => {
  let calls = 0;
  const endless = new ReadableStream<Uint8Array<ArrayBuffer>>({ pull: () => new Promise(() => {}) }, {
    highWaterMark: 0,
  });
  const mapped = mapStreamError(endless, (error) => {
    calls++;
    return error;
  });
  const reader = mapped.getReader();
  const read = reader.read();
  await reader.cancel("enough");
  assert.equal((await read).done, true);
  assert.equal(calls, 0);
});
