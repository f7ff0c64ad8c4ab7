/**
 * The transport over `fetch`: for requests without a body and with bodies that are bytes, whose length it keeps.
 *
 * @module
 */

import { RegkitError } from "../../errors.ts";
import { type ProxyRoute, proxyUrl } from "./proxy.ts";
import type { TransportRequest, TransportResponse } from "./transport.ts";
import { portOf, toTransportError } from "./transport_error.ts";
import type { Trust } from "./trust.ts";

/** How long an idle connection is kept for another request (registry-client.md §4.2). */
const idleMs = 90_000;

/** Sends requests with `fetch`, with a client of Deno's for each way and each trust. */
export class FetchTransport implements Disposable {
  readonly #name: string;
  readonly #clients = new Map<string, { client: Deno.HttpClient; trust: Trust }>();
  readonly #outdated: Deno.HttpClient[] = [];
  readonly #life = new AbortController();

  /**
   * Creates a transport; nothing is opened yet.
   *
   * @param name The host's name in references, for errors.
   */
  constructor(name: string) {
    this.#name = name;
  }

  /**
   * Sends a request.
   *
   * @param request The request; its body is not a stream.
   * @param route The way there.
   * @param trust Whom to trust, for https.
   * @returns The answer; its body is a byte stream, and reading it may fail with errors of Deno's.
   * @throws {TransportError} When no answer came; the signal's reason.
   */
  async send(request: TransportRequest, route: ProxyRoute, trust: Trust): Promise<TransportResponse> {
    const { method, url, body, signal } = request;
    const proxy = route.kind === "proxy" ? `${route.server.hostname}:${route.server.port}` : undefined;
    const headers = new Headers(request.headers);
    if (!headers.has("accept-encoding")) headers.set("accept-encoding", "identity");
    try {
      const response = await fetch(url, {
        method,
        headers,
        redirect: "manual",
        client: this.#client(url, route, trust),
        signal: signal === undefined ? this.#life.signal : AbortSignal.any([signal, this.#life.signal]),
        ...(body instanceof Uint8Array ? { body } : {}),
      });
      return { status: response.status, headers: response.headers, body: response.body, url };
    } catch (error) {
      throw toTransportError(error, { url, signal, proxy, name: this.#name });
    }
  }

  /** Closes all connections, those in use too. */
  [Symbol.dispose](): void {
    // Closing a client leaves alone what it still carries.
    this.#life.abort(new RegkitError("ABORTED", `the connections to ${this.#name} were closed`));
    for (const { client } of this.#clients.values()) client.close();
    for (const client of this.#outdated) client.close();
    this.#clients.clear();
    this.#outdated.length = 0;
  }

  /** The client for a way; when it has come to trust more, a new one. What the old one carries goes on. */
  #client(url: URL, route: ProxyRoute, trust: Trust): Deno.HttpClient {
    const key = wayKey(url, route);
    const known = this.#clients.get(key);
    if (known !== undefined && known.trust === trust) return known.client;
    if (known !== undefined) this.#outdated.push(known.client);
    const client = Deno.createHttpClient({
      caCerts: [...trust.authorities],
      poolIdleTimeout: idleMs,
      ...(trust.client === undefined ? {} : { cert: trust.client.cert, key: trust.client.key }),
      ...proxyOption(url, route),
    });
    this.#clients.set(key, { client, trust });
    return client;
  }
}

/** Names a way: one client serves all requests that go the same. */
function wayKey(url: URL, route: ProxyRoute): string {
  if (route.kind === "proxy") return proxyUrl(route.server);
  return route.isForced ? url.host : "";
}

/**
 * What makes a client go a way. Deno reads the proxy variables itself, and has no option against that; giving the host
 * itself as a "proxy" of raw TCP keeps it from doing so, for plain http.
 */
function proxyOption(url: URL, route: ProxyRoute): { proxy?: Deno.Proxy } {
  if (route.kind === "direct") {
    if (!route.isForced) return {};
    return { proxy: { transport: "tcp", hostname: url.hostname.replace(/^\[(.*)\]$/, "$1"), port: portOf(url) } };
  }
  const { username, password } = route.server;
  const address = proxyUrl(route.server);
  return { proxy: username === "" ? { url: address } : { url: address, basicAuth: { username, password } } };
}
