/**
 * Takes the chunked transfer coding off a body (RFC 9112, section 7.1), in place: no byte is copied to another buffer.
 *
 * @module
 */

import { malformed } from "./request_head.ts";

/** What one piece of a body came to. */
export interface DecodedPiece {
  /** How many bytes of content now stand at the beginning of the piece. */
  readonly length: number;
  /** Where in the piece the body ended; what comes after belongs to the next request. `undefined` before its end. */
  readonly end: number | undefined;
}

const maxLineLength = 4096;
const maxTrailerBytes = 16 * 1024;
const lineFeed = 10;
const carriageReturn = 13;

/** What comes next. */
type State = "size" | "data" | "data-end" | "trailer";

/** Decodes one body, piece after piece. */
export class ChunkedDecoder {
  #state: State = "size";
  #left = 0;
  #line = "";
  #trailerBytes = 0;

  /**
   * Decodes a piece in place.
   *
   * @param piece The bytes as they came.
   * @returns How much content it holds, now at its beginning, and where the body ends in it.
   * @throws {ApiError} 400 when the coding is malformed.
   */
  decode(piece: Uint8Array): DecodedPiece {
    let length = 0;
    for (let at = 0; at < piece.length;) {
      if (this.#state === "data") {
        const count = Math.min(this.#left, piece.length - at);
        if (length !== at) piece.copyWithin(length, at, at + count);
        length += count;
        at += count;
        this.#left -= count;
        if (this.#left === 0) this.#state = "data-end";
        continue;
      }
      const feed = piece.indexOf(lineFeed, at);
      this.#keepLine(piece, at, feed < 0 ? piece.length : feed);
      if (feed < 0) break;
      at = feed + 1;
      if (this.#endLine()) return { length, end: at };
    }
    return { length, end: undefined };
  }

  #keepLine(piece: Uint8Array, from: number, to: number): void {
    if (this.#line.length + to - from > maxLineLength) throw malformed("a line of a chunk is too long");
    for (let at = from; at < to; at++) this.#line += String.fromCharCode(piece[at] ?? 0);
  }

  /** Understands a whole line; tells whether the body has ended with it. */
  #endLine(): boolean {
    const line = this.#line;
    this.#line = "";
    if (line.charCodeAt(line.length - 1) !== carriageReturn) {
      throw malformed("a line of a chunk does not end with CR LF");
    }
    if (this.#state === "size") {
      const [, hex] = /^([0-9a-fA-F]{1,12})[ \t]*(?:;[^\r]*)?\r$/.exec(line) ?? [];
      if (hex === undefined) throw malformed("the size of a chunk is malformed");
      this.#left = parseInt(hex, 16);
      this.#state = this.#left === 0 ? "trailer" : "data";
      return false;
    }
    if (this.#state === "data-end") {
      if (line !== "\r") throw malformed("a chunk is longer than its size");
      this.#state = "size";
      return false;
    }
    this.#trailerBytes += line.length;
    if (this.#trailerBytes > maxTrailerBytes) throw malformed("the trailers are too long");
    return line === "\r";
  }
}
