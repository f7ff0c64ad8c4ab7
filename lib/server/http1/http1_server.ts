/**
 * An HTTP/1.1 server on plain TCP. The runtime's own server keeps a part of every body in chunked encoding in memory until its
 * end, and sets no limit to how long a head may take: `docs/decisions/` has what was measured.
 *
 * @module
 */

import type { RequestHandler } from "../faults/faults.ts";
import type { RunningRequests } from "../running_requests.ts";
import type { ConnectionLimits } from "./http1_connection.ts";
import { ServedConnections } from "./served_connections.ts";

/** Where and how to listen. */
export interface Http1ServerOptions extends ConnectionLimits {
  /** The address. */
  readonly hostname: string;
  /** The port; 0 takes any that is free. */
  readonly port: number;
  /** Is told of each request that is being answered. */
  readonly running: RunningRequests;
}

/** A server that listens. */
export interface Http1Server {
  /** The address. */
  readonly hostname: string;
  /** The port. */
  readonly port: number;
  /** Settles when it has ended. */
  readonly finished: Promise<void>;
  /** Takes no more connections, closes those without a request, and the others after theirs. */
  close(): void;
  /** Breaks all connections. */
  abort(): void;
}

/** How long to wait before connections are accepted again, after the system had no more room for one. */
const acceptPauseMs = 100;

/**
 * Listens.
 *
 * @param handler Answers requests.
 * @param options Where and how.
 * @returns The server.
 * @throws {Deno.errors.AddrInUse} When the port is taken.
 */
export function listenHttp1(handler: RequestHandler, options: Http1ServerOptions): Http1Server {
  const { hostname, port, running, ...limits } = options;
  const listener = Deno.listen({ hostname, port, transport: "tcp" });
  const connections = new ServedConnections({ ...limits, scheme: "http", handler, running });
  let isEnding = false;

  const serve = (tcp: Deno.TcpConn): void => {
    tcp.setNoDelay(true);
    connections.serve(tcp, tcp.remoteAddr.hostname);
  };
  const accept = async (): Promise<void> => {
    while (!isEnding) {
      try {
        serve(await listener.accept());
      } catch {
        if (!isEnding) await new Promise((resolve) => setTimeout(resolve, acceptPauseMs));
      }
    }
  };
  const stopAccepting = (): void => {
    if (!isEnding) listener.close();
    isEnding = true;
  };
  const finished = accept().then(() => connections.finish());
  return {
    hostname: listener.addr.hostname,
    port: listener.addr.port,
    finished,
    close() {
      stopAccepting();
      connections.end();
    },
    abort() {
      stopAccepting();
      connections.abort();
    },
  };
}
