/**
 * Adds to the errors of a stream what only its opener knows.
 *
 * @module
 */

/**
 * Passes a stream on and replaces the error it fails with.
 *
 * @typeParam T What the stream gives.
 * @param stream The stream; reading or cancelling the result reads or cancels it.
 * @param map Gives the error to fail with instead.
 * @returns The same chunks.
 */
export function mapStreamError<T>(stream: ReadableStream<T>, map: (error: unknown) => unknown): ReadableStream<T> {
  const reader = stream.getReader();
  return new ReadableStream<T>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      } catch (error) {
        controller.error(map(error));
      }
    },
    cancel: (reason) => reader.cancel(reason),
  }, { highWaterMark: 0 });
}
