/**
 * The body of a request over all its sends: opened when needed, watched while it is read, and never read twice.
 *
 * @module
 */

import { RegkitError } from "../errors.ts";
import type { RegistryRequest } from "./http_client.ts";
import type { TransportBody } from "./transport/transport.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Hears how a streamed body goes out. */
export interface BodyProgress {
  /** The transport wants more, and it is the source's turn. */
  onWanted(): void;
  /** The source gave bytes, and it is the transport's turn. */
  onGiven(bytes: number): void;
  /** All bytes have been given. */
  onEnd(): void;
}

/** A body that is sent once or more often. */
export class RequestBody {
  readonly #request: RegistryRequest;
  #opened: Bytes | { readonly reader: ReadableStreamDefaultReader<Bytes>; readonly length: number } | undefined;
  #isOpenedOnce = false;
  #isTouched = false;
  #stop: ((reason: unknown) => void) | undefined;
  #sourceError: { readonly error: unknown } | undefined;

  /**
   * Takes the body of a request.
   *
   * @param request A request with a `body`.
   */
  constructor(request: RegistryRequest) {
    this.#request = request;
  }

  /** Whether the request cannot be sent again: it must not, or its only stream has been read from. */
  get isSpent(): boolean {
    return this.#request.isRepeatable === false && this.#isTouched;
  }

  /** Whether the next send needs a new stream. */
  get needsReopening(): boolean {
    return this.#opened === undefined || (this.#isTouched && !(this.#opened instanceof Uint8Array));
  }

  /** What the source failed with, if it did: then it was not the host's fault. */
  get sourceError(): { readonly error: unknown } | undefined {
    return this.#sourceError;
  }

  /**
   * Makes sure that there is something to send.
   *
   * @param signal Ends the wait for the source.
   * @throws {RegkitError} `TRANSPORT` when the body could be had once only and is gone.
   */
  async open(signal: AbortSignal | undefined): Promise<void> {
    if (!this.needsReopening) return;
    if (this.#request.isRepeatable === false && this.#isOpenedOnce) {
      throw new RegkitError(
        "TRANSPORT",
        `cannot send the body of ${this.#request.method} to ${this.#request.registry} again: it can be read once only`,
      );
    }
    await this.close();
    this.#isOpenedOnce = true;
    this.#isTouched = false;
    this.#sourceError = undefined;
    try {
      const body = await this.#request.body?.(signal) ?? new Uint8Array(0);
      this.#opened = body instanceof Uint8Array ? body : { reader: body.stream.getReader(), length: body.length };
    } catch (error) {
      this.#sourceError = { error };
      throw error;
    }
  }

  /**
   * Gives the opened body to the transport.
   *
   * @param progress Hears how a stream goes out.
   * @returns The body.
   */
  take(progress: BodyProgress): TransportBody {
    const opened = this.#opened;
    if (opened === undefined) throw new RegkitError("TRANSPORT", "the request body was not opened");
    if (opened instanceof Uint8Array) {
      this.#isTouched = true;
      return opened;
    }
    this.#stop?.(new RegkitError("ABORTED", "the body is sent anew"));
    return { length: opened.length, stream: this.#outgoing(opened.reader, opened.length, progress) };
  }

  /**
   * Ends an attempt: lets go of a source that was not read to its end. A stream that can be had once only and has not been
   * touched is kept.
   */
  async endAttempt(): Promise<void> {
    if (this.#request.isRepeatable === false && !this.#isTouched) return;
    await this.close();
  }

  /** Lets go of the source. */
  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    this.#stop?.(new RegkitError("ABORTED", "the request is over"));
    this.#stop = undefined;
    if (opened !== undefined && !(opened instanceof Uint8Array)) await opened.reader.cancel().catch(ignore);
  }

  #outgoing(
    reader: ReadableStreamDefaultReader<Bytes>,
    length: number,
    progress: BodyProgress,
  ): ReadableStream<Bytes> {
    let left = length;
    let isOver = false;
    const end = (): void => {
      isOver = true;
      this.#stop = undefined;
      progress.onEnd();
    };
    return new ReadableStream<Bytes>({
      start: (controller) => {
        this.#stop = (reason) => {
          if (!isOver) controller.error(reason);
          isOver = true;
        };
      },
      pull: async (controller) => {
        this.#isTouched = true;
        progress.onWanted();
        try {
          const { done, value } = await reader.read();
          if (isOver) return;
          if (done) {
            controller.close();
            return end();
          }
          left -= value.length;
          controller.enqueue(value);
          if (left > 0) progress.onGiven(value.length);
          else progress.onEnd();
        } catch (error) {
          this.#sourceError = { error };
          throw error;
        }
      },
      cancel: () => {
        // The source is let go of by close(): a send that failed before the first byte may still use it.
        end();
      },
    }, { highWaterMark: 0 });
  }
}

/** The source is given up; how it takes that changes nothing. */
function ignore(): void {}
