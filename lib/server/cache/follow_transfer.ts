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
export function followTransfer(transfer: BlobTransfer, start: number, length: number): ReadableStream<Bytes> {
  const end = start + length;
  let at = start;
  let part: ReadableStreamDefaultReader<Bytes> | undefined;
  return new ReadableStream<Bytes>({
    async pull(controller) {
      for (;;) {
        if (part === undefined) {
          // Taken before the look at what is there, so that no progress is missed in between.
          const progress = transfer.progress();
          const limit = transfer.isDone ? end : Math.min(end - 1, transfer.available);
          if (limit > at) part = (await transfer.open(at, limit - at)).getReader();
          else await progress;
          continue;
        }
        const { done, value } = await part.read();
        if (done) {
          part = undefined;
          continue;
        }
        at += value.length;
        controller.enqueue(value);
        if (at < end) return;
        await part.cancel();
        return controller.close();
      }
    },
    async cancel(reason) {
      await part?.cancel(reason);
    },
  }, { highWaterMark: 0 });
}
