/**
 * A registry backend talking to an embedded registry in memory, every request seen on the way.
 *
 * @module
 */

import { createHttpClient } from "../../lib/http/client.ts";
import { systemClock } from "../../lib/schedule/clock.ts";
import { handlerTransport } from "../../lib/http/transport/handler_transport.ts";
import type { Clock, HttpClient } from "../../lib/http/http_client.ts";
import { type Logger, silentLogger } from "../../lib/log.ts";
import { createRegistryRepository, type RegistryRepository } from "../../lib/registry/registry_repository.ts";
import { createRegistry, type Registry } from "../../lib/server/registry.ts";
import type { Host } from "../../lib/settings/host.ts";
import { testHost, testHosts } from "./client_rig.ts";

/** Answers a request itself, or gives `undefined` to let the registry answer. */
export type Intercept = (request: Request) => Response | undefined | Promise<Response | undefined>;

/** A registry, a client and what went between them. */
export interface RegistryRig extends AsyncDisposable {
  readonly http: HttpClient;
  readonly registry: Registry;
  /** `METHOD /path?query` of each request, in order. */
  readonly requests: string[];
  /** Opens a repository of the registry. */
  open(name: string, options?: { readonly canUseMirrors?: boolean }): RegistryRepository;
}

/** Options of {@linkcode createRegistryRig}. */
export interface RegistryRigOptions {
  readonly intercept?: Intercept;
  readonly host?: Partial<Host>;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

/** The name of the registry in all rigs. */
export const rigRegistry = "registry.example.org";

/** Creates a rig over an empty registry. */
export function createRegistryRig(options: RegistryRigOptions = {}): RegistryRig {
  const registry = createRegistry();
  const requests: string[] = [];
  const clock = options.clock ?? systemClock;
  const http = createHttpClient({
    hosts: testHosts({ [rigRegistry]: options.host ?? {} }),
    userAgent: "test",
    clock,
    logger: options.logger,
    transport: handlerTransport(async (request) => {
      const url = new URL(request.url);
      requests.push(`${request.method} ${url.pathname}${url.search}`);
      return await options.intercept?.(request) ?? await registry.fetch(request);
    }),
  });
  return {
    http,
    registry,
    requests,
    open: (name, { canUseMirrors = true } = {}) =>
      createRegistryRepository({
        http,
        host: testHost(rigRegistry, options.host),
        registry: rigRegistry,
        repository: name,
        canUseMirrors,
        referrersSupport: new Map(),
        logger: options.logger ?? silentLogger,
        clock,
      }),
    async [Symbol.asyncDispose]() {
      await http[Symbol.asyncDispose]();
      await registry[Symbol.asyncDispose]();
    },
  };
}

/** A clock whose waits take no time. */
export const hastyClock: Clock = {
  now: () => Date.now(),
  sleep: (_ms, signal) => signal?.aborted ? Promise.reject(signal.reason) : Promise.resolve(),
  random: () => 0.5,
};
