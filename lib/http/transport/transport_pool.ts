/**
 * The transports to all hosts, with their connections.
 *
 * @module
 */

import { type Logger, silentLogger } from "../../log.ts";
import type { Host, HostDirectory } from "../../settings/host.ts";
import { systemClock } from "../../schedule/clock.ts";
import { HostTransport } from "./host_transport.ts";
import type { Clock } from "../http_client.ts";
import type { ReadEnv } from "./proxy.ts";
import type { Transport } from "./transport.ts";

/** Options of {@linkcode createTransportPool}. */
export interface TransportPoolOptions {
  /** Gives the hosts' certificates. */
  readonly hosts: HostDirectory;
  /** Gives environment variables: `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`, `SSL_CERT_FILE`. */
  readonly env?: ReadEnv | undefined;
  /** Gives the system's certificate authorities as PEM texts; read from the system by default, and only when needed. */
  readonly systemRoots?: (() => readonly string[] | Promise<readonly string[]>) | undefined;
  /** Where log lines go. */
  readonly logger?: Logger | undefined;
  /** How long a connection may take, in milliseconds; 30 s by default. */
  readonly connectTimeoutMs?: number | undefined;
  /** How long a TLS handshake may take, in milliseconds; 10 s by default. */
  readonly handshakeTimeoutMs?: number | undefined;
  /** Time, replaced in tests. */
  readonly clock?: Pick<Clock, "now" | "sleep"> | undefined;
}

/** The transports to all hosts. */
export interface TransportPool extends AsyncDisposable {
  /**
   * Gives the transport to a host. It is the same for each call, and for all hosts that are set in the same way.
   *
   * The host's TLS mode and certificates hold for every URL that is sent to it, so a request to another host, such as a
   * redirected one, belongs on that one's transport.
   *
   * @param host The host.
   * @returns The transport.
   */
  transport(host: Host): Transport;
  /** Closes all connections, those in use too. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Creates a pool of transports. Nothing is opened, read or loaded before the first request.
 *
 * @param options Certificates, proxies, logger.
 * @returns The pool; dispose of it when done.
 */
export function createTransportPool(options: TransportPoolOptions): TransportPool {
  const { hosts, env, logger = silentLogger, connectTimeoutMs = 30_000, handshakeTimeoutMs = 10_000 } = options;
  const limits = { connectMs: connectTimeoutMs, handshakeMs: handshakeTimeoutMs, clock: options.clock ?? systemClock };
  const opened = new Map<string, HostTransport>();
  let roots: Promise<readonly string[]> | undefined;
  const systemRoots = (): Promise<readonly string[]> => {
    roots ??= options.systemRoots === undefined ? readSystemRoots(env, logger) : Promise.resolve(options.systemRoots());
    return roots;
  };
  return {
    transport(host) {
      const key = JSON.stringify([host.name, host.hostname, host.tls]);
      const transport = opened.get(key) ?? new HostTransport({ host, hosts, systemRoots, env, limits, logger });
      opened.set(key, transport);
      return (request) => transport.send(request);
    },
    async [Symbol.asyncDispose]() {
      const all = [...opened.values()];
      opened.clear();
      await Promise.all(all.map((each) => each[Symbol.asyncDispose]()));
    },
  };
}

async function readSystemRoots(env: ReadEnv | undefined, logger: Logger): Promise<readonly string[]> {
  const { systemRoots } = await import("./system_roots.ts");
  return await systemRoots({ env, logger });
}
