/**
 * Passes web streams through the transforms of `node:zlib`.
 *
 * @module
 */

import type { Transform } from "node:stream";
import type { RegkitError } from "../errors.ts";
import { archiveError } from "./archive_error.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * Passes a stream through a transform. What comes after the end of the transform's own format is read too, so that a stream
 * that verifies itself does so to its end.
 *
 * @param stream The stream; reading or cancelling the result reads or cancels it.
 * @param transform The transform; it is destroyed with the result.
 * @param format What it reads, for errors.
 * @returns What the transform gives.
 */
export function throughNode(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  transform: Transform,
  format: string,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const reader = stream.getReader();
  const output = transform[Symbol.asyncIterator]();
  let sourceError: { readonly error: unknown } | undefined;
  const feed = async (): Promise<void> => {
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        if (transform.writableEnded || transform.destroyed) continue;
        if (!transform.write(value)) await drained(transform);
      }
      transform.end();
    } catch (error) {
      sourceError = { error };
      transform.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  };
  let feeding: Promise<void> | undefined;
  return new ReadableStream<Bytes>({
    async pull(controller) {
      feeding ??= feed();
      try {
        const { done, value } = await output.next();
        if (!done) return controller.enqueue(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
        await feeding;
        if (sourceError === undefined) return controller.close();
      } catch (error) {
        if (sourceError === undefined) {
          const failure = damaged(error, format);
          await Promise.allSettled([reader.cancel(failure), feeding]);
          throw failure;
        }
      }
      throw sourceError.error;
    },
    async cancel(reason) {
      transform.destroy();
      await Promise.allSettled([reader.cancel(reason), feeding]);
    },
  }, { highWaterMark: 0 });
}

/** Settles when the transform takes more, or never will. */
function drained(transform: Transform): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      for (const name of events) transform.off(name, settle);
      resolve();
    };
    for (const name of events) transform.on(name, settle);
  });
}

const events = ["drain", "close", "error", "end"] as const;

function damaged(error: unknown, format: string): RegkitError {
  const isCut = error instanceof Error && /unexpected end|premature|incomplete/i.test(error.message);
  const detail = error instanceof Error ? error.message : String(error);
  return archiveError(isCut ? "unexpected EOF" : `${format}: ${detail}`, error);
}
