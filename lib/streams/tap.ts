/**
 * Watches a stream as it is read.
 *
 * @module
 */

/**
 * Passes a stream on unchanged and tells about every chunk before handing it over.
 *
 * @typeParam T What the stream gives.
 * @param stream The stream; reading or cancelling the result reads or cancels it.
 * @param onChunk Told of each chunk; what it throws ends the stream.
 * @returns The same chunks.
 */
export function tapStream<T>(stream: ReadableStream<T>, onChunk: (chunk: T) => void): ReadableStream<T> {
  const reader = stream.getReader();
  return new ReadableStream<T>({
    async pull(controller) {
      const { done, value } = await reader.read();
      if (done) return controller.close();
      try {
        onChunk(value);
      } catch (error) {
        await Promise.allSettled([reader.cancel(error)]);
        throw error;
      }
      controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  }, { highWaterMark: 0 });
}
