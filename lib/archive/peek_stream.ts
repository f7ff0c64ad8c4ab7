/**
 * Looks at the start of a stream without taking it away.
 *
 * @module
 */

type Bytes = Uint8Array<ArrayBuffer>;

/** A stream, and how it begins. */
export interface PeekedStream {
  /** The first bytes: as many as were wanted, or all that there are. */
  readonly start: Uint8Array<ArrayBuffer>;
  /** The whole stream; reading or cancelling it reads or cancels the one given. */
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;
}

/**
 * Reads the first bytes of a stream.
 *
 * @param stream The stream; use the result's instead from here on.
 * @param count How many bytes are wanted.
 * @returns The bytes and the whole stream.
 * @throws What the stream fails with.
 */
export async function peekStream(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  count: number,
): Promise<PeekedStream> {
  const reader = stream.getReader();
  const taken: Bytes[] = [];
  let length = 0;
  let isEnded = false;
  while (length < count && !isEnded) {
    const { done, value } = await reader.read();
    if (value !== undefined) taken.push(value);
    length += value?.length ?? 0;
    isEnded = done;
  }
  const start = new Uint8Array(Math.min(count, length));
  let at = 0;
  for (const chunk of taken) {
    start.set(chunk.subarray(0, Math.max(start.length - at, 0)), Math.min(at, start.length));
    at += chunk.length;
  }
  const whole = new ReadableStream<Bytes>({
    async pull(controller) {
      const first = taken.shift();
      if (first !== undefined) return controller.enqueue(first);
      const { done, value } = await reader.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  }, { highWaterMark: 0 });
  return { start, stream: whole };
}
