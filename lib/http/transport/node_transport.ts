/**
 * The transport over `node:http` and `node:https`, for what Deno's own means cannot do: leaving certificates unchecked for one
 * host, trusting a certificate that is its own authority, and uploading through proxies that need TLS twice or SOCKS.
 *
 * @module
 */

import type { Agent, RequestOptions } from "node:http";
import { BodyError } from "./body_sender.ts";
import type { ConnectLimits } from "./connect_limits.ts";
import { nodeExchange } from "./node_exchange.ts";
import { type ProxyRoute, type ProxyServer, proxyUrl } from "./proxy.ts";
import type { TransportRequest, TransportResponse } from "./transport.ts";
import { toTransportError } from "./transport_error.ts";
import type { Trust } from "./trust.ts";

/** What a Node transport needs. */
export interface NodeTransportOptions extends ConnectLimits {
  /** The host's name in references, for errors. */
  readonly name: string;
  /** Whether certificates are checked. */
  readonly isVerified: boolean;
}

/** Sends requests with `node:http` and `node:https`, which are loaded with the first one. */
export class NodeTransport implements AsyncDisposable {
  readonly #options: NodeTransportOptions;
  readonly #agents = new Map<string, Promise<Agent>>();

  /**
   * Creates a transport; nothing is opened or loaded yet.
   *
   * @param options What it needs.
   */
  constructor(options: NodeTransportOptions) {
    this.#options = options;
  }

  /**
   * Sends a request.
   *
   * @param request The request.
   * @param route The way there.
   * @param trust Whom to trust, for https; here the authorities must be complete, nobody else is trusted.
   * @returns The answer.
   * @throws {TransportError} When no answer came; the signal's reason; what the body's stream failed with.
   */
  async send(request: TransportRequest, route: ProxyRoute, trust: Trust): Promise<TransportResponse> {
    const { url, signal } = request;
    const proxy = route.kind === "proxy" ? `${route.server.hostname}:${route.server.port}` : undefined;
    const target = { url, signal, proxy, name: this.#options.name };
    try {
      const { request: open } = url.protocol === "https:" ? await import("node:https") : await import("node:http");
      const agent = await this.#agent(url, route, trust);
      signal?.throwIfAborted();
      const opened = open(url, { ...this.#requestOptions(request, trust), agent });
      return await nodeExchange(opened, request, target, this.#options);
    } catch (error) {
      throw error instanceof BodyError && !signal?.aborted ? error.cause : toTransportError(error, target);
    }
  }

  /** Closes all connections, those in use too. */
  async [Symbol.asyncDispose](): Promise<void> {
    const agents = [...this.#agents.values()];
    this.#agents.clear();
    for (const result of await Promise.allSettled(agents)) if (result.status === "fulfilled") result.value.destroy();
  }

  #requestOptions({ method, headers: given, body }: TransportRequest, trust: Trust): RequestOptions & TlsOptions {
    const headers: Record<string, string> = { "accept": "*/*", "accept-encoding": "identity" };
    for (const [name, value] of given) headers[name] = value;
    delete headers["transfer-encoding"];
    if (body !== undefined) headers["content-length"] = String(body.length);
    else if (method === "POST" || method === "PUT" || method === "PATCH") headers["content-length"] = "0";
    return {
      method,
      headers,
      minVersion: "TLSv1.2",
      rejectUnauthorized: this.#options.isVerified,
      // Never left to its default: looking that up needs the permission `sys`.
      ca: this.#options.isVerified ? [...trust.authorities] : [],
      ...trust.client,
    };
  }

  /** The agent for a way. It keeps connections, and never uses one for two hosts. */
  #agent(url: URL, route: ProxyRoute, trust: Trust): Promise<Agent> {
    const way = route.kind === "proxy" ? proxyUrl(route.server) : "";
    const key = `${url.protocol} ${way}`;
    const known = this.#agents.get(key);
    if (known !== undefined) return known;
    const agent = route.kind === "proxy" ? proxyAgent(route.server, trust) : plainAgent(url);
    this.#agents.set(key, agent);
    return agent;
  }
}

interface TlsOptions {
  minVersion: "TLSv1.2";
  rejectUnauthorized: boolean;
  ca: string[];
  cert?: string;
  key?: string;
}

async function plainAgent(url: URL): Promise<Agent> {
  if (url.protocol === "http:") return new (await import("node:http")).Agent({ keepAlive: true });
  return new (await import("node:https")).Agent({ keepAlive: true });
}

/** Plain http through an HTTP proxy never comes here: Deno's sockets do that. */
async function proxyAgent(server: ProxyServer, trust: Trust): Promise<Agent> {
  const url = new URL(proxyUrl(server).replace(/^socks5:/, "socks5h:"));
  url.username = encodeURIComponent(server.username);
  url.password = encodeURIComponent(server.password);
  if (server.protocol === "socks5") {
    const { SocksProxyAgent } = await import("../../deps/socks_proxy_agent.ts");
    return new SocksProxyAgent(url, { keepAlive: true });
  }
  const { HttpsProxyAgent } = await import("../../deps/https_proxy_agent.ts");
  return new HttpsProxyAgent(url, { keepAlive: true, ca: [...trust.authorities], minVersion: "TLSv1.2" });
}
