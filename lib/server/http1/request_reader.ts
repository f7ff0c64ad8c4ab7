/**
 * Reads requests from a connection, keeping what came too early.
 *
 * @module
 */

import { ApiError } from "../api_error.ts";
import { malformed } from "./request_head.ts";

/** One end of a connection; a `Deno.TcpConn` is one. */
export interface ByteConnection {
  /** Reads into a buffer; gives how many bytes, or `null` at the end. */
  read(buffer: Uint8Array<ArrayBuffer>): Promise<number | null>;
  /** Writes from a buffer; gives how many bytes. */
  write(bytes: Uint8Array<ArrayBuffer>): Promise<number>;
  /** Tells the other end that nothing more will be written. */
  closeWrite(): Promise<void>;
  /** Ends it. */
  close(): void;
}

const firstBufferBytes = 8 * 1024;
/** More than the 32 KiB of headers and 8 KiB of target that the registry takes, so that it is the one to refuse most of them. */
const maxHeadBytes = 64 * 1024;
const lineFeed = 10;
const carriageReturn = 13;
const decoder = new TextDecoder();

/** Reads from one connection. */
export class RequestReader {
  readonly #connection: ByteConnection;
  #buffer = new Uint8Array(firstBufferBytes);
  #start = 0;
  #end = 0;
  /** Up to where no end of a head was found. */
  #searched = 0;

  /**
   * Wraps a connection.
   *
   * @param connection The connection.
   */
  constructor(connection: ByteConnection) {
    this.#connection = connection;
  }

  /** Whether bytes are waiting that nobody has asked for. */
  get hasBuffered(): boolean {
    return this.#end > this.#start;
  }

  /**
   * Tells whether what was read, and not yet taken, begins with a text.
   *
   * @param text The text, in ASCII.
   * @returns Whether it does.
   */
  startsWith(text: string): boolean {
    if (this.#end - this.#start < text.length) return false;
    for (let at = 0; at < text.length; at++) {
      if (this.#buffer[this.#start + at] !== text.charCodeAt(at)) return false;
    }
    return true;
  }

  /**
   * Takes the head of a request out of what was read.
   *
   * @returns The head without its empty line, a character for each byte; `undefined` while it is not whole.
   * @throws {ApiError} 400 when a line does not end with CR LF; 414 or 431 when it is too long.
   */
  takeHead(): string | undefined {
    this.#skipEmptyLines();
    for (;;) {
      const feed = this.#buffer.subarray(0, this.#end).indexOf(lineFeed, Math.max(this.#searched, this.#start));
      if (feed < 0) break;
      if (this.#buffer[feed - 1] !== carriageReturn) throw malformed("a line does not end with CR LF");
      this.#searched = feed + 1;
      if (feed - this.#start < 3 || this.#buffer[feed - 2] !== lineFeed) continue;
      const head = this.#buffer.subarray(this.#start, feed - 3);
      this.#start = feed + 1;
      return asLatin1(head);
    }
    this.#searched = this.#end;
    if (this.#end - this.#start >= maxHeadBytes) throw this.#tooLong();
    return undefined;
  }

  /**
   * Reads more into the buffer.
   *
   * @returns Whether something came; `false` at the end of the connection.
   */
  async fill(): Promise<boolean> {
    this.#makeRoom();
    const count = await this.#connection.read(this.#buffer.subarray(this.#end));
    this.#end += count ?? 0;
    return count !== null;
  }

  /**
   * Reads bytes of a body, what was read too early first.
   *
   * @param target Where to, at least one byte long.
   * @returns How many bytes; `null` at the end of the connection.
   */
  async take(target: Uint8Array<ArrayBuffer>): Promise<number | null> {
    if (!this.hasBuffered) return await this.#connection.read(target);
    const part = this.#buffer.subarray(this.#start, Math.min(this.#end, this.#start + target.length));
    target.set(part);
    this.#start += part.length;
    return part.length;
  }

  /**
   * Gives back what was taken but belongs to the next request.
   *
   * @param bytes The bytes, which stood right before those that are buffered.
   */
  giveBack(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const waiting = this.#buffer.subarray(this.#start, this.#end);
    const buffer = new Uint8Array(Math.max(firstBufferBytes, bytes.length + waiting.length));
    buffer.set(bytes);
    buffer.set(waiting, bytes.length);
    this.#end = bytes.length + waiting.length;
    this.#start = this.#searched = 0;
    this.#buffer = buffer;
  }

  /** Clients may send an empty line after a body (RFC 9112, section 2.2). */
  #skipEmptyLines(): void {
    while (this.#buffer[this.#start] === carriageReturn && this.#end - this.#start >= 2) {
      if (this.#buffer[this.#start + 1] !== lineFeed) return;
      this.#start += 2;
    }
  }

  #makeRoom(): void {
    if (this.#start === this.#end) {
      this.#start = this.#end = this.#searched = 0;
      return;
    }
    if (this.#end < this.#buffer.length) return;
    const size = this.#start > 0 ? this.#buffer.length : this.#buffer.length * 2;
    const buffer = size === this.#buffer.length ? this.#buffer : new Uint8Array(Math.min(size, maxHeadBytes));
    buffer.set(this.#buffer.subarray(this.#start, this.#end));
    this.#buffer = buffer;
    this.#searched -= this.#start;
    this.#end -= this.#start;
    this.#start = 0;
  }

  #tooLong(): ApiError {
    const isTarget = !this.#buffer.subarray(this.#start, this.#end).includes(lineFeed);
    return isTarget
      ? new ApiError(414, "UNSUPPORTED", "the URL is too long")
      : new ApiError(431, "UNSUPPORTED", "the headers are too long");
  }
}

/** Bytes as characters of the same number. */
function asLatin1(bytes: Uint8Array<ArrayBuffer>): string {
  const text = decoder.decode(bytes);
  // deno-lint-ignore no-control-regex -- all of ASCII
  if (/^[\x00-\x7f]*$/.test(text)) return text;
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}
