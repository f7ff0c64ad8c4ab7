/**
 * Reads files as streams of large chunks.
 *
 * @module
 */

import { ioError } from "./io_error.ts";

const chunkBytes = 1024 * 1024;

/**
 * Makes a stream of an open file, from where it stands to its end. The file is closed with the stream.
 *
 * @param file The file.
 * @param path Its path, for errors.
 * @param lengthHint How many bytes are expected; buffers are not made larger than that.
 * @param signal Ends the reading.
 * @returns The stream.
 */
export function fileStream(
  file: Deno.FsFile,
  path: string,
  lengthHint: number,
  signal?: AbortSignal,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let isOpen = true;
  let reading: Promise<unknown> = Promise.resolve();
  const close = () => {
    if (isOpen) file.close();
    isOpen = false;
  };
  // One byte more than expected shows the end of the file without another round.
  const bufferBytes = Math.min(chunkBytes, lengthHint + 1);
  // One chunk is read ahead, so that disk and reader work at the same time.
  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      try {
        signal?.throwIfAborted();
        const buffer = new Uint8Array(bufferBytes);
        const filling = fill(file, buffer);
        reading = filling;
        const { length, isEnd } = await filling;
        if (length > 0) controller.enqueue(buffer.subarray(0, length));
        if (!isEnd) return;
        close();
        controller.close();
      } catch (error) {
        close();
        throw ioError(error, "read", path);
      }
    },
    async cancel() {
      await Promise.allSettled([reading]);
      close();
    },
  }, { highWaterMark: 1 });
}

async function fill(
  file: Deno.FsFile,
  buffer: Uint8Array<ArrayBuffer>,
): Promise<{ readonly length: number; readonly isEnd: boolean }> {
  let length = 0;
  while (length < buffer.length) {
    const count = await file.read(buffer.subarray(length));
    if (count === null) return { length, isEnd: true };
    length += count;
  }
  return { length, isEnd: false };
}
