/**
 * One HTTP/1.1 connection: request after request until either side has had enough.
 *
 * @module
 */

import { ApiError, apiVersion, errorResponse } from "../api_error.ts";
import type { RequestHandler } from "../faults/faults.ts";
import type { RunningRequests } from "../running_requests.ts";
import { RequestBody } from "./request_body.ts";
import { parseRequestHead, type RequestHead } from "./request_head.ts";
import { type ByteConnection, RequestReader } from "./request_reader.ts";
import { writeResponse } from "./response_writer.ts";
import { createWireRequest } from "./wire_request.ts";

/** How long a connection may do nothing. */
export interface ConnectionLimits {
  /** Between two requests, in milliseconds. */
  readonly idleMs: number;
  /** From the first byte of a request to the end of its head, in milliseconds. */
  readonly headerMs: number;
  /** Without a byte of an answer taken, in milliseconds. */
  readonly writeMs: number;
  /** For a client that still sends when it was answered already, in milliseconds. */
  readonly lingerMs: number;
}

/** What a connection needs. */
export interface Http1ConnectionOptions extends ConnectionLimits {
  /** The scheme the server is reached by. */
  readonly scheme: "http" | "https";
  /** Answers requests; one that throws breaks the connection. */
  readonly handler: RequestHandler;
  /** The address of the client. */
  readonly remoteAddress: string;
  /** Is told of each request that is being answered. */
  readonly running: RunningRequests;
  /** A clock in milliseconds. */
  readonly now: () => number;
}

/** The head of a request that cannot be answered otherwise. */
interface Refusal {
  readonly error: ApiError;
  /** Whether it is, or begins as, that of a HEAD, whose answer has no body. */
  readonly isHead: boolean;
}

const headMethod = "HEAD ";
const continueLine = new TextEncoder().encode("HTTP/1.1 100 Continue\r\n\r\n");
const maxLingerBytes = 64 * 1024 * 1024;

/** A connection that is served. */
export class Http1Connection {
  /** When it is to be broken if nothing happens until then, by the clock of the options. */
  deadline: number = Infinity;
  /** Settles when it is closed, even if a request is still being handled then. */
  readonly closed: Promise<void>;
  readonly #close: () => void;
  #isAnswering = false;
  #isEnding = false;
  #isClosed = false;
  readonly #connection: ByteConnection;
  readonly #reader: RequestReader;
  readonly #options: Http1ConnectionOptions;

  /**
   * Takes a connection over.
   *
   * @param connection The connection.
   * @param options What it needs.
   */
  constructor(connection: ByteConnection, options: Http1ConnectionOptions) {
    this.#connection = connection;
    this.#reader = new RequestReader(connection);
    this.#options = options;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.closed = promise;
    this.#close = resolve;
  }

  /**
   * Serves it to its end.
   *
   * @returns When nothing is left to do. Never fails: whatever goes wrong, there is nobody left to be told.
   */
  async run(): Promise<void> {
    try {
      while (!this.#isEnding && await this.#serveRequest());
    } catch {
      // The client went away, or a body broke off: nothing may look complete to it, so nothing more is sent.
    } finally {
      this.close();
    }
  }

  /** Ends it after the request that is being answered; at once if there is none, or not yet all of its head. */
  end(): void {
    this.#isEnding = true;
    if (!this.#isAnswering) this.close();
  }

  /** Breaks it. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#connection.close();
    this.#close();
  }

  /** Serves one request; tells whether another may follow. */
  async #serveRequest(): Promise<boolean> {
    const head = await this.#readHead();
    if (head === undefined) return false;
    const { running } = this.#options;
    running.begin();
    this.#isAnswering = true;
    try {
      return "error" in head ? await this.#refuse(head) : await this.#answer(head);
    } finally {
      this.#isAnswering = false;
      running.end();
    }
  }

  /** Reads a head; gives the refusal of one that cannot be understood, and nothing when the client has no more requests. */
  async #readHead(): Promise<RequestHead | Refusal | undefined> {
    const { now, idleMs, headerMs } = this.#options;
    let isIdle = !this.#reader.hasBuffered;
    if (!isIdle) this.deadline = now() + headerMs;
    let text: string | undefined;
    try {
      for (;;) {
        text = this.#takeHead();
        if (text !== undefined) return parseRequestHead(text);
        if (isIdle) this.deadline = now() + idleMs;
        const isMore = await this.#reader.fill();
        if (!isMore) return undefined;
        if (isIdle) this.deadline = now() + headerMs;
        isIdle = false;
      }
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return { error, isHead: text?.startsWith(headMethod) ?? this.#reader.startsWith(headMethod) };
    } finally {
      this.deadline = Infinity;
    }
  }

  #takeHead(): string | undefined {
    return this.#reader.hasBuffered ? this.#reader.takeHead() : undefined;
  }

  async #answer(head: RequestHead): Promise<boolean> {
    const { scheme, handler, remoteAddress } = this.#options;
    const body = head.body === 0 ? undefined : new RequestBody({
      reader: this.#reader,
      length: head.body,
      sendContinue: head.expectsContinue ? () => this.#write(continueLine) : undefined,
    });
    const { method, target, host, headers } = head;
    const request = createWireRequest({ scheme, method, target, host, headers, body: body?.stream });
    const response = await handler(request, { remoteAddress });
    const isLast = this.#isEnding || !head.isPersistent || body?.isRead === false ||
      response.headers.get("connection") === "close";
    await this.#send(response, { isHead: method === "HEAD", mayChunk: head.isVersion11, isLast });
    if (body?.isRead === false) await this.#linger();
    return !isLast;
  }

  async #refuse({ error, isHead }: Refusal): Promise<false> {
    await this.#send(errorResponse(error, [apiVersion], isHead), { isHead, mayChunk: true, isLast: true });
    await this.#linger();
    return false;
  }

  async #send(
    response: Response,
    how: { readonly isHead: boolean; readonly mayChunk: boolean; readonly isLast: boolean },
  ): Promise<void> {
    const { now, writeMs } = this.#options;
    await writeResponse(this.#connection, response, {
      ...how,
      onWrite: () => this.deadline = now() + writeMs,
      // A body may take its time, as one that comes from another registry: that is not the client's fault.
      onWritten: () => this.deadline = Infinity,
    });
  }

  /** Lets a client that still sends read its answer: closed at once, the connection would be reset under its hands. */
  async #linger(): Promise<void> {
    const { now, lingerMs } = this.#options;
    this.deadline = now() + lingerMs;
    await this.#connection.closeWrite();
    const buffer = new Uint8Array(64 * 1024);
    for (let left = maxLingerBytes; left > 0;) {
      const count = await this.#connection.read(buffer);
      if (count === null) return;
      left -= count;
    }
  }

  async #write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    for (let at = 0; at < bytes.length;) at += await this.#connection.write(bytes.subarray(at));
  }
}
