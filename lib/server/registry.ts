/**
 * The embedded registry: a function from request to answer over a store, without a port of its own.
 *
 * @module
 */

import { RegkitError } from "../errors.ts";
import { silentLogger } from "../log.ts";
import { apiVersion } from "./api_error.ts";
import { drainBody } from "./body_blocks.ts";
import type { PullThroughCache } from "./cache/cache_options.ts";
import { RegistryCache } from "./cache/registry_cache.ts";
import { Dispatch } from "./dispatch.ts";
import { ContentClaims } from "./endpoints/content_claims.ts";
import { readContentLength } from "./endpoints/chunk_range.ts";
import { UploadSessions } from "./endpoints/upload_sessions.ts";
import type { RegistryParts } from "./exchange.ts";
import { addressReader } from "./limits/client_address.ts";
import { Quota } from "./limits/quota.ts";
import { RateLimiter } from "./limits/rate_limit.ts";
import { RequestMetrics } from "./observation/metrics.ts";
import { Sighting } from "./observation/sighting.ts";
import { RegistryPage } from "./page/registry_page.ts";
import { refuse } from "./refusals.ts";
import type { RequestInfo } from "./request_info.ts";
import { type RegistryOptions, resolveSettings } from "./settings.ts";
import type { Bytes, RegistryStore } from "./store/store.ts";
import { createMemoryStore } from "./store/store_memory.ts";
import { warningHeaders } from "./warnings.ts";

/** A registry that answers requests. */
export interface Registry extends AsyncDisposable {
  /**
   * Answers a request. Never throws: what fails is answered as an error document.
   *
   * @param request The request; its body is read to the end or cancelled.
   * @param info What is known beside it: limits per address need the address.
   * @returns The answer; who receives it reads its body or cancels it.
   */
  fetch(request: Request, info?: RequestInfo): Promise<Response>;
  /** Where content is kept. */
  readonly store: RegistryStore;
  /** The pull-through cache, when there are upstreams. */
  readonly cache: PullThroughCache | undefined;
}

const unreadIdleMs = 5000;
const maxUnreadBody = 16 * 1024 * 1024;

/**
 * Creates a registry.
 *
 * @param options What it is told; by default it keeps everything in memory and lets everyone in.
 * @returns The registry.
 * @throws {RegkitError} `INVALID_ARGUMENT` when a trusted proxy is no address; `UNSUPPORTED` when space is limited and the
 *   store cannot tell how much it takes.
 *
 * @example Push a blob without a port, with a limit per address
 * ```ts
 * import { createRegistry } from "@regkit/regkit";
 * import assert from "node:assert/strict";
 *
 * await using registry = createRegistry({ rateLimit: 10, metrics: true });
 * const digest = "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
 * const url = `http://registry.example.org/v2/app/blobs/uploads/?digest=${digest}`;
 * const pushed = await registry.fetch(new Request(url, { method: "POST", body: "hello" }), { remoteAddress: "192.0.2.1" });
 * assert.equal(pushed.status, 201);
 * assert.deepEqual(await registry.store.names(), ["app"]);
 * ```
 */
export function createRegistry(options: RegistryOptions = {}): Registry {
  const { now, uploadIdleMs, logger = silentLogger, onRequest } = options;
  const store = options.store ?? createMemoryStore({ now, uploadIdleMs, logger });
  const settings = resolveSettings(options, store.isReadOnly);
  const quota = quotaOf(options, store, settings.now);
  const cache = options.cache === undefined ? undefined : new RegistryCache(options.cache, { store, quota, logger });
  const metrics = options.metrics === true
    ? new RequestMetrics(settings.now(), cache && (() => cache.counts))
    : undefined;
  const parts: RegistryParts = {
    store,
    settings,
    headers: [apiVersion, ...warningHeaders(options.warnings ?? [], logger)],
    uploads: new UploadSessions(settings, { quota, logger }),
    claims: new ContentClaims(),
    quota,
    logger,
    metrics,
  };
  const { guard, rateLimit: perSecond, parallelUploads } = options;
  const dispatch = new Dispatch(parts, {
    guard,
    cache,
    page: options.noUi === true ? undefined : new RegistryPage(store, settings.locationPrefix),
    limiter: new RateLimiter({ perSecond, parallelUploads, now: settings.now }),
  });
  const isWatched = onRequest !== undefined || metrics !== undefined;
  const addressOf = addressReader(options.trustedProxies);
  return {
    async fetch(request, info) {
      const began = isWatched ? performance.now() : 0;
      const seen = new Sighting(request.url, addressOf(request, info?.remoteAddress));
      if (metrics !== undefined) metrics.inFlight++;
      let response: Response;
      try {
        response = await dispatch.answer(request, seen);
      } catch (error) {
        response = refuse(error, request, seen, parts);
      }
      const { body } = request;
      if (body !== null && !request.bodyUsed && !body.locked) {
        await takeRest(body, request.headers, settings.bodyIdleMs);
      }
      if (metrics !== undefined) metrics.inFlight--;
      if (isWatched) {
        const entry = seen.entry(request, response, performance.now() - began);
        metrics?.record(entry);
        onRequest?.(entry);
      }
      return response;
    },
    store,
    cache,
    async [Symbol.asyncDispose]() {
      await cache?.[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
    },
  };
}

function quotaOf(options: RegistryOptions, store: RegistryStore, now: () => number): Quota | undefined {
  const { maxRepositoryBytes, maxStoreBytes, minFreeBytes } = options;
  if ([maxRepositoryBytes, maxStoreBytes, minFreeBytes].every((limit) => limit === undefined)) return undefined;
  if (store.usage === undefined) {
    throw new RegkitError("UNSUPPORTED", "the store cannot tell how much space it takes, as limits of space need");
  }
  return new Quota({ maxRepositoryBytes, maxStoreBytes, minFreeBytes, store, now });
}

/** A client that still sends must finish before it reads the answer; one that sends too much, or waits to be asked, need not. */
async function takeRest(body: ReadableStream<Bytes>, headers: Headers, idleMs: number): Promise<void> {
  const isTooLong = (readContentLength(headers) ?? 0) > maxUnreadBody;
  const isHeldBack = headers.has("expect");
  await (isTooLong || isHeldBack ? body.cancel() : drainBody(body, maxUnreadBody, Math.min(idleMs, unreadIdleMs)));
}
