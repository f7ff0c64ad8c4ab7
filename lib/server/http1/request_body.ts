/**
 * The body of a request as a byte stream that reads straight into its reader's buffers, no faster than it is read.
 *
 * @module
 */

import { ApiError, ConnectionLost } from "../api_error.ts";
import type { Bytes } from "../store/store.ts";
import { ChunkedDecoder } from "./chunked_decoder.ts";
import type { RequestReader } from "./request_reader.ts";

/** Bytes read at once for readers that bring no buffer. */
const chunkBytes = 64 * 1024;

/** What a body needs. */
export interface RequestBodyOptions {
  /** Reads from the connection, behind the head. */
  readonly reader: RequestReader;
  /** Its length in bytes, or that it comes in chunks. */
  readonly length: number | "chunked";
  /** Called before the first byte is read, if the client waits for that. */
  readonly sendContinue?: (() => Promise<void>) | undefined;
}

/** The body of one request. */
export class RequestBody {
  /** The bytes. */
  readonly stream: ReadableStream<Bytes>;
  readonly #reader: RequestReader;
  readonly #decoder: ChunkedDecoder | undefined;
  #left: number;
  #sendContinue: (() => Promise<void>) | undefined;

  /**
   * Wraps the body.
   *
   * @param options What it needs.
   */
  constructor({ reader, length, sendContinue }: RequestBodyOptions) {
    this.#reader = reader;
    this.#decoder = length === "chunked" ? new ChunkedDecoder() : undefined;
    this.#left = length === "chunked" ? Infinity : length;
    this.#sendContinue = sendContinue;
    this.stream = new ReadableStream({
      type: "bytes",
      autoAllocateChunkSize: chunkBytes,
      pull: (controller) => this.#pull(controller),
    });
  }

  /** Whether everything was read, so that the next thing on the connection is another request. */
  get isRead(): boolean {
    return this.#left === 0;
  }

  async #pull(controller: ReadableByteStreamController): Promise<void> {
    const request = controller.byobRequest;
    const view = request?.view;
    // With `autoAllocateChunkSize` there always is one.
    if (!request || !view) return;
    const count = await this.#read(new Uint8Array(view.buffer as ArrayBuffer, view.byteOffset, view.byteLength));
    if (count > 0) request.respond(count);
    if (this.#left > 0) return;
    controller.close();
    if (count === 0) request.respond(0);
  }

  /** Reads content; what is wrong with the connection, whatever it is called, is that the client is not there any more. */
  async #read(target: Bytes): Promise<number> {
    try {
      await this.#sendContinue?.();
      this.#sendContinue = undefined;
      return await (this.#decoder === undefined ? this.#readPlain(target) : this.#readChunks(this.#decoder, target));
    } catch (error) {
      if (error instanceof ApiError || error instanceof ConnectionLost) throw error;
      throw new ConnectionLost({ cause: error });
    }
  }

  async #readPlain(target: Bytes): Promise<number> {
    const count = await this.#reader.take(target.subarray(0, Math.min(target.length, this.#left)));
    if (count === null) throw new ConnectionLost();
    this.#left -= count;
    return count;
  }

  /** Reads until there is content: what came may have been the line before a chunk. */
  async #readChunks(decoder: ChunkedDecoder, target: Bytes): Promise<number> {
    for (;;) {
      const count = await this.#reader.take(target);
      if (count === null) throw new ConnectionLost();
      const piece = target.subarray(0, count);
      const { length, end } = decoder.decode(piece);
      if (end !== undefined) {
        this.#reader.giveBack(piece.subarray(end));
        this.#left = 0;
      }
      if (length > 0 || end !== undefined) return length;
    }
  }
}
