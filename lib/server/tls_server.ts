/**
 * Serves a handler over TLS with `node:tls`: Deno's own TLS listener can neither ask for client certificates nor change
 * its certificate while it runs. HTTP is spoken as without TLS, by `http1/`.
 *
 * @module
 */

import type { Socket } from "node:net";
import type { Server, TLSSocket } from "node:tls";
import { RegkitError } from "../errors.ts";
import type { RequestHandler } from "./faults/faults.ts";
import type { ConnectionLimits } from "./http1/http1_connection.ts";
import { ServedConnections } from "./http1/served_connections.ts";
import type { RunningRequests } from "./running_requests.ts";
import { TlsConnection } from "./tls_bridge.ts";

/** Certificate, key and authorities, PEM texts. */
export interface TlsCredentials {
  /** The certificate chain. */
  readonly cert: string;
  /** Its private key. */
  readonly key: string;
  /** The authorities of client certificates; with them every client must show one. */
  readonly clientCa?: string | undefined;
}

/** A server that listens with TLS. */
export interface TlsServer {
  /** The address. */
  readonly hostname: string;
  /** The port. */
  readonly port: number;
  /** Settles when it has ended. */
  readonly finished: Promise<void>;
  /** Uses other credentials for connections from now on; throws when certificate and key do not belong together. */
  setCredentials(credentials: TlsCredentials): void;
  /** Takes no more connections, closes those without a request, and the others after theirs. */
  close(): void;
  /** Breaks all connections. */
  abort(): void;
}

/** Where to listen, and with what. */
export interface TlsServerOptions extends ConnectionLimits {
  /** The address. */
  readonly hostname: string;
  /** The port; 0 takes any that is free. */
  readonly port: number;
  /** The credentials. */
  readonly tls: TlsCredentials;
  /** Is told of each request that is being answered. */
  readonly running: RunningRequests;
}

/**
 * Listens with TLS.
 *
 * @param handler Answers requests.
 * @param options Where, and with what.
 * @returns The server, once it listens.
 * @throws {Deno.errors.AddrInUse} When the port is taken.
 * @throws {RegkitError} `INVALID_SETTINGS` when certificate and key do not belong together.
 */
export async function listenTls(handler: RequestHandler, options: TlsServerOptions): Promise<TlsServer> {
  const { hostname, port, tls, running, ...limits } = options;
  const { createServer } = await import("node:tls");
  const isPair = await pairCheck();
  const requirePair = (credentials: TlsCredentials): TlsCredentials => {
    if (isPair(credentials)) return credentials;
    throw new RegkitError("INVALID_SETTINGS", "the TLS certificate and the private key do not belong together", {
      tip: "Give the key that the certificate was made for; the server's own certificate stands first in its file.",
    });
  };
  const settings = {
    ...contextOf(requirePair(tls)),
    ALPNProtocols: ["http/1.1"],
    // Clients may end their side after the last request: what they asked for is still to be answered.
    allowHalfOpen: true,
    noDelay: true,
    handshakeTimeout: limits.headerMs,
    ...(tls.clientCa === undefined ? {} : { requestCert: true, rejectUnauthorized: true }),
  };
  const server = createServer(settings);
  const sockets = new TcpSockets();
  const connections = new ServedConnections({ ...limits, scheme: "https", handler, running });
  server.on("secureConnection", (socket: TLSSocket) => {
    connections.serve(new TlsConnection(socket, sockets.secured(socket)), socket.remoteAddress ?? "");
  });
  server.on("connection", (socket: Socket) => sockets.add(socket));
  // A handshake that takes too long is only told of: without this the client could go on holding the connection.
  server.on("tlsClientError", (_error: Error, socket: TLSSocket) => socket.destroy());
  const closed = Promise.withResolvers<void>();
  server.on("close", () => closed.resolve());
  const finished = closed.promise.then(() => connections.finish());
  try {
    await listening(server, hostname, port);
  } catch (error) {
    closed.resolve();
    throw error;
  }
  const address = server.address();
  const found = typeof address === "object" && address !== null ? address : undefined;
  return {
    hostname: found?.address ?? hostname,
    port: found?.port ?? port,
    finished,
    setCredentials: (next) => server.setSecureContext(contextOf(requirePair(next))),
    close() {
      server.close();
      sockets.endHandshakes();
      connections.end();
    },
    abort() {
      server.close();
      connections.abort();
      sockets.abort();
    },
  };
}

async function listening(server: Server, hostname: string, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  // Once it listens, errors are those of single connections that could not be accepted: nothing is to be done about them.
  server.on(
    "error",
    (error: Error & { readonly code?: string }) =>
      reject(error.code === "EADDRINUSE" ? new Deno.errors.AddrInUse(error.message, { cause: error }) : error),
  );
  server.listen(port, hostname, resolve);
  await promise;
}

/** What TLS goes over: the sockets that came in, by the address of their other end. */
class TcpSockets {
  readonly #open = new Map<string, Socket>();
  readonly #inHandshake = new Set<Socket>();

  add(socket: Socket): void {
    const end = otherEnd(socket);
    this.#open.set(end, socket);
    this.#inHandshake.add(socket);
    socket.once("close", () => {
      this.#inHandshake.delete(socket);
      if (this.#open.get(end) === socket) this.#open.delete(end);
    });
  }

  /** Gives what a socket goes over, whose handshake is done. */
  secured(secure: TLSSocket): Socket | undefined {
    const socket = this.#open.get(otherEnd(secure));
    if (socket !== undefined) this.#inHandshake.delete(socket);
    return socket;
  }

  endHandshakes(): void {
    for (const socket of this.#inHandshake) socket.destroy();
  }

  abort(): void {
    this.endHandshakes();
    for (const socket of this.#open.values()) socket.destroy();
  }
}

function otherEnd({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

/** Without this check a wrong pair is noticed by nobody but the clients, whose connections all break. */
async function pairCheck(): Promise<(tls: TlsCredentials) => boolean> {
  const { createPrivateKey, X509Certificate } = await import("node:crypto");
  return ({ cert, key }) => {
    let certificate: InstanceType<typeof X509Certificate>;
    let privateKey: ReturnType<typeof createPrivateKey>;
    try {
      certificate = new X509Certificate(cert);
      privateKey = createPrivateKey(key);
    } catch {
      // Kinds that are not understood here may be understood by the server.
      return true;
    }
    return certificate.checkPrivateKey(privateKey);
  };
}

function contextOf({ cert, key, clientCa }: TlsCredentials): { cert: string; key: string; ca?: string } {
  return clientCa === undefined ? { cert, key } : { cert, key, ca: clientCa };
}
