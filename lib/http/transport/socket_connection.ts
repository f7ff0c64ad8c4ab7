/**
 * One HTTP/1.1 connection over a socket of Deno's, for requests one after the other.
 *
 * It exists for uploads: `fetch` sends streams chunked, which strict registries refuse, and `node:http` is slower and needs
 * more permissions (docs/decisions/2026-11-21-transports.md).
 *
 * @module
 */

import { BodyError, BodySender } from "./body_sender.ts";
import type { Clock } from "../http_client.ts";
import { http1Body } from "./http1_body.ts";
import { type AnswerHead, Http1Reader } from "./http1_reader.ts";
import { TimeLimit, untilAborted } from "./time_limit.ts";
import type { TransportRequest, TransportResponse } from "./transport.ts";
import { toTransportError } from "./transport_error.ts";

/** How an exchange is made. */
export interface ExchangeOptions {
  /** The request's head, ready to be sent. */
  readonly head: Uint8Array<ArrayBuffer>;
  /** Measures time. */
  readonly clock: Pick<Clock, "sleep">;
  /** The host's name in references, for errors. */
  readonly name: string;
  /** Called when the connection can take the next request. */
  readonly onFree: () => void;
}

/** How long an answer is waited for after the host stopped taking the body: it may have said why. */
const lastWordsMs = 1000;

/** The head of an answer, and whether the whole body has been sent by now. */
interface Conversation {
  readonly head: AnswerHead;
  readonly isSent: () => boolean;
}

/** A connection that carries one request at a time. */
export class SocketConnection implements Disposable {
  readonly #conn: Deno.TcpConn | Deno.TlsConn;
  readonly #reader: Http1Reader;
  #isClosed = false;
  #isResting = false;

  /**
   * Wraps a socket, which is closed with this.
   *
   * @param conn The socket, its TLS handshake done.
   */
  constructor(conn: Deno.TcpConn | Deno.TlsConn) {
    this.#conn = conn;
    this.#reader = new Http1Reader(conn);
  }

  /** Whether it was closed by either side. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Waits for the next request without keeping the program alive; whatever the peer does meanwhile ends the connection. */
  rest(): void {
    this.#isResting = true;
    const close = (): void => {
      if (this.#isResting) this[Symbol.dispose]();
    };
    this.#reader.readAhead().then(close, close);
    this.#conn.unref();
  }

  /** Closes the socket. */
  [Symbol.dispose](): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#conn.close();
  }

  /**
   * Sends a request and gives its answer as soon as its head is there, even in the middle of the upload.
   *
   * @param request The request.
   * @param options How.
   * @returns The answer.
   * @throws {TransportError} When no answer came; the signal's reason; what the body's stream failed with.
   */
  async exchange(request: TransportRequest, options: ExchangeOptions): Promise<TransportResponse> {
    this.#isResting = false;
    this.#conn.ref();
    const { url, signal } = request;
    const target = { url, signal, name: options.name };
    const onAbort = (): void => this[Symbol.dispose]();
    signal?.addEventListener("abort", onAbort, { once: true });
    const settle = (isReusable: boolean): void => {
      signal?.removeEventListener("abort", onAbort);
      if (isReusable && !this.#reader.hasBuffered && !this.#isClosed) options.onFree();
      else this[Symbol.dispose]();
    };
    try {
      const { head, isSent } = await this.#converse(request, options);
      if (head.length === 0) {
        settle(isSent() && head.isPersistent);
        return { status: head.status, headers: head.headers, body: null, url };
      }
      const body = http1Body({
        reader: this.#reader,
        length: head.length,
        onEnd: (isComplete) => settle(isComplete && isSent() && head.isPersistent),
        toError: (error) => toTransportError(error, target),
      });
      return { status: head.status, headers: head.headers, body, url };
    } catch (error) {
      settle(false);
      throw error instanceof BodyError && !signal?.aborted ? error.cause : toTransportError(error, target);
    }
  }

  /** Writes the request while the answer's head is already being read; only what was sent whole leaves a usable connection. */
  async #converse(request: TransportRequest, options: ExchangeOptions): Promise<Conversation> {
    const write = (chunk: Uint8Array<ArrayBuffer>): Promise<void> => this.#write(chunk);
    const sender = new BodySender(request.body, write);
    const isSent = (): boolean => sender.isWritten;
    const answer = this.#reader.readHead(request.method);
    answer.catch(ignoreUntilAwaited);
    const sending = write(options.head).then(() => sender.send());
    try {
      const head = await Promise.race([answer, sending]);
      if (head === undefined) return { head: await answer, isSent };
      sending.catch(ignoreUntilAwaited);
      sender.stop("the answer came before the end of the body");
      return { head, isSent };
    } catch (error) {
      sender.stop(error);
      sending.catch(ignoreUntilAwaited);
      if (error instanceof BodyError || this.#isClosed) throw error;
      // The host has stopped listening: what it said before that counts more.
      using patience = new TimeLimit(lastWordsMs, undefined, options.clock, () => new Error("no last words"));
      return {
        head: await untilAborted(answer, patience.signal).catch(() => Promise.reject(error)),
        isSent: () => false,
      };
    }
  }

  async #write(chunk: Uint8Array<ArrayBuffer>): Promise<void> {
    for (let at = 0; at < chunk.length;) at += await this.#conn.write(at === 0 ? chunk : chunk.subarray(at));
  }
}

/** What fails here is also seen by who awaits it, or no longer matters. */
function ignoreUntilAwaited(): void {}
