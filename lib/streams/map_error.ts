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
  let isCancelled = false;
  return new ReadableStream<T>({
    async pull(controller) {
      const result = await reader.read().catch((error: unknown) => {
        throw map(error);
      });
      // A read that was pending when the stream was cancelled ends as if the stream had ended.
      if (isCancelled) return;
      if (result.done) controller.close();
      else controller.enqueue(result.value);
    },
    cancel(reason) {
      isCancelled = true;
      return reader.cancel(reason);
    },
  }, { highWaterMark: 0 });
}
