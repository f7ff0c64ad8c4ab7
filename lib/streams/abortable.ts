/**
 * Ends the reading of a stream by a signal, also of one that gives nothing.
 *
 * @module
 */

/**
 * Passes a stream on until a signal is aborted; then it fails with the signal's reason and the stream is cancelled.
 *
 * @typeParam T What the stream gives.
 * @param stream The stream; reading or cancelling the result reads or cancels it.
 * @param signal Ends the reading early; without one the stream is given back as it is.
 * @returns The same chunks.
 */
export function abortableStream<T>(stream: ReadableStream<T>, signal: AbortSignal | undefined): ReadableStream<T> {
  if (signal === undefined) return stream;
  const reader = stream.getReader();
  let stop = (): void => {};
  return new ReadableStream<T>({
    start(controller) {
      const end = (): void => {
        controller.error(signal.reason);
        // What was aborted has nothing more to tell.
        reader.cancel(signal.reason).catch(() => undefined);
      };
      stop = () => signal.removeEventListener("abort", end);
      if (signal.aborted) end();
      else signal.addEventListener("abort", end, { once: true });
    },
    async pull(controller) {
      const { done, value } = await reader.read();
      if (signal.aborted) return;
      if (!done) return controller.enqueue(value);
      stop();
      controller.close();
    },
    cancel(reason) {
      stop();
      return reader.cancel(reason);
    },
  }, { highWaterMark: 0 });
}
