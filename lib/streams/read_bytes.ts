/**
 * Reads a stream into memory under a stated limit.
 *
 * @module
 */

import { RegkitError } from "../errors.ts";

/**
 * Reads a whole stream that must not be longer than a limit. A longer one is cancelled as soon as that shows.
 *
 * @param stream The stream; it is read to the end or cancelled. `null` is an empty one, as in the body of an answer.
 * @param limitBytes The most bytes that are taken.
 * @param what What is read, for the error: `manifest registry.example.org/app:v1`.
 * @returns The bytes.
 * @throws {RegkitError} `TOO_LARGE` when the stream gives more than the limit.
 */
export async function readBytes(
  stream: ReadableStream<Uint8Array<ArrayBuffer>> | null,
  limitBytes: number,
  what: string,
): Promise<Uint8Array<ArrayBuffer>> {
  if (stream === null) return new Uint8Array(0);
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  // Leaving the loop by an exception cancels the stream.
  for await (const chunk of stream) {
    length += chunk.length;
    if (length > limitBytes) {
      throw new RegkitError("TOO_LARGE", `${what} is larger than the limit of ${limitBytes} bytes`);
    }
    chunks.push(chunk);
  }
  const [first] = chunks;
  if (chunks.length === 1 && first !== undefined) return first;
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
