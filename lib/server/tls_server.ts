/**
 * Serves a handler over TLS with `node:https`: Deno's own TLS listener can neither ask for client certificates nor change
 * its certificate while it runs.
 *
 * @module
 */

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Server } from "node:https";
import { RegkitError } from "../errors.ts";
import type { RequestHandler } from "./faults/faults.ts";
import type { RunningRequests } from "./running_requests.ts";
import { toRequest, writeResponse } from "./tls_bridge.ts";

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
  /** Takes no more connections, and closes those without a request. */
  close(): void;
  /** Breaks all connections. */
  abort(): void;
}

/** Where to listen, and with what. */
export interface TlsServerOptions {
  /** The address. */
  readonly hostname: string;
  /** The port; 0 takes any that is free. */
  readonly port: number;
  /** The credentials. */
  readonly tls: TlsCredentials;
  /** How long a client may take to send its headers, in milliseconds. */
  readonly headerMs: number;
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
  const { createServer } = await import("node:https");
  const isPair = await pairCheck();
  const requirePair = (tls: TlsCredentials): TlsCredentials => {
    if (isPair(tls)) return tls;
    throw new RegkitError("INVALID_SETTINGS", "the TLS certificate and the private key do not belong together", {
      tip: "Give the key that the certificate was made for; the server's own certificate stands first in its file.",
    });
  };
  const asks = options.tls.clientCa !== undefined;
  // By default it looks every half a minute only.
  const connectionsCheckingInterval = Math.min(1000, options.headerMs / 4);
  const server: Server = createServer(
    {
      ...contextOf(requirePair(options.tls)),
      connectionsCheckingInterval,
      ...(asks ? { requestCert: true, rejectUnauthorized: true } : {}),
    },
    (message: IncomingMessage, response: ServerResponse) => {
      options.running.begin();
      void answer(handler, message, response).finally(() => options.running.end());
    },
  );
  server.headersTimeout = options.headerMs;
  // Bodies are watched by the registry, which knows when one stalls; a whole request may take as long as it moves.
  server.requestTimeout = 0;
  const finished = Promise.withResolvers<void>();
  server.on("close", () => finished.resolve());
  const listening = Promise.withResolvers<void>();
  server.once(
    "error",
    (error: Error & { readonly code?: string }) =>
      listening.reject(
        error.code === "EADDRINUSE" ? new Deno.errors.AddrInUse(error.message, { cause: error }) : error,
      ),
  );
  server.listen(options.port, options.hostname, () => listening.resolve());
  await listening.promise;
  const address = server.address();
  const found = typeof address === "object" && address !== null ? address : undefined;
  return {
    hostname: found?.address ?? options.hostname,
    port: found?.port ?? options.port,
    finished: finished.promise,
    setCredentials: (tls) => server.setSecureContext(contextOf(requirePair(tls))),
    close() {
      server.close();
      server.closeIdleConnections();
    },
    abort() {
      server.close();
      server.closeAllConnections();
    },
  };
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

async function answer(handler: RequestHandler, message: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const answered = await handler(toRequest(message), { remoteAddress: message.socket.remoteAddress });
    await writeResponse(answered, response);
  } catch {
    // A handler that throws, or a body that breaks off, leaves the client with a broken connection: nothing may look complete.
    response.destroy();
  }
}

function contextOf({ cert, key, clientCa }: TlsCredentials): { cert: string; key: string; ca?: string } {
  return clientCa === undefined ? { cert, key } : { cert, key, ca: clientCa };
}
