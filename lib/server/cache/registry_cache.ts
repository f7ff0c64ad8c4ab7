/**
 * The pull-through cache: a registry's read requests for repositories of others are answered from its store, which is filled
 * from the upstreams as clients ask.
 *
 * @module
 */

import { ApiError } from "../api_error.ts";
import { sendBlob } from "../endpoints/blobs_get.ts";
import type { Exchange } from "../exchange.ts";
import { getManifest, sendManifest } from "../endpoints/manifests_get.ts";
import { requireDigest } from "../names.ts";
import { pageOf } from "../endpoints/paging.ts";
import { sendReferrers } from "../endpoints/referrers.ts";
import type { RouteKind } from "../observation/request_log.ts";
import { warningHeaders } from "../warnings.ts";
import { systemClock } from "../../schedule/clock.ts";
import { type CacheOptions, type PullThroughCache, resolveUpstreams } from "./cache_options.ts";
import type { CacheParts, Proxied } from "./cache_parts.ts";
import { CachedBlobs } from "./cached_blobs.ts";
import { CachedLists } from "./cached_lists.ts";
import { CachedManifests } from "./cached_manifests.ts";
import { Ledger } from "./ledger.ts";
import { Sweeper } from "./sweeper.ts";
import { Upstream } from "./upstream.ts";
import { compileNames } from "./upstream_names.ts";

/** A pull-through cache over a store. */
export class RegistryCache implements PullThroughCache {
  /** How often it did what. */
  readonly counts: CacheParts["counts"] = { hits: 0, misses: 0, renewals: 0, stale: 0, failures: 0, evictions: 0 };
  readonly #end = new AbortController();
  readonly #parts: CacheParts;
  readonly #upstreams: readonly Upstream[];
  readonly #locate: (name: string, namespace: string | null) => Proxied | undefined;
  readonly #manifests: CachedManifests;
  readonly #blobs: CachedBlobs;
  readonly #lists: CachedLists;

  /**
   * Creates a cache.
   *
   * @param options Its upstreams.
   * @param place Where content is kept, with its limits, and what takes log lines.
   * @throws {RegkitError} `INVALID_SETTINGS` when two upstreams have the same prefix or namespace.
   */
  constructor(options: CacheOptions, place: Pick<CacheParts, "logger" | "quota" | "store">) {
    const { store, logger, quota } = place;
    const clock = options.clock ?? systemClock;
    const isOffline = (options.isOffline ?? false) || store.isReadOnly;
    const settings = resolveUpstreams({ ...options, isOffline });
    this.#upstreams = settings.map((each) => new Upstream(each, clock));
    this.#locate = compileNames(this.#upstreams);
    const { counts } = this;
    const { signal } = this.#end;
    const ledger = new Ledger(clock, options.memory, logger);
    const isBusy = (local: string): boolean => this.#blobs.isBusy(local);
    const sweeper = new Sweeper({ store, clock, logger, quota, ledger, counts, settings, signal, isBusy });
    this.#parts = { store, clock, logger, quota, ledger, counts, sweeper, signal };
    this.#manifests = new CachedManifests(this.#parts);
    this.#blobs = new CachedBlobs(this.#parts);
    this.#lists = new CachedLists(this.#parts);
  }

  /**
   * Finds the upstream that a request means.
   *
   * @param name The repository's name in the path; empty when there is none.
   * @param query The raw query.
   * @returns The repository behind the cache; `undefined` when it is a local one.
   * @throws {ApiError} 404 `NAME_UNKNOWN` when the namespace or the repository is not served.
   */
  locate(name: string, query: string): Proxied | undefined {
    if (name === "") return undefined;
    const namespace = query.includes("ns=") ? new URLSearchParams(query).get("ns") : null;
    return this.#locate(name, namespace);
  }

  /**
   * Answers a request for a repository behind the cache.
   *
   * @param proxied The repository.
   * @param kind What the request is about.
   * @param exchange The request, for the local repository.
   * @returns The answer.
   * @throws {ApiError} 405 for whatever would change something; else what the handlers throw.
   */
  async answer(proxied: Proxied, kind: RouteKind, exchange: Exchange): Promise<Response> {
    const { namespace } = proxied;
    if (namespace === undefined) return await this.#answer(proxied, kind, exchange);
    const header = ["oci-namespace", namespace] as const;
    try {
      const response = await this.#answer(proxied, kind, exchange);
      response.headers.set(...header);
      return response;
    } catch (error) {
      throw error instanceof ApiError ? error.withHeaders([header]) : error;
    }
  }

  /** Removes what is too old or too much, once everything before it is done. */
  async sweep(): Promise<void> {
    this.#parts.sweeper.sweepSoon();
    await this.#parts.sweeper.settle();
  }

  /** Waits until nothing is being fetched or removed. */
  async settle(): Promise<void> {
    await Promise.all([this.#manifests.settle(), this.#blobs.settle(), this.#lists.settle()]);
    await this.#parts.sweeper.settle();
  }

  /** Stops all transfers, and writes down what was used when. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort(new DOMException("the registry ends", "AbortError"));
    await this.settle();
    await this.#parts.ledger.save();
  }

  async #answer(proxied: Proxied, kind: RouteKind, exchange: Exchange): Promise<Response> {
    const { method } = exchange.request;
    if ((method !== "GET" && method !== "HEAD") || kind === "upload") {
      throw new ApiError(
        405,
        "UNSUPPORTED",
        "the repository is a cache of another registry, and cannot be changed here",
        {
          headers: [["allow", "GET, HEAD"]],
        },
      );
    }
    await this.#parts.ledger.load();
    this.#parts.sweeper.sweepWhenDue();
    const { response, warning } = await this.#read(proxied, kind, exchange);
    for (const [name, value] of warningHeaders(warning === undefined ? [] : [warning], this.#parts.logger)) {
      response.headers.append(name, value);
    }
    return response;
  }

  async #read(
    proxied: Proxied,
    kind: RouteKind,
    exchange: Exchange,
  ): Promise<{ readonly response: Response; readonly warning?: string | undefined }> {
    const { reference } = exchange;
    switch (kind) {
      case "manifest": {
        if (reference.includes(":")) requireDigest(reference);
        const { warning, manifest } = await this.#manifests.prepare(proxied, reference);
        return {
          response: await (manifest === undefined ? getManifest(exchange) : sendManifest(exchange, manifest)),
          warning,
        };
      }
      case "blob":
        return { response: await this.#readBlob(proxied, exchange) };
      case "tags": {
        const { entries, warning } = await this.#lists.tags(proxied);
        const { requested, namespace } = proxied;
        const query = namespace === undefined ? "" : `?ns=${encodeURIComponent(namespace)}`;
        const page = pageOf(entries, exchange.params, `/v2/${requested}/tags/list${query}`);
        return { response: exchange.replyJson({ name: requested, tags: page.names }, page.headers), warning };
      }
      case "referrers": {
        const { entries, warning } = await this.#lists.referrers(proxied, requireDigest(reference));
        return { response: await sendReferrers(exchange, entries), warning };
      }
      default:
        throw new ApiError(404, "NAME_UNKNOWN", "there is nothing at this path");
    }
  }

  async #readBlob(proxied: Proxied, exchange: Exchange): Promise<Response> {
    const digest = requireDigest(exchange.reference);
    if (exchange.isHead) {
      const size = await this.#blobs.sizeOf(proxied, digest);
      return await sendBlob(exchange, { digest, size, open: () => Promise.resolve(new Uint8Array(0)) });
    }
    const { size, open } = await this.#blobs.find(proxied, digest);
    return await sendBlob(exchange, { digest, size, open });
  }
}
