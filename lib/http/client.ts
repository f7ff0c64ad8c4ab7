/**
 * The HTTP client: puts together everything that makes a request arrive.
 *
 * @module
 */

import { type Logger, silentLogger } from "../log.ts";
import type { Host } from "../settings/host.ts";
import type { RegistryAuthenticator } from "./auth/registry_authenticator.ts";
import { authenticated } from "./authenticated.ts";
import type { Authenticator } from "./auth/authenticator.ts";
import { systemClock } from "../schedule/clock.ts";
import { type FailoverOptions, sendWithFailover } from "./failover.ts";
import type { Hop, Interceptor, Send } from "./hop.ts";
import type { Clock, HostTraits, HttpClient, HttpClientOptions } from "./http_client.ts";
import { Mirrors } from "./mirrors.ts";
import { paced, Pacing } from "./pacing.ts";
import { redirected } from "./redirect.ts";
import { logged } from "./request_log.ts";
import { sendWatched } from "./stall.ts";
import { throttled } from "./throttled.ts";
import type { Transport } from "./transport/transport.ts";
import { warned } from "./warnings.ts";

/** Options of {@linkcode createHttpClient}. */
export interface CreateHttpClientOptions extends HttpClientOptions {
  /** Authenticates the requests; by default with what the registries ask for and the hosts' credentials. */
  readonly authenticator?: Authenticator | undefined;
}

/**
 * Creates an HTTP client. Nothing is opened or loaded before the first request.
 *
 * @param options Hosts, transport, logger and clock.
 * @returns The client; dispose of it when done.
 */
export function createHttpClient(options: CreateHttpClientOptions): HttpClient {
  const logger = options.logger ?? silentLogger;
  const clock = options.clock ?? systemClock;
  const connections = lazyConnections(options, logger, clock);
  const own = lazyAuthenticator(options, connections.transport, logger, clock);
  const authenticator = options.authenticator ?? own;
  const pacing = new Pacing(clock);
  const mirrors = new Mirrors(options.hosts, pacing, clock);
  const send = stack(
    [
      throttled(clock),
      redirected(options.hosts, clock),
      authenticated(authenticator, clock),
      warned(logger, clock),
      paced(pacing, clock, logger),
      logged(logger),
    ],
    (hop) => transmit(hop, connections.transport(hop.host), clock),
  );
  const failover: FailoverOptions = { ...options, send, authenticator, mirrors, logger, clock };
  const traits = new Map<string, HostTraits>();
  return {
    send: (request) => sendWithFailover(request, failover),
    traits: (registry) => {
      const { hostname } = options.hosts.host(registry);
      const known = traits.get(hostname) ?? newTraits();
      traits.set(hostname, known);
      return known;
    },
    [Symbol.asyncDispose]: async () => {
      await own[Symbol.asyncDispose]();
      await connections.close();
    },
  };
}

/** The first interceptor is the outermost. */
function stack(interceptors: readonly Interceptor[], innermost: Send): Send {
  return interceptors.reduceRight((next, interceptor) => interceptor(next), innermost);
}

/** Methods whose requests have a length even without a body. */
const methodsWithBody = new Set(["POST", "PUT", "PATCH"]);

function transmit(hop: Hop, transport: Transport, clock: Clock): ReturnType<Send> {
  const empty = methodsWithBody.has(hop.method) ? new Uint8Array(0) : undefined;
  return sendWatched(
    (signal, progress) =>
      transport({
        method: hop.method,
        url: hop.url,
        headers: hop.headers,
        body: hop.body?.take(progress) ?? empty,
        signal,
      }),
    hop,
    clock,
  );
}

function newTraits(): HostTraits {
  return {
    minChunkBytes: 0,
    maxBodyBytes: undefined,
    takesSinglePost: undefined,
    mountsAnonymously: false,
    smallUploads: 0,
  };
}

/** The transports of all hosts, loaded with the first request. */
interface Connections {
  transport(host: Host): Transport;
  close(): Promise<void>;
}

function lazyConnections({ hosts, transport, env }: HttpClientOptions, logger: Logger, clock: Clock): Connections {
  if (transport !== undefined) return { transport: () => transport, close: () => Promise.resolve() };
  const open = async () => {
    const { createTransportPool } = await import("./transport/transport_pool.ts");
    return createTransportPool({ hosts, env, logger, clock });
  };
  let pool: ReturnType<typeof open> | undefined;
  return {
    transport: (host) => async (request) => {
      pool ??= open();
      return await (await pool).transport(host)(request);
    },
    close: async () => {
      await (await pool)?.[Symbol.asyncDispose]();
      pool = undefined;
    },
  };
}

/** Authentication is loaded when a registry first refuses a request. */
function lazyAuthenticator(
  { hosts, userAgent }: HttpClientOptions,
  transportFor: (host: Host) => Transport,
  logger: Logger,
  clock: Clock,
): Authenticator & AsyncDisposable {
  const open = async (): Promise<RegistryAuthenticator> => {
    const { createAuthenticator } = await import("./auth/registry_authenticator.ts");
    return opened = createAuthenticator({ hosts, transportFor, userAgent, logger, clock });
  };
  let opening: Promise<RegistryAuthenticator> | undefined;
  let opened: RegistryAuthenticator | undefined;
  return {
    // Before the first refusal nobody has asked for credentials.
    authorize: async (host, want) => await opened?.authorize(host, want),
    challenge: async (host, answer, want, sent) =>
      await (await (opening ??= open())).challenge(host, answer, want, sent),
    refusal: (host, want) => opened?.refusal(host, want),
    [Symbol.asyncDispose]: async () => await opened?.[Symbol.asyncDispose](),
  };
}
