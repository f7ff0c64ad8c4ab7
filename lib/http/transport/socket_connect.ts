/**
 * Opens sockets for HTTP/1.1: straight or through a proxy, plain or with TLS.
 *
 * @module
 */

import type { ConnectLimits } from "./connect_limits.ts";
import { Http1Reader } from "./http1_reader.ts";
import { proxyAuthorization, type ProxyRoute, type ProxyServer } from "./proxy.ts";
import { TimeLimit, untilAborted } from "./time_limit.ts";
import { FaultError } from "./transport_fault.ts";
import { hostAndPort, newTransportError, portOf, type TransportError } from "./transport_error.ts";
import type { Trust } from "./trust.ts";

/** What a socket is opened with. */
export interface SocketConnectOptions extends ConnectLimits {
  /** Where the request goes. */
  readonly url: URL;
  /** The way there. */
  readonly route: ProxyRoute;
  /** Whom to trust. */
  readonly trust: Trust;
  /** Ends the wait. */
  readonly signal?: AbortSignal | undefined;
}

/** A connection, with or without TLS. */
export type Socket = Deno.TcpConn | Deno.TlsConn;

/**
 * Tells whether Deno's sockets can go the way of a request: they cannot do TLS within TLS, show a client certificate behind a
 * proxy, or speak SOCKS.
 *
 * @param url Where the request goes.
 * @param route The way there.
 * @param trust Whom to trust.
 * @returns Whether {@linkcode openSocket} can be used.
 */
export function canOpenSocket(url: URL, route: ProxyRoute, trust: Trust): boolean {
  if (route.kind === "direct") return true;
  if (url.protocol === "http:") return route.server.protocol !== "socks5";
  return route.server.protocol === "http" && trust.client === undefined;
}

/**
 * Opens a socket on which the request can be written: to its host, or to the proxy that takes requests for it.
 *
 * @param options Where to, which way, trusting whom.
 * @returns The socket, its TLS handshake done.
 * @throws {TransportError} `TIMEOUT` when it took too long, `TRANSPORT` when the proxy refused.
 * @throws Deno's errors, to be mapped by the caller.
 */
export async function openSocket(options: SocketConnectOptions): Promise<Socket> {
  const { url, route } = options;
  if (route.kind === "direct") {
    return await (url.protocol === "https:"
      ? openTls(options, hostOf(url), portOf(url))
      : openTcp(options, hostOf(url), portOf(url)));
  }
  const { server } = route;
  const proxyHost = server.hostname.replace(/^\[(.*)\]$/, "$1");
  if (server.protocol === "https") return await openTls(options, proxyHost, server.port);
  const conn = await openTcp(options, proxyHost, server.port);
  if (url.protocol === "http:") return conn;
  return await closingOnError(conn, async () => {
    await limited(options, options.connectMs, openTunnel(conn, url, server));
    return await wrapTls(conn, hostOf(url), options);
  });
}

async function openTcp(options: SocketConnectOptions, hostname: string, port: number): Promise<Deno.TcpConn> {
  using limit = timeLimit(options, options.connectMs);
  const conn = await Deno.connect({ hostname, port, signal: limit.signal }).catch((error) => {
    throw limit.signal.aborted ? limit.signal.reason : error;
  });
  // Head and body are written one after the other: the second must not wait for the first to be acknowledged.
  conn.setNoDelay(true);
  return conn;
}

/** Opens TLS; upon a TCP connection where possible, since only that can be given up cleanly and be told not to delay. */
async function openTls(options: SocketConnectOptions, hostname: string, port: number): Promise<Deno.TlsConn> {
  const { authorities, client } = options.trust;
  if (client === undefined) {
    const conn = await openTcp(options, hostname, port);
    return await closingOnError(conn, () => wrapTls(conn, hostname, options));
  }
  const { cert, key } = client;
  const connecting = Deno.connectTls({
    hostname,
    port,
    caCerts: [...authorities],
    cert,
    key,
    alpnProtocols: ["http/1.1"],
  });
  const conn = await limited(options, options.connectMs, connecting, (late) => late.close());
  return await closingOnError(conn, () => shakeHands(conn, options));
}

async function wrapTls(conn: Deno.TcpConn, hostname: string, options: SocketConnectOptions): Promise<Deno.TlsConn> {
  const caCerts = [...options.trust.authorities];
  const tls = await Deno.startTls(conn, { hostname, caCerts, alpnProtocols: ["http/1.1"] });
  return await closingOnError(tls, () => shakeHands(tls, options));
}

async function shakeHands(conn: Deno.TlsConn, options: SocketConnectOptions): Promise<Deno.TlsConn> {
  await limited(options, options.handshakeMs, conn.handshake());
  return conn;
}

/** Asks a proxy for a tunnel. */
async function openTunnel(conn: Deno.TcpConn, url: URL, server: ProxyServer): Promise<void> {
  const authority = hostAndPort(url);
  const authorization = proxyAuthorization(server);
  const lines = [`CONNECT ${authority} HTTP/1.1`, `Host: ${authority}`];
  if (authorization !== undefined) lines.push(`Proxy-Authorization: ${authorization}`);
  const head = new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\n`);
  for (let at = 0; at < head.length;) at += await conn.write(head.subarray(at));
  const { status } = await new Http1Reader(conn).readHead("CONNECT");
  if (status < 200 || status > 299) throw proxyRefusal(url, server, status);
}

/**
 * Makes the error of a proxy that does not let a request through.
 *
 * @param url Where the request was going.
 * @param server The proxy.
 * @param status What it answered.
 * @returns The error.
 */
export function proxyRefusal(url: URL, server: ProxyServer, status: number): TransportError {
  const proxy = `${server.hostname}:${server.port}`;
  const reason = status === 407 ? "it wants a user name and password, or others" : "it refuses the connection";
  return newTransportError("proxy", { url, proxy }, new FaultError("proxy", `${reason} (status ${status})`));
}

/** The host name as sockets and certificates have it: IPv6 without brackets. */
function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, "$1");
}

function timeLimit(options: SocketConnectOptions, ms: number): TimeLimit {
  return new TimeLimit(ms, options.signal, options.clock, () => newTransportError("timeout", { url: options.url }));
}

async function limited<T>(
  options: SocketConnectOptions,
  ms: number,
  promise: Promise<T>,
  onLate?: (value: T) => void,
): Promise<T> {
  using limit = timeLimit(options, ms);
  return await untilAborted(promise, limit.signal, onLate);
}

/** Runs a step on a connection and closes that if the step fails; a failed TLS start may have closed it already. */
async function closingOnError<T>(conn: Socket, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    closeQuietly(conn);
    throw error;
  }
}

function closeQuietly(conn: Socket): void {
  try {
    conn.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}
