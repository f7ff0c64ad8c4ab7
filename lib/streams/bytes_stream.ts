/**
 * A stream over bytes that are already in memory.
 *
 * @module
 */

/**
 * Makes a stream that gives some bytes as one chunk, without copying them.
 *
 * @param bytes The bytes; none gives a stream that ends at once.
 * @returns The stream.
 */
export function bytesStream(bytes: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      if (bytes.length > 0) controller.enqueue(bytes);
      controller.close();
    },
  }, { highWaterMark: 0 });
}
