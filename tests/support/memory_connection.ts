/**
 * A connection in memory: what the client sends is scripted, what it gets is kept.
 *
 * @module
 */

import type { ByteConnection } from "../../lib/server/http1/request_reader.ts";

/** One end of a connection whose other end is the test. */
export class MemoryConnection implements ByteConnection {
  /** Whether the server said that it will write nothing more. */
  isWriteClosed = false;
  /** Whether the server closed it. */
  isClosed = false;
  readonly #input: Uint8Array<ArrayBuffer>[];
  #output = "";
  readonly #waiting: PromiseWithResolvers<void>[] = [];
  #hasEnded: boolean;

  /**
   * Scripts the client.
   *
   * @param input What it sends, a piece for each read; characters are bytes of the same number.
   * @param hasEnded Whether it sends nothing afterwards; otherwise the server waits for `send` or `end`.
   */
  constructor(input: readonly string[] = [], hasEnded = true) {
    this.#input = input.map(bytesOf);
    this.#hasEnded = hasEnded;
  }

  /** Everything the server wrote. */
  get output(): string {
    return this.#output;
  }

  /** Sends more. */
  send(text: string): void {
    this.#input.push(bytesOf(text));
    this.#wake();
  }

  /** Sends nothing more. */
  end(): void {
    this.#hasEnded = true;
    this.#wake();
  }

  async read(buffer: Uint8Array<ArrayBuffer>): Promise<number | null> {
    for (;;) {
      if (this.isClosed) throw new Deno.errors.BadResource("the connection is closed");
      const [first] = this.#input;
      if (first !== undefined) {
        const count = Math.min(first.length, buffer.length);
        buffer.set(first.subarray(0, count));
        if (count < first.length) this.#input[0] = first.subarray(count);
        else this.#input.shift();
        return count;
      }
      if (this.#hasEnded) return null;
      const waiting = Promise.withResolvers<void>();
      this.#waiting.push(waiting);
      await waiting.promise;
    }
  }

  /** Takes at most a thousand bytes at once, as sockets do not always take all. */
  write(bytes: Uint8Array<ArrayBuffer>): Promise<number> {
    if (this.isClosed) return Promise.reject(new Deno.errors.BadResource("the connection is closed"));
    const part = bytes.subarray(0, 1000);
    for (const byte of part) this.#output += String.fromCharCode(byte);
    return Promise.resolve(part.length);
  }

  closeWrite(): Promise<void> {
    this.isWriteClosed = true;
    return Promise.resolve();
  }

  close(): void {
    this.isClosed = true;
    this.#wake();
  }

  #wake(): void {
    for (const waiting of this.#waiting.splice(0)) waiting.resolve();
  }
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
