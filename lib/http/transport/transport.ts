/**
 * The transport: sends one HTTP request and gives its answer, without retries, authentication or redirects.
 *
 * `fetch`, `node:http`, and a server's handler in memory all fit this shape.
 *
 * @module
 */

/** A request body whose length is known: bytes, or a stream of exactly `length` bytes. */
export type TransportBody = Uint8Array<ArrayBuffer> | {
  /** Exactly `length` bytes. */
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** The length in bytes, sent as `Content-Length`. */
  readonly length: number;
};

/** One HTTP request. */
export interface TransportRequest {
  /** The method. */
  readonly method: string;
  /** The full URL. */
  readonly url: URL;
  /** The headers, without those of the transport itself. */
  readonly headers: Headers;
  /** The body, if any. */
  readonly body?: TransportBody | undefined;
  /** Ends request and answer early. */
  readonly signal?: AbortSignal | undefined;
}

/** One HTTP answer. Who receives it reads its body to the end or cancels it. */
export interface TransportResponse {
  /** The status. */
  readonly status: number;
  /** The headers. */
  readonly headers: Headers;
  /** The body; `null` when there can be none. May be a byte stream, which large reads use with their own buffers. */
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>> | null;
  /** The URL that answered. */
  readonly url: URL;
}

/**
 * Sends one request.
 *
 * @throws {RegkitError} `DNS`, `TLS`, `TRANSPORT`, `TIMEOUT` when no answer came; the signal's reason when it was aborted.
 */
export type Transport = (request: TransportRequest) => Promise<TransportResponse>;
