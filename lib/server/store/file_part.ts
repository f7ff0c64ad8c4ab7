/**
 * Reads a part of a file: small ones at once, others as a stream.
 *
 * @module
 */

import { pieceBytes } from "../piece_reader.ts";
import type { Bytes } from "./store.ts";

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

/** Reads straight into the buffers of whoever reads the stream, and closes the file with the last byte. */
function streamPart(file: Deno.FsFile, length: number): ReadableStream<Bytes> {
  let left = length;
  let reading: Promise<number | null> = Promise.resolve(0);
  return new ReadableStream({
    type: "bytes",
    autoAllocateChunkSize: pieceBytes,
    async pull(controller) {
      const request = controller.byobRequest;
      const view = request?.view;
      // With `autoAllocateChunkSize` there always is one.
      if (!request || !view) return;
      const size = Math.min(view.byteLength, left);
      try {
        reading = file.read(new Uint8Array(view.buffer as ArrayBuffer, view.byteOffset, size));
        const count = await reading;
        if (count === null) throw tooShort();
        left -= count;
        if (left === 0) file.close();
        request.respond(count);
      } catch (error) {
        if (left > 0) file.close();
        left = 0;
        throw error;
      }
      if (left === 0) controller.close();
    },
    async cancel() {
      await Promise.allSettled([reading]);
      if (left > 0) file.close();
      left = 0;
    },
  });
}

function tooShort(): Error {
  return new Error("the file ended before its expected length");
}
