/**
 * Serves a registry on a port.
 *
 * @module
 */

import { ApiError, apiVersion, errorResponse, type HeaderList } from "./api_error.ts";
import type { RequestHandler } from "./faults/faults.ts";
import { type Http1ServerOptions, listenHttp1 } from "./http1/http1_server.ts";
import { RunningRequests } from "./running_requests.ts";
import type { TlsCredentials } from "./tls_server.ts";

/** Where a server listens. */
export interface ServeAddress {
  /** The address. */
  readonly hostname: string;
  /** The port. */
  readonly port: number;
  /** Both, with the scheme. */
  readonly url: string;
}

/** Options of {@linkcode serveRegistry}. */
export interface ServeOptions {
  /** The address to listen on; `127.0.0.1` by default. */
  readonly hostname?: string | undefined;
  /** The port; 0, the default, takes any that is free. */
  readonly port?: number | undefined;
  /** Certificate chain and key in PEM, to serve TLS; and the authorities of client certificates, to ask for those. */
  readonly tls?: TlsCredentials | undefined;
  /** Called when the server listens. */
  readonly onListen?: ((address: ServeAddress) => void) | undefined;
  /** Ends the server as `shutdown` does. */
  readonly signal?: AbortSignal | undefined;
  /** How long running requests may take after that, in milliseconds; 10 seconds by default. */
  readonly drainMs?: number | undefined;
  /** How long a client may take to send the head of a request, in milliseconds; 10 seconds by default. */
  readonly headerMs?: number | undefined;
}

/** A server that listens. */
export interface RunningServer extends AsyncDisposable {
  /** Where it listens. */
  readonly address: ServeAddress;
  /** Settles when it has ended. */
  readonly finished: Promise<void>;
  /** Ends it: no new requests, some time for those that run. */
  shutdown(): Promise<void>;
  /**
   * Uses other credentials for TLS connections from now on. Whether client certificates are asked for stays as it was.
   *
   * @param tls The credentials.
   */
  setCredentials(tls: TlsCredentials): void;
}

/**
 * Serves a registry, or any handler of that shape, on a port.
 *
 * @param registry The registry. It is not disposed of with the server.
 * @param options Where and how.
 * @returns The server, once it listens.
 * @throws {Deno.errors.AddrInUse} When the port is taken.
 */
export async function serveRegistry(
  registry: { readonly fetch: RequestHandler },
  options: ServeOptions = {},
): Promise<RunningServer> {
  const running = new RunningRequests();
  let isEnding = false;
  const handler: RequestHandler = (request, info) =>
    isEnding ? Promise.resolve(unavailable(request)) : registry.fetch(request, info);
  const listener = await (options.tls === undefined ? listenPlain : listenSecurely)(handler, options, running);
  const { hostname, port } = listener;
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  const address = { hostname, port, url: `${options.tls === undefined ? "http" : "https"}://${host}:${port}` };

  let ending: Promise<void> | undefined;
  const drain = async (): Promise<void> => {
    isEnding = true;
    listener.close();
    const { drainMs = 10_000 } = options;
    if (await running.settle(drainMs)) {
      // Connections that were busy before are idle now.
      listener.close();
    } else {
      listener.abort();
      // What broke off clears up behind itself.
      await running.settle(Math.min(drainMs, longestFarewellMs));
    }
    await listener.finished;
  };
  const shutdown = (): Promise<void> => ending ??= drain();
  const onAbort = () => void shutdown();
  options.signal?.addEventListener("abort", onAbort, { once: true });
  const finished = listener.finished.then(() => options.signal?.removeEventListener("abort", onAbort));
  options.onListen?.(address);
  if (options.signal?.aborted === true) onAbort();
  return {
    address,
    finished,
    shutdown,
    setCredentials: (tls) => listener.setCredentials?.(tls),
    [Symbol.asyncDispose]: shutdown,
  };
}

/** What accepts connections. */
interface Listener {
  readonly hostname: string;
  readonly port: number;
  readonly finished: Promise<void>;
  readonly setCredentials?: (tls: TlsCredentials) => void;
  close(): void;
  abort(): void;
}

const defaultHeaderMs = 10_000;
const longestFarewellMs = 1000;

function listenPlain(handler: RequestHandler, options: ServeOptions, running: RunningRequests): Listener {
  return listenHttp1(handler, listenOptions(options, running));
}

async function listenSecurely(
  handler: RequestHandler,
  options: ServeOptions,
  running: RunningRequests,
): Promise<Listener> {
  const { listenTls } = await import("./tls_server.ts");
  return await listenTls(handler, { ...listenOptions(options, running), tls: options.tls ?? { cert: "", key: "" } });
}

function listenOptions(options: ServeOptions, running: RunningRequests): Http1ServerOptions {
  const { hostname = "127.0.0.1", port = 0, headerMs = defaultHeaderMs } = options;
  return { hostname, port, running, idleMs: 120_000, headerMs, writeMs: 60_000, lingerMs: 2000 };
}

function unavailable(request: Request): Response {
  const headers: HeaderList = [["connection", "close"], ["retry-after", "1"]];
  const error = new ApiError(503, "UNKNOWN", "the registry is shutting down", { headers });
  return errorResponse(error, [apiVersion], request.method === "HEAD");
}
