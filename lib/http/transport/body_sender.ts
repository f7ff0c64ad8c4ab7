/**
 * Sends a request's body piece by piece, no piece before the one ahead of it was taken, and stops when told to.
 *
 * @module
 */

import { RegkitError } from "../../errors.ts";
import type { TransportBody } from "./transport.ts";

/** The body's own stream failed; not the fault of the host that it was going to. */
export class BodyError extends Error {
  /** The class name, for logs. */
  override name = "BodyError";
}

/** Sends one body. */
export class BodySender {
  readonly #body: TransportBody | undefined;
  readonly #write: (chunk: Uint8Array<ArrayBuffer>) => Promise<void>;
  #reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>> | undefined;
  #isStopped = false;
  #given = 0;
  #written = 0;

  /**
   * Prepares to send; nothing is read yet.
   *
   * @param body The body, if any.
   * @param write Writes a piece; settles when the next may come. The piece is not touched afterwards.
   */
  constructor(body: TransportBody | undefined, write: (chunk: Uint8Array<ArrayBuffer>) => Promise<void>) {
    this.#body = body;
    this.#write = write;
  }

  /** Whether every byte was written. */
  get isWritten(): boolean {
    return this.#written === (this.#body?.length ?? 0);
  }

  /**
   * Sends the whole body.
   *
   * @throws {BodyError} When the body's stream failed, or was not as long as it should be; the reason is its cause.
   * @throws Whatever the writing failed with.
   */
  async send(): Promise<void> {
    const body = this.#body;
    if (body === undefined || this.#isStopped) return;
    if (body instanceof Uint8Array) {
      return await this.#pass(body);
    }
    this.#reader = body.stream.getReader();
    try {
      for (;;) {
        const chunk = await this.#next(this.#reader);
        if (chunk === undefined || this.#isStopped) break;
        if (this.#given + chunk.length > body.length) throw wrongLength(body.length, "more");
        await this.#pass(chunk);
      }
    } catch (error) {
      this.stop(error instanceof BodyError ? error.cause : error);
      throw error;
    }
    if (!this.isWritten && !this.#isStopped) throw wrongLength(body.length, `${this.#written}`);
  }

  /**
   * Stops sending and cancels what is left of the body.
   *
   * @param reason Why, for the body's stream.
   */
  stop(reason: unknown): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    if (this.#body === undefined || this.#body instanceof Uint8Array) return;
    const cancelled = this.#reader === undefined ? this.#body.stream.cancel(reason) : this.#reader.cancel(reason);
    cancelled.catch(ignoreFailedCancel);
  }

  async #pass(chunk: Uint8Array<ArrayBuffer>): Promise<void> {
    if (chunk.length === 0) return;
    this.#given += chunk.length;
    await this.#write(chunk);
    this.#written += chunk.length;
  }

  async #next(
    reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>,
  ): Promise<Uint8Array<ArrayBuffer> | undefined> {
    try {
      return (await reader.read()).value;
    } catch (error) {
      throw new BodyError("the request's body failed", { cause: error });
    }
  }
}

function wrongLength(expected: number, got: string): BodyError {
  const error = new RegkitError("SIZE_MISMATCH", `the body to send has ${got} bytes, ${expected} were announced`);
  return new BodyError(error.message, { cause: error });
}

/** A stream that has failed cannot be cancelled; its failure is reported where it is read. */
function ignoreFailedCancel(): void {}
