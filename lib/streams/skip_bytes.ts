/**
 * Drops the start of a stream.
 *
 * @module
 */

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * Passes on what comes after the first bytes of a stream.
 *
 * @param stream The stream; reading or cancelling the result reads or cancels it.
 * @param count How many bytes to drop; a shorter stream ends without giving any.
 * @returns The rest.
 */
export function skipBytes(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  count: number,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  if (count === 0) return stream;
  const reader = stream.getReader();
  let left = count;
  return new ReadableStream<Bytes>({
    async pull(controller) {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return controller.close();
        const drop = Math.min(left, value.length);
        left -= drop;
        if (drop < value.length) return controller.enqueue(value.subarray(drop));
      }
    },
    cancel: (reason) => reader.cancel(reason),
  }, { highWaterMark: 0 });
}
