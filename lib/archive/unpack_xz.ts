/**
 * Decompresses xz.
 *
 * @module
 */

import { XzReadableStream } from "../deps/xz_decompress.ts";
import { RegkitError } from "../errors.ts";
import { archiveError } from "./archive_error.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * Decompresses a stream of xz. Streams of this kind are decompressed one after the other, so no one may wait for another.
 *
 * @param stream The stream; reading the result to its end reads it to its end, cancelling cancels it.
 * @returns The plain bytes.
 */
export function unpackXz(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const source = stream.getReader();
  let sourceError: { readonly error: unknown } | undefined;
  const read = async () => {
    try {
      return await source.read();
    } catch (error) {
      sourceError = { error };
      throw error;
    }
  };
  let isEnded = false;
  const compressed = new ReadableStream<Bytes>({
    async pull(controller) {
      const { done, value } = await read();
      if (!done) return controller.enqueue(value);
      // After the last byte the package asks once more. When its format has not ended, it would go on asking forever.
      if (isEnded) throw archiveError("unexpected EOF");
      isEnded = true;
      controller.enqueue(new Uint8Array(0));
    },
    cancel: (reason) => source.cancel(reason),
  }, { highWaterMark: 0 });
  const plain = new XzReadableStream(compressed).getReader();
  return new ReadableStream<Bytes>({
    async pull(controller) {
      try {
        const { done, value } = await plain.read();
        // The package may give parts of its own memory, which the next chunk overwrites.
        if (!done) return controller.enqueue(new Uint8Array(value));
        while (!(await read()).done);
        controller.close();
      } catch (error) {
        if (sourceError !== undefined) throw sourceError.error;
        const failure = error instanceof RegkitError ? error : archiveError(`xz: ${detailOf(error)}`, error);
        await Promise.allSettled([source.cancel(failure)]);
        throw failure;
      }
    },
    cancel: (reason) => plain.cancel(reason),
  }, { highWaterMark: 0 });
}

function detailOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
