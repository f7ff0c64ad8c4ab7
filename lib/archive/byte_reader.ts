/**
 * Reads a stream in pieces of wanted lengths.
 *
 * @module
 */

import { archiveError } from "./archive_error.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Hands out the bytes of a stream as they are asked for. */
export class ByteReader {
  readonly #reader: ReadableStreamDefaultReader<Bytes>;
  #rest: Bytes = new Uint8Array(0);

  /**
   * Takes a stream over; nothing is read yet.
   *
   * @param stream The stream.
   */
  constructor(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
    this.#reader = stream.getReader();
  }

  /**
   * Tells whether all bytes were handed out.
   *
   * @returns Whether the stream has ended.
   */
  async isAtEnd(): Promise<boolean> {
    while (this.#rest.length === 0) {
      const { done, value } = await this.#reader.read();
      if (done) return true;
      this.#rest = value;
    }
    return false;
  }

  /**
   * Gives as many bytes as are there, up to a limit.
   *
   * @param limit The most bytes wanted; not 0.
   * @returns At least one byte.
   * @throws {RegkitError} `INVALID_ARCHIVE` at the end of the stream.
   */
  async some(limit: number): Promise<Uint8Array<ArrayBuffer>> {
    if (await this.isAtEnd()) throw archiveError("unexpected EOF");
    const bytes = this.#rest.subarray(0, limit);
    this.#rest = this.#rest.subarray(bytes.length);
    return bytes;
  }

  /**
   * Gives an exact number of bytes.
   *
   * @param count The number.
   * @returns The bytes.
   * @throws {RegkitError} `INVALID_ARCHIVE` when the stream ends before.
   */
  async exactly(count: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(count);
    for (let at = 0; at < count;) {
      const piece = await this.some(count - at);
      bytes.set(piece, at);
      at += piece.length;
    }
    return bytes;
  }

  /**
   * Gives the stream up.
   *
   * @param reason Why.
   */
  async cancel(reason?: unknown): Promise<void> {
    await this.#reader.cancel(reason);
  }
}
