/**
 * The connections of one server, whatever they go over: each is served, and ended when it stalls.
 *
 * @module
 */

import { Http1Connection, type Http1ConnectionOptions } from "./http1_connection.ts";
import type { ByteConnection } from "./request_reader.ts";

/** What the connections of a server have in common. */
export type ServedConnectionsOptions = Omit<Http1ConnectionOptions, "now" | "remoteAddress">;

const longestSweepMs = 1000;

/** The connections of one server. */
export class ServedConnections {
  readonly #options: ServedConnectionsOptions;
  readonly #connections = new Set<Http1Connection>();
  readonly #sweeper: ReturnType<typeof setInterval>;
  // One timer for all connections, and a clock that it moves, cost less than those of each request.
  #time = performance.now();
  readonly #now = (): number => this.#time;

  /**
   * Prepares for connections, until {@linkcode ServedConnections.finish} is called.
   *
   * @param options What they have in common.
   */
  constructor(options: ServedConnectionsOptions) {
    this.#options = options;
    const { idleMs, headerMs, writeMs, lingerMs } = options;
    const sweepMs = Math.min(longestSweepMs, ...[idleMs, headerMs, writeMs, lingerMs].map((limit) => limit / 4));
    this.#sweeper = setInterval(() => this.#sweep(), sweepMs);
  }

  /**
   * Serves a connection.
   *
   * @param connection The connection.
   * @param remoteAddress The address of the client.
   */
  serve(connection: ByteConnection, remoteAddress: string): void {
    const served = new Http1Connection(connection, { ...this.#options, remoteAddress, now: this.#now });
    this.#connections.add(served);
    void served.run();
    void served.closed.then(() => this.#connections.delete(served));
  }

  /** Closes those without a request, and the others after theirs. */
  end(): void {
    for (const connection of this.#connections) connection.end();
  }

  /** Breaks them all. */
  abort(): void {
    for (const connection of this.#connections) connection.close();
  }

  /**
   * Waits for the end of all of them; none may be added any more.
   *
   * @returns When all are closed.
   */
  async finish(): Promise<void> {
    await Promise.all([...this.#connections].map(({ closed }) => closed));
    clearInterval(this.#sweeper);
  }

  #sweep(): void {
    this.#time = performance.now();
    for (const connection of this.#connections) if (connection.deadline < this.#time) connection.close();
  }
}
