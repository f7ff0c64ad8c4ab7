/**
 * The transport over Deno's own sockets: HTTP/1.1 with an exact `Content-Length`, for bodies that are streams.
 *
 * @module
 */

import type { ConnectLimits } from "./connect_limits.ts";
import { proxyAuthorization, type ProxyRoute } from "./proxy.ts";
import { openSocket } from "./socket_connect.ts";
import { SocketConnection } from "./socket_connection.ts";
import type { TransportRequest, TransportResponse } from "./transport.ts";
import { toTransportError } from "./transport_error.ts";
import type { Trust } from "./trust.ts";

/** How long an idle connection is kept for another request. */
const idleMs = 90_000;

/** What a socket transport needs. */
export interface SocketTransportOptions extends ConnectLimits {
  /** The host's name in references, for errors. */
  readonly name: string;
}

interface Idle {
  readonly connection: SocketConnection;
  readonly sinceMs: number;
}

/** Sends requests over connections of its own, which it keeps for the next. */
export class SocketTransport implements Disposable {
  readonly #options: SocketTransportOptions;
  readonly #idle = new Map<string, Idle[]>();
  readonly #open = new Set<SocketConnection>();
  #isClosed = false;

  /**
   * Creates a transport; nothing is opened yet.
   *
   * @param options What it needs.
   */
  constructor(options: SocketTransportOptions) {
    this.#options = options;
  }

  /**
   * Sends a request.
   *
   * @param request The request.
   * @param route The way there.
   * @param trust Whom to trust, for https.
   * @returns The answer.
   * @throws {TransportError} When no answer came; the signal's reason; what the body's stream failed with.
   */
  async send(request: TransportRequest, route: ProxyRoute, trust: Trust): Promise<TransportResponse> {
    const { url } = request;
    const { name, clock } = this.#options;
    const isForwarded = route.kind === "proxy" && url.protocol === "http:";
    const authorization = isForwarded ? proxyAuthorization(route.server) : undefined;
    const connection = await this.#connection(request, route, trust);
    return await connection.exchange(request, {
      head: requestHead(request, isForwarded ? absolute(url) : `${url.pathname}${url.search}`, authorization),
      clock,
      name,
      onFree: () => this.#keep(url.origin, connection),
    });
  }

  /** Closes all connections, those in use too. */
  [Symbol.dispose](): void {
    this.#isClosed = true;
    for (const connection of this.#open) connection[Symbol.dispose]();
    this.#open.clear();
    this.#idle.clear();
  }

  async #connection(request: TransportRequest, route: ProxyRoute, trust: Trust): Promise<SocketConnection> {
    const { url, signal } = request;
    const idle = this.#takeIdle(url.origin);
    if (idle !== undefined) return idle;
    const proxy = route.kind === "proxy" ? `${route.server.hostname}:${route.server.port}` : undefined;
    try {
      const connection = new SocketConnection(await openSocket({ ...this.#options, url, route, trust, signal }));
      for (const each of this.#open) if (each.isClosed) this.#open.delete(each);
      this.#open.add(connection);
      return connection;
    } catch (error) {
      throw toTransportError(error, { url, signal, proxy, name: this.#options.name });
    }
  }

  /** The connection used last is the one most likely still open. */
  #takeIdle(origin: string): SocketConnection | undefined {
    const list = this.#idle.get(origin) ?? [];
    for (let idle = list.pop(); idle !== undefined; idle = list.pop()) {
      if (idle.connection.isClosed) continue;
      if (this.#options.clock.now() - idle.sinceMs < idleMs) return idle.connection;
      idle.connection[Symbol.dispose]();
    }
    return undefined;
  }

  #keep(origin: string, connection: SocketConnection): void {
    if (this.#isClosed) return connection[Symbol.dispose]();
    connection.rest();
    const list = this.#idle.get(origin) ?? [];
    list.push({ connection, sinceMs: this.#options.clock.now() });
    this.#idle.set(origin, list);
  }
}

/** Headers that belong to the connection and are written by the transport alone. */
const ownHeaders: ReadonlySet<string> = new Set(["connection", "content-length", "host", "transfer-encoding"]);

/** Writes a request's head. `Headers` and `URL` have refused everything that could break out of a line. */
function requestHead(request: TransportRequest, target: string, authorization?: string): Uint8Array<ArrayBuffer> {
  const { method, url, headers, body } = request;
  const lines = [`${method} ${target} HTTP/1.1`, `host: ${url.host}`];
  for (const [name, value] of headers) if (!ownHeaders.has(name)) lines.push(`${name}: ${value}`);
  if (!headers.has("accept")) lines.push("accept: */*");
  if (!headers.has("accept-encoding")) lines.push("accept-encoding: identity");
  if (authorization !== undefined) lines.push(`proxy-authorization: ${authorization}`);
  if (body !== undefined) lines.push(`content-length: ${body.length}`);
  else if (method === "POST" || method === "PUT" || method === "PATCH") lines.push("content-length: 0");
  return Uint8Array.from(`${lines.join("\r\n")}\r\n\r\n`, (character) => character.charCodeAt(0));
}

/** A URL for a proxy: without what must not leave this machine in a request line. */
function absolute(url: URL): string {
  return `${url.origin}${url.pathname}${url.search}`;
}
