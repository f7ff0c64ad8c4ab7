/**
 * A transport pool for tests, and what its requests are made of.
 *
 * @module
 */

import type { Logger, LogLevel } from "../../lib/log.ts";
import type { Host, HostCertificates, HostDirectory, TlsMode } from "../../lib/settings/host.ts";
import type { Transport, TransportRequest, TransportResponse } from "../../lib/http/transport/transport.ts";
import {
  createTransportPool,
  type TransportPool,
  type TransportPoolOptions,
} from "../../lib/http/transport/transport_pool.ts";

/** Options of {@linkcode transportRig}. */
export interface TransportRigOptions extends Partial<TransportPoolOptions> {
  /** How the host is spoken to; `disabled` by default. */
  readonly tls?: TlsMode;
  /** Certificates of the host. */
  readonly certificates?: HostCertificates;
}

/** A pool and its transport to one host. */
export interface TransportRig extends AsyncDisposable {
  readonly pool: TransportPool;
  readonly transport: Transport;
  /** Sends a request without a body, or the one given. */
  send(url: string, request?: Partial<TransportRequest>): Promise<TransportResponse>;
  /** What was logged. */
  readonly lines: { readonly level: LogLevel; readonly message: string }[];
}

/** A host with every default. */
export function testHost(name: string, tls: TlsMode): Host {
  return {
    name,
    hostname: name,
    tls,
    pathPrefix: "",
    mirrors: [],
    priority: 0,
    repoAuth: false,
    apiOpts: {},
    stallTimeoutMs: 60_000,
  };
}

/** Makes a pool that knows one host and, unless told otherwise, no system roots and no proxies. */
export function transportRig(options: TransportRigOptions = {}): TransportRig {
  const { tls = "disabled", certificates = { authorities: [] }, ...rest } = options;
  const lines: { level: LogLevel; message: string }[] = [];
  const logger: Logger = {
    isEnabled: () => true,
    log: (level, message, fields) => lines.push({ level, message: `${message} ${JSON.stringify(fields ?? {})}` }),
  };
  const hosts: HostDirectory = {
    host: (name) => testHost(name, tls),
    credential: () => Promise.resolve(undefined),
    certificates: () => Promise.resolve(certificates),
  };
  const pool = createTransportPool({ hosts, systemRoots: () => [], logger, ...rest });
  const transport = pool.transport(testHost("registry.test", tls));
  return {
    pool,
    transport,
    lines,
    send: (url, request) => transport({ method: "GET", url: new URL(url), headers: new Headers(), ...request }),
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  };
}

/** A stream of equal chunks that tells how much of it was taken and why it was cancelled. */
export class ChunkStream {
  /** The stream. */
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Chunks taken so far. */
  taken = 0;
  /** Settles with the reason when it is cancelled. */
  readonly cancelled: Promise<unknown>;

  /** Makes a stream of `count` chunks of `bytes` bytes each. */
  constructor(count: number, bytes: number) {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    this.cancelled = promise;
    this.stream = new ReadableStream({
      pull: (controller) => {
        if (this.taken >= count) return controller.close();
        this.taken++;
        controller.enqueue(new Uint8Array(bytes).fill(97));
      },
      cancel: resolve,
    }, { highWaterMark: 0 });
  }
}

/** Reads a body as text. */
export async function bodyText(response: TransportResponse): Promise<string> {
  return await new Response(response.body).text();
}
