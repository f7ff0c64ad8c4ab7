/**
 * The answers of `node:http` in web terms.
 *
 * @module
 */

import type { IncomingMessage } from "node:http";

/**
 * Gives a message's headers, several of the same name included.
 *
 * @param message The message.
 * @returns The headers.
 */
export function nodeHeaders(message: IncomingMessage): Headers {
  const headers = new Headers();
  const { rawHeaders } = message;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) headers.append(rawHeaders[at] ?? "", rawHeaders[at + 1] ?? "");
  return headers;
}

/**
 * Gives a message's body as a byte stream. Nothing is read ahead of who reads it.
 *
 * @param message The message.
 * @param onEnd Called once, when the body was read to its end (`true`), failed or was cancelled (`false`).
 * @param toError Turns what reading failed with into what the body's reader gets.
 * @returns The stream.
 */
export function nodeBody(
  message: IncomingMessage,
  onEnd: (isComplete: boolean) => void,
  toError: (error: unknown) => unknown,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const chunks: AsyncIterator<Uint8Array> = message[Symbol.asyncIterator]();
  return new ReadableStream({
    type: "bytes",
    async pull(controller) {
      try {
        const { done, value } = await chunks.next();
        if (!done) return controller.enqueue(new Uint8Array(value));
        onEnd(true);
        controller.close();
        controller.byobRequest?.respond(0);
      } catch (error) {
        onEnd(false);
        controller.error(toError(error));
      }
    },
    async cancel() {
      onEnd(false);
      await chunks.return?.();
    },
  });
}
