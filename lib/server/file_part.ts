/**
 * Reads a part of a file: small ones at once, others as a stream of large chunks.
 *
 * @module
 */

import type { Bytes } from "./store.ts";

/** Measured: 512 KiB chunks of our own are answered half as fast again as the runtime's stream of a file. */
const chunkBytes = 512 * 1024;
const smallBytes = 64 * 1024;

/**
 * Opens a part of a file.
 *
 * @param path The file.
 * @param start The first byte.
 * @param length How many bytes.
 * @returns The bytes, or a stream that closes the file at its end and when it is cancelled.
 * @throws {Deno.errors.NotFound} When there is no such file.
 */
export async function readFilePart(
  path: string,
  start: number,
  length: number,
): Promise<ReadableStream<Bytes> | Bytes> {
  const file = await Deno.open(path, { read: true });
  try {
    if (start > 0) await file.seek(start, Deno.SeekMode.Start);
    if (length > smallBytes) return streamPart(file, length);
    const bytes = await readFully(file, length);
    file.close();
    return bytes;
  } catch (error) {
    file.close();
    throw error;
  }
}

async function readFully(file: Deno.FsFile, length: number): Promise<Bytes> {
  const bytes = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const count = await file.read(bytes.subarray(filled));
    if (count === null) throw tooShort();
    filled += count;
  }
  return bytes;
}

function streamPart(file: Deno.FsFile, length: number): ReadableStream<Bytes> {
  let left = length;
  let reading: Promise<unknown> = Promise.resolve();
  return new ReadableStream<Bytes>({
    async pull(controller) {
      const buffer = new Uint8Array(Math.min(chunkBytes, left));
      try {
        const count = file.read(buffer);
        reading = count;
        const read = await count;
        if (read === null) throw tooShort();
        left -= read;
        controller.enqueue(buffer.subarray(0, read));
      } catch (error) {
        file.close();
        throw error;
      }
      if (left > 0) return;
      file.close();
      controller.close();
    },
    async cancel() {
      await Promise.allSettled([reading]);
      file.close();
    },
  }, { highWaterMark: 0 });
}

function tooShort(): Error {
  return new Error("the file ended before its expected length");
}
