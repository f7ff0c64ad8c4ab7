/**
 * The facade: from references to repositories. The only place that knows which backend a reference means.
 *
 * @module
 */

import { createHttpClient } from "./http/client.ts";
import { systemClock } from "./schedule/clock.ts";
import type { Clock, HttpClient } from "./http/http_client.ts";
import type { Transport } from "./http/transport/transport.ts";
import { openLayout } from "./layout/layout_repository.ts";
import { type Logger, silentLogger } from "./log.ts";
import { parseReference } from "./reference/parse.ts";
import type { Reference } from "./reference/reference.ts";
import type { ReferrersSupport } from "./registry/referrers.ts";
import { type CatalogOptions, type CatalogPage, listCatalog, pingRegistry } from "./registry/ping.ts";
import { createRegistryRepository } from "./registry/registry_repository.ts";
import type { CallOptions, Repository } from "./repository.ts";
import { createHostDirectory } from "./settings/host_directory.ts";
import type { HostDirectory } from "./settings/host.ts";

/** Options of a {@linkcode Client}. */
export interface ClientOptions {
  /** Hosts, credentials and certificates; by default only what is built in: Docker Hub's names, https everywhere. */
  readonly hosts?: HostDirectory | undefined;
  /** `User-Agent` of all requests. */
  readonly userAgent?: string | undefined;
  /** Sends the requests instead of `fetch`; for tests and for talking to an embedded registry in memory. */
  readonly transport?: Transport | undefined;
  /** Looks up environment variables for proxies and certificate bundles; none by default. */
  readonly env?: ((name: string) => string | undefined) | undefined;
  /** Where log lines go; nowhere by default. */
  readonly logger?: Logger | undefined;
  /** Time and randomness, replaced in tests. */
  readonly clock?: Clock | undefined;
  /** A request that would wait longer than this before it is repeated fails instead, in milliseconds; no limit by default. */
  readonly maxRetryWaitMs?: number | undefined;
  /** The time put into layouts instead of now, in seconds since 1970 (`SOURCE_DATE_EPOCH`). */
  readonly sourceDateEpoch?: number | undefined;
}

/** Options of {@linkcode Client.repository}. */
export interface RepositoryOptions {
  /** Whether it will be written to: then mirrors are never asked. `false` by default. */
  readonly isTarget?: boolean | undefined;
}

/**
 * Opens repositories by reference. One client shares connections, tokens and what it learns about registries.
 *
 * @example
 * ```ts
 * import { Client, createRegistry, handlerTransport } from "@regkit/regkit";
 * import assert from "node:assert/strict";
 *
 * await using registry = createRegistry();
 * await using client = new Client({ transport: handlerTransport((request) => registry.fetch(request)) });
 * await client.ping("registry.example.org");
 * await using repository = client.repository("registry.example.org/app");
 * assert.equal(repository.name, "registry.example.org/app");
 * ```
 */
export class Client implements AsyncDisposable {
  readonly #http: HttpClient;
  readonly #hosts: HostDirectory;
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #sourceDateEpoch: number | undefined;
  readonly #referrersSupport: ReferrersSupport = new Map();

  /**
   * Creates a client. Nothing is read or sent before it is asked for something.
   *
   * @param options Hosts, transport and logger.
   */
  constructor(options: ClientOptions = {}) {
    this.#logger = options.logger ?? silentLogger;
    this.#clock = options.clock ?? systemClock;
    this.#hosts = options.hosts ?? createHostDirectory({ logger: this.#logger });
    this.#sourceDateEpoch = options.sourceDateEpoch;
    this.#http = createHttpClient({
      hosts: this.#hosts,
      userAgent: options.userAgent ?? "regkit",
      transport: options.transport,
      env: options.env,
      logger: this.#logger,
      clock: this.#clock,
      maxRetryWaitMs: options.maxRetryWaitMs,
    });
  }

  /**
   * Opens the repository that a reference names. Its tag and digest do not matter.
   *
   * @param reference The reference, as text or parsed.
   * @param options Whether it will be written to.
   * @returns The repository; dispose it when done.
   * @throws {RegkitError} `INVALID_REFERENCE` when the text is no reference.
   */
  repository(reference: Reference | string, options: RepositoryOptions = {}): Repository {
    const parsed = typeof reference === "string" ? parseReference(reference) : reference;
    if (parsed.scheme === "ocidir") {
      return openLayout(parsed.path, {
        logger: this.#logger,
        clock: this.#clock,
        sourceDateEpoch: this.#sourceDateEpoch,
      });
    }
    return createRegistryRepository({
      http: this.#http,
      host: this.#hosts.host(parsed.registry),
      registry: parsed.registry,
      repository: parsed.repository,
      canUseMirrors: options.isTarget !== true,
      referrersSupport: this.#referrersSupport,
      logger: this.#logger,
      clock: this.#clock,
    });
  }

  /**
   * Asks a registry whether it is there and lets the caller in (distribution-spec end-1).
   *
   * @param registry The registry's name.
   * @param options `signal` ends it early.
   * @returns The response headers.
   * @throws {RegkitError} When it does not answer, or refuses.
   */
  ping(registry: string, options: CallOptions = {}): Promise<Headers> {
    return pingRegistry(this.#http, registry, options);
  }

  /**
   * Lists the repositories of a registry page by page.
   *
   * @param registry The registry's name.
   * @param options Limit, start and signal.
   * @returns The pages; with a limit only the first.
   * @throws {RegkitError} When the registry has no catalog, or refuses.
   */
  catalog(registry: string, options: CatalogOptions = {}): AsyncIterable<CatalogPage> {
    return listCatalog(this.#http, registry, options);
  }

  /** Closes connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#http[Symbol.asyncDispose]();
  }
}
