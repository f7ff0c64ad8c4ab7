/**
 * Makes web requests of what stood on the wire.
 *
 * @module
 */

import type { Bytes } from "../store/store.ts";

/** What stood on the wire. */
export interface WireRequestParts {
  /** The scheme the server is reached by. */
  readonly scheme: "http" | "https";
  /** The method. */
  readonly method: string;
  /** The target: a path with a query, or a whole URL. */
  readonly target: string;
  /** The value of `Host`; may be empty. */
  readonly host: string;
  /** The headers in order. */
  readonly headers: [name: string, value: string][];
  /** The body, if there is one. */
  readonly body: ReadableStream<Bytes> | undefined;
}

/** The methods that a web request can have as they are written. */
const knownMethods: ReadonlySet<string> = new Set(["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]);
const anyUrl = "http://registry.invalid/";

/** A request that keeps its method and URL as they were written. */
class WireRequest extends Request {
  readonly #method: string;
  readonly #url: string;

  constructor({ scheme, method, target, host, headers, body }: WireRequestParts) {
    const takesBody = body !== undefined && method !== "GET" && method !== "HEAD";
    // Given to the constructor, the URL would lose its `..`, and some methods would be refused, before the registry could.
    super(anyUrl, { method: knownMethods.has(method) ? method : "POST", ...(takesBody ? { body } : {}) });
    // Measured: given to the constructor, each header costs six times as much.
    for (const [name, value] of headers) this.headers.append(name, value);
    this.#method = method;
    const isWhole = !target.startsWith("/") && /^https?:\/\//i.test(target);
    this.#url = isWhole
      ? target
      : `${scheme}://${host || "registry.invalid"}${target.startsWith("/") ? "" : "/"}${target}`;
  }

  override get method(): string {
    return this.#method;
  }

  override get url(): string {
    return this.#url;
  }
}

/**
 * Makes a web request.
 *
 * @param parts What stood on the wire.
 * @returns The request; a body of GET or HEAD is left out.
 */
export function createWireRequest(parts: WireRequestParts): Request {
  return new WireRequest(parts);
}
