/**
 * A transport that calls a server's handler instead of a network, so that client and server meet in memory.
 *
 * @module
 */

import { RegkitError } from "../../errors.ts";
import { untilAborted } from "./time_limit.ts";
import type { Transport, TransportBody } from "./transport.ts";

/** A server: answers a request. */
export type Handler = (request: Request) => Response | Promise<Response>;

/**
 * Makes a transport from a server's handler. Streams are passed on as they are, with their length in `Content-Length`. As with
 * a real server, the answer to HEAD comes without a body, and what is left of the request's body when the answer comes is
 * cancelled.
 *
 * @param handler The server.
 * @returns The transport.
 */
export function handlerTransport(handler: Handler): Transport {
  return async ({ method, url, headers: given, body, signal }) => {
    signal?.throwIfAborted();
    const headers = new Headers(given);
    if (body !== undefined) headers.set("content-length", String(body.length));
    const upload = body === undefined ? undefined : new Upload(body);
    const init = { method, headers, ...(upload && { body: upload.stream }), ...(signal && { signal }) };
    const answering = Promise.resolve(handler(new Request(url, init)));
    let response: Response;
    try {
      response = signal === undefined ? await answering : await untilAborted(answering, signal, dropBody);
    } catch (error) {
      upload?.stop(error);
      throw upload?.failure ?? error;
    }
    upload?.stop("the answer came before the end of the body");
    if (method === "HEAD") dropBody(response);
    const answer = method === "HEAD" ? null : response.body as ReadableStream<Uint8Array<ArrayBuffer>> | null;
    const ended = signal === undefined ? answer : answer?.pipeThrough(new TransformStream(), { signal }) ?? null;
    return { status: response.status, headers: response.headers, body: ended, url };
  };
}

/** A request's body on its way: counted, and cancelled when nobody wants the rest. */
class Upload {
  /** What the handler reads. */
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** What the body failed with, if it did: the client's fault, whatever the handler made of it. */
  failure: unknown;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;

  constructor(body: TransportBody) {
    this.#reader = (body instanceof Uint8Array ? new Blob([body]).stream() : body.stream).getReader();
    let left = body.length;
    this.stream = new ReadableStream({
      pull: async (controller) => {
        try {
          const { done, value } = await this.#reader.read();
          left -= value?.length ?? 0;
          if (left < 0 || (done && left > 0)) {
            throw new RegkitError("SIZE_MISMATCH", `the body to send does not have the ${body.length} bytes announced`);
          }
          if (value !== undefined) controller.enqueue(value);
          if (done) controller.close();
        } catch (error) {
          this.failure = error;
          throw error;
        }
      },
      cancel: (reason) => this.stop(reason),
    }, { highWaterMark: 0 });
  }

  /** Cancels what is left; without effect on a body that was read to its end. */
  stop(reason: unknown): void {
    this.#reader.cancel(reason).catch(ignoreFailedBody);
  }
}

function dropBody(response: Response): void {
  response.body?.cancel().catch(ignoreFailedBody);
}

/** A body that has failed cannot be cancelled, and needs not be. */
function ignoreFailedBody(): void {}
