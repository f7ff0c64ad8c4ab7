/**
 * The transport to one host: chooses for each request what to send it with, and whom to trust.
 *
 * | request | goes over |
 * | --- | --- |
 * | any, host set to `tls: insecure` | `node:https` |
 * | no body, or bytes | `fetch` |
 * | stream | a socket of Deno's |
 * | stream, where sockets cannot go (TLS to the proxy, client certificate behind one, SOCKS) | `node:http(s)` |
 * | any, once the host's certificate has turned out to be its own authority | `node:https` |
 * | any https to this machine, while a proxy is set | a socket of Deno's |
 * | any http, through a proxy that speaks TLS | a socket of Deno's |
 * | any, to a port that `fetch` refuses | a socket of Deno's |
 *
 * @module
 */

import type { Logger } from "../../log.ts";
import type { Host, HostDirectory } from "../../settings/host.ts";
import { isBlockedPort } from "./blocked_ports.ts";
import type { ConnectLimits } from "./connect_limits.ts";
import { FetchTransport } from "./fetch_transport.ts";
import type { NodeTransport } from "./node_transport.ts";
import { type ProxyRoute, proxyRoute, type ReadEnv } from "./proxy.ts";
import { canOpenSocket } from "./socket_connect.ts";
import type { SocketTransport } from "./socket_transport.ts";
import type { TransportRequest, TransportResponse } from "./transport.ts";
import { TransportError } from "./transport_error.ts";
import { plainTrust, type Trust } from "./trust.ts";

/** What the transport to a host needs. */
export interface HostTransportOptions {
  /** The host. */
  readonly host: Host;
  /** Gives the host's certificates. */
  readonly hosts: HostDirectory;
  /** Gives the system's authorities; called when a host's certificate is not trusted without them. */
  readonly systemRoots: () => Promise<readonly string[]>;
  /** Gives the proxy variables. */
  readonly env: ReadEnv | undefined;
  /** How long connections may take. */
  readonly limits: ConnectLimits;
  /** Where it is said what was tried. */
  readonly logger: Logger;
}

/** Sends requests to one host. */
export class HostTransport implements AsyncDisposable {
  readonly #options: HostTransportOptions;
  readonly #fetch: FetchTransport;
  #sockets: Promise<SocketTransport> | undefined;
  #node: Promise<NodeTransport> | undefined;
  #trust: Promise<Trust> | undefined;
  #hasSystemRoots = false;
  #isOwnAuthority = false;

  /**
   * Creates the transport; nothing is opened yet.
   *
   * @param options What it needs.
   */
  constructor(options: HostTransportOptions) {
    this.#options = options;
    this.#fetch = new FetchTransport(options.host.name);
  }

  /**
   * Sends a request.
   *
   * @param request The request.
   * @returns The answer.
   * @throws {TransportError} When no answer came; the signal's reason; what the body's stream failed with.
   */
  async send(request: TransportRequest): Promise<TransportResponse> {
    request.signal?.throwIfAborted();
    const route = proxyRoute(request.url, this.#options.env);
    if (request.url.protocol !== "https:" && !isTlsProxy(route)) return await this.#over(request, route, plainTrust);
    for (;;) {
      const trust = await this.#currentTrust();
      try {
        return await this.#over(request, route, trust);
      } catch (error) {
        // A refused certificate ends the connection before anything of the request was sent: it can be sent again.
        if (!(error instanceof TransportError) || !(await this.#canTrustMore(error, trust))) throw error;
      }
    }
  }

  /** Closes all connections, those in use too. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#fetch[Symbol.dispose]();
    (await this.#sockets)?.[Symbol.dispose]();
    await (await this.#node)?.[Symbol.asyncDispose]();
  }

  async #over(request: TransportRequest, route: ProxyRoute, trust: Trust): Promise<TransportResponse> {
    const { url, body } = request;
    const isTls = url.protocol === "https:";
    const isStream = body !== undefined && !(body instanceof Uint8Array);
    const isNode = isTls && (this.#options.host.tls === "insecure" || this.#isOwnAuthority);
    if (isNode || (isStream && !canOpenSocket(url, route, trust))) return await this.#overNode(request, route, trust);
    // Deno's `fetch` would use a proxy in the first case, see `ProxyRoute`; in the second it does not send the credentials.
    const isBeyondFetch = (isTls ? route.kind === "direct" && route.isForced : isTlsProxy(route)) ||
      (isBlockedPort(url) && canOpenSocket(url, route, trust));
    if (!isStream && !isBeyondFetch) return await this.#fetch.send(request, route, trust);
    this.#sockets ??= this.#openSockets();
    return await (await this.#sockets).send(request, route, trust);
  }

  async #overNode(request: TransportRequest, route: ProxyRoute, trust: Trust): Promise<TransportResponse> {
    const isVerified = this.#options.host.tls !== "insecure";
    this.#node ??= this.#openNode(isVerified);
    const node = await this.#node;
    // Node trusts nobody beside the authorities that it is given. A proxy is verified even where the host is not.
    const isChecked = (isVerified && request.url.protocol === "https:") || isTlsProxy(route);
    return await node.send(request, route, isChecked ? await this.#addSystemRoots(trust) : trust);
  }

  async #openSockets(): Promise<SocketTransport> {
    const { SocketTransport } = await import("./socket_transport.ts");
    return new SocketTransport({ ...this.#options.limits, name: this.#options.host.name });
  }

  async #openNode(isVerified: boolean): Promise<NodeTransport> {
    const { NodeTransport } = await import("./node_transport.ts");
    return new NodeTransport({ ...this.#options.limits, name: this.#options.host.name, isVerified });
  }

  #currentTrust(): Promise<Trust> {
    this.#trust ??= this.#readTrust();
    return this.#trust;
  }

  async #readTrust(): Promise<Trust> {
    const { host, hosts, logger } = this.#options;
    const { authorities, client } = await hosts.certificates(host);
    // Deno passes over what is no certificate without a word; a file name in place of its text is a common slip.
    if (authorities.some((pem) => !pem.includes("-----BEGIN CERTIFICATE-----"))) {
      logger.log("warn", "A certificate authority of the host is not in PEM format", { host: host.name });
    }
    return { authorities: host.tls === "insecure" ? [] : authorities, client };
  }

  /** Whether a refused certificate may be accepted in another way, which then is the way for this host from now on. */
  async #canTrustMore(error: TransportError, tried: Trust): Promise<boolean> {
    const { host, logger } = this.#options;
    if (host.tls === "insecure") return false;
    if (error.fault === "authority-as-leaf" && !this.#isOwnAuthority) {
      logger.log("debug", "Certificate is that of an authority, checking it with node:https", { host: host.name });
      this.#isOwnAuthority = true;
      return true;
    }
    return error.fault === "unknown-authority" && (await this.#addSystemRoots(tried)) !== tried;
  }

  /** Loads the system's authorities, once for all requests; the trust stays the same when there are none. */
  async #addSystemRoots(trust: Trust): Promise<Trust> {
    if (!this.#hasSystemRoots) {
      this.#hasSystemRoots = true;
      this.#trust = this.#options.systemRoots().then((roots) => {
        return roots.length === 0 ? trust : { ...trust, authorities: [...trust.authorities, ...roots] };
      });
    }
    return await this.#currentTrust();
  }
}

function isTlsProxy(route: ProxyRoute): boolean {
  return route.kind === "proxy" && route.server.protocol === "https";
}
