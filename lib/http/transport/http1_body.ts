/**
 * The body of an HTTP/1.1 answer as a byte stream that reads straight into its reader's buffers.
 *
 * @module
 */

import type { AnswerHead, Http1Reader } from "./http1_reader.ts";
import { FaultError } from "./transport_fault.ts";

/** Bytes read at once for readers that bring no buffer. */
const chunkBytes = 256 * 1024;

/** What an answer's body needs to know and to tell. */
export interface Http1BodyOptions {
  /** Reads from the connection, behind the head. */
  readonly reader: Http1Reader;
  /** How the body ends. */
  readonly length: AnswerHead["length"];
  /** Called once, when the body was read to its end (`true`), failed or was cancelled (`false`). */
  readonly onEnd: (isComplete: boolean) => void;
  /** Turns what reading failed with into what the body's reader gets. */
  readonly toError: (error: unknown) => unknown;
}

/**
 * Makes the body's stream.
 *
 * @param options What it needs.
 * @returns The stream.
 */
export function http1Body(options: Http1BodyOptions): ReadableStream<Uint8Array<ArrayBuffer>> {
  const { reader, length, onEnd, toError } = options;
  let left = length === "chunked" ? 0 : length === "until-close" ? Infinity : length;
  let isFirstChunk = true;
  let isEnded = false;

  const settle = (isComplete: boolean): void => {
    if (!isEnded) onEnd(isComplete);
    isEnded = true;
  };

  /** Whether there is more to read; steps to the next chunk. */
  const hasMore = async (): Promise<boolean> => {
    if (left > 0 || length !== "chunked") return left > 0;
    left = await reader.readChunkSize(isFirstChunk);
    isFirstChunk = false;
    return left > 0;
  };

  const end = (controller: ReadableByteStreamController): void => {
    settle(true);
    controller.close();
    controller.byobRequest?.respond(0);
  };

  const pull = async (controller: ReadableByteStreamController): Promise<void> => {
    try {
      if (!(await hasMore())) return end(controller);
      const request = controller.byobRequest;
      const view = request?.view;
      const target = view
        ? new Uint8Array(view.buffer as ArrayBuffer, view.byteOffset, Math.min(view.byteLength, left))
        : new Uint8Array(Math.min(chunkBytes, left));
      const count = await reader.readInto(target);
      if (count === null) {
        if (length === "until-close") return end(controller);
        throw new FaultError("broken", "the connection ended before the answer's body did");
      }
      left -= count;
      if (request) request.respond(count);
      else controller.enqueue(target.subarray(0, count));
      // The connection is free with the last byte: nobody needs to ask for the end first.
      if (left === 0 && length !== "chunked") end(controller);
    } catch (error) {
      settle(false);
      controller.error(toError(error));
    }
  };

  return new ReadableStream({
    type: "bytes",
    pull,
    cancel: () => settle(false),
  });
}
