/**
 * Streams a part of a blob that is still arriving.
 *
 * @module
 */

import type { Bytes } from "../store/store.ts";
import type { BlobTransfer } from "./blob_transfer.ts";

/**
 * Follows a transfer. The last byte is kept back until the whole blob is verified, so that nothing looks complete when it is
 * not; when the transfer fails, the stream does.
 *
 * @param transfer The transfer.
 * @param start The first byte.
 * @param length How many bytes, at least one.
 * @returns The bytes. Leaving the stream does not stop the transfer.
 */
export function followTransfer(
  transfer: Pick<BlobTransfer, "available" | "isDone" | "open" | "progress">,
  start: number,
  length: number,
): ReadableStream<Bytes> {
  const end = start + length;
  let at = start;
  let part: ReadableStreamDefaultReader<Bytes> | undefined;
  let hasLeft = false;
  const openPart = async (): Promise<ReadableStreamDefaultReader<Bytes>> => {
    for (;;) {
      // Taken before the look at what is there, so that no progress is missed in between.
      const progress = transfer.progress();
      const limit = transfer.isDone ? end : Math.min(end - 1, transfer.available);
      if (limit > at) return (await transfer.open(at, limit - at)).getReader();
      await progress;
    }
  };
  return new ReadableStream<Bytes>({
    async pull(controller) {
      for (;;) {
        part ??= await openPart();
        // Whoever left meanwhile could not cancel what was not open yet.
        if (hasLeft) return await part.cancel();
        const { done, value } = await part.read();
        if (hasLeft) return;
        if (done) {
          part = undefined;
          continue;
        }
        at += value.length;
        controller.enqueue(value);
        if (at < end) return;
        controller.close();
        return await part.cancel();
      }
    },
    async cancel(reason) {
      hasLeft = true;
      await part?.cancel(reason);
    },
  }, { highWaterMark: 0 });
}
