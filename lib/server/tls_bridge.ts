/**
 * Makes connections of the TLS sockets of `node:tls`.
 *
 * @module
 */

import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { ByteConnection } from "./http1/request_reader.ts";
import type { Bytes } from "./store/store.ts";

/** How much may wait to be read before nothing more is taken from the client. */
const maxWaitingBytes = 256 * 1024;
/** How long a client that takes nothing any more may keep the end of TLS waiting. */
const farewellMs = 1000;

/** A TLS socket as a connection. */
export class TlsConnection implements ByteConnection {
  readonly #socket: TLSSocket;
  readonly #tcp: Socket | undefined;
  readonly #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #isPaused = false;
  #isWriting = false;
  #hasEnded = false;
  #failure: Error | undefined;
  /** Wakes those that wait for something to read. */
  readonly #readers: (() => void)[] = [];

  /**
   * Takes a socket over.
   *
   * @param socket The socket; it must stay open when the client has ended its side.
   * @param tcp What it goes over.
   */
  constructor(socket: TLSSocket, tcp: Socket | undefined) {
    this.#socket = socket;
    this.#tcp = tcp;
    socket.on("data", (piece: Uint8Array) => this.#keep(piece));
    socket.once("end", () => {
      this.#hasEnded = true;
      this.#wake();
    });
    socket.on("error", (error: Error) => this.#failure ??= error);
    socket.once("close", () => {
      this.#failure ??= new Deno.errors.BadResource("The connection is closed");
      this.#wake();
    });
  }

  /** Reads what has come, or waits for it. */
  async read(buffer: Bytes): Promise<number | null> {
    while (this.#waitingBytes === 0) {
      if (this.#hasEnded) return null;
      if (this.#failure !== undefined) throw this.#failure;
      await new Promise<void>((resolve) => this.#readers.push(resolve));
    }
    let count = 0;
    for (let first = this.#waiting[0]; first !== undefined && count < buffer.length; first = this.#waiting[0]) {
      const part = first.subarray(0, buffer.length - count);
      buffer.set(part, count);
      count += part.length;
      if (part.length === first.length) this.#waiting.shift();
      else this.#waiting[0] = first.subarray(part.length);
    }
    this.#waitingBytes -= count;
    if (this.#isPaused && this.#waitingBytes < maxWaitingBytes) this.#resume();
    return count;
  }

  /** Writes everything, and waits until it is on its way: only then may the bytes be changed. */
  write(bytes: Bytes): Promise<number> {
    this.#isWriting = true;
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    this.#socket.write(bytes, (error) => {
      this.#isWriting = false;
      if (error) reject(error);
      else resolve(bytes.length);
    });
    return promise;
  }

  /** Tells the client that nothing more comes. */
  closeWrite(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    // A socket that broke ends as well: reading from it tells so.
    this.#socket.end(() => resolve());
    return promise;
  }

  /** Ends it: in order, unless a write is still under way. */
  close(): void {
    if (this.#isWriting) this.#socket.destroy();
    if (this.#socket.destroyed) return;
    const timer = setTimeout(() => this.#socket.destroy(), farewellMs);
    this.#socket.once("close", () => clearTimeout(timer));
    this.#socket.destroySoon();
  }

  #keep(piece: Uint8Array): void {
    this.#waiting.push(piece);
    this.#waitingBytes += piece.length;
    if (!this.#isPaused && this.#waitingBytes >= maxWaitingBytes) this.#pause();
    this.#wake();
  }

  /**
   * Stops taking from the client. Deno 2.9.6 goes on to read and decrypt for a socket that is paused, and keeps all of it: a
   * body would come to lie in memory as a whole. Only what the socket goes over can be stopped, and only so.
   */
  #pause(): void {
    this.#isPaused = true;
    handleOf(this.#tcp)?.readStop?.();
    this.#socket.pause();
  }

  #resume(): void {
    this.#isPaused = false;
    handleOf(this.#tcp)?.readStart?.();
    this.#socket.resume();
  }

  #wake(): void {
    for (const wake of this.#readers.splice(0)) wake();
  }
}

interface ReadHandle {
  readStart?(): unknown;
  readStop?(): unknown;
}

function handleOf(socket: Socket | undefined): ReadHandle | undefined | null {
  return (socket as { readonly _handle?: ReadHandle | null } | undefined)?._handle;
}
