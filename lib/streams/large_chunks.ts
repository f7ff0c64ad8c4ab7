/**
 * Reads byte streams in large pieces: the cost of passing a blob on is per chunk, not per byte.
 *
 * @module
 */

import { byobReader } from "./byob_reader.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** How many bytes a chunk of {@linkcode largeChunks} has unless told otherwise. */
export const defaultChunkBytes: number = 512 * 1024;

/**
 * Passes a stream on in chunks as large as possible. A byte stream is read straight into fresh large buffers, each filled
 * to the brim before it goes on; the chunks of any other stream pass as they are. Nothing is read before it is asked for.
 *
 * @param stream The stream; reading or cancelling the result reads or cancels it.
 * @param chunkBytes The size of a chunk, 512 KiB by default. Less saves memory where the whole content is known to be smaller.
 * @returns The stream of large chunks.
 */
export function largeChunks(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  chunkBytes: number = defaultChunkBytes,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const reader = byobReader(stream);
  return reader === undefined ? passOn(stream.getReader()) : filled(reader, Math.max(chunkBytes, 1));
}

function filled(reader: ReadableStreamBYOBReader, chunkBytes: number): ReadableStream<Bytes> {
  return new ReadableStream<Bytes>({
    async pull(controller) {
      // With `min`, a stream that ends early gives its last bytes together with `done`.
      const { done, value } = await reader.read(new Uint8Array(chunkBytes), { min: chunkBytes });
      if (value !== undefined && value.length > 0) controller.enqueue(value);
      if (done) controller.close();
    },
    cancel: (reason) => reader.cancel(reason),
  }, { highWaterMark: 0 });
}

function passOn(reader: ReadableStreamDefaultReader<Bytes>): ReadableStream<Bytes> {
  return new ReadableStream<Bytes>({
    async pull(controller) {
      const { done, value } = await reader.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  }, { highWaterMark: 0 });
}
