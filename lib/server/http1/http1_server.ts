/**
 * An HTTP/1.1 server on plain TCP. The runtime's own server keeps a part of every body in chunked encoding in memory until its
 * end, and sets no limit to how long a head may take: `docs/decisions/` has what was measured.
 *
 * @module
 */

import type { RequestHandler } from "../faults/faults.ts";
import type { RunningRequests } from "../running_requests.ts";
import { type ConnectionLimits, Http1Connection } from "./http1_connection.ts";

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

const longestSweepMs = 1000;
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
  const connections = new Set<Http1Connection>();
  let isEnding = false;

  // One timer for all connections, and a clock that it moves, cost less than those of each request.
  let time = performance.now();
  const now = (): number => time;
  const sweepMs = Math.min(longestSweepMs, ...Object.values(limits).map((limit) => limit / 4));
  const sweeper = setInterval(() => {
    time = performance.now();
    for (const connection of connections) if (connection.deadline < time) connection.close();
  }, sweepMs);

  const serve = async (tcp: Deno.TcpConn): Promise<void> => {
    tcp.setNoDelay(true);
    const { hostname: remoteAddress } = tcp.remoteAddr;
    const connection = new Http1Connection(tcp, { ...limits, handler, remoteAddress, running, now });
    connections.add(connection);
    void connection.run();
    await connection.closed;
    connections.delete(connection);
  };
  const served = new Set<Promise<void>>();
  const accept = async (): Promise<void> => {
    while (!isEnding) {
      try {
        const one: Promise<void> = serve(await listener.accept()).finally(() => served.delete(one));
        served.add(one);
      } catch {
        if (!isEnding) await new Promise((resolve) => setTimeout(resolve, acceptPauseMs));
      }
    }
  };
  const stopAccepting = (): void => {
    if (!isEnding) listener.close();
    isEnding = true;
  };
  const finished = accept().then(async () => {
    await Promise.all(served);
    clearInterval(sweeper);
  });
  return {
    hostname: listener.addr.hostname,
    port: listener.addr.port,
    finished,
    close() {
      stopAccepting();
      for (const connection of connections) connection.end();
    },
    abort() {
      stopAccepting();
      for (const connection of connections) connection.close();
    },
  };
}
