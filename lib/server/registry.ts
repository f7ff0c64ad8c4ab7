/**
 * The embedded registry: a function from request to answer over a store, without a port of its own.
 *
 * @module
 */

import { RegkitError } from "../errors.ts";
import { silentLogger } from "../log.ts";
import { ApiError, apiVersion, errorResponse, type HeaderList, isConnectionLost, toApiError } from "./api_error.ts";
import { type Access, admit, type Caller, everyone } from "./auth/auth_guard.ts";
import { drainBody } from "./body_blocks.ts";
import type { PullThroughCache } from "./cache/cache_options.ts";
import { RegistryCache } from "./cache/registry_cache.ts";
import { ContentClaims } from "./endpoints/content_claims.ts";
import { readContentLength } from "./endpoints/chunk_range.ts";
import { addressReader } from "./limits/client_address.ts";
import { Exchange, type RegistryParts } from "./exchange.ts";
import { RequestMetrics } from "./observation/metrics.ts";
import { isRepositoryName } from "./names.ts";
import { RegistryPage } from "./page/registry_page.ts";
import { Quota } from "./limits/quota.ts";
import { RateLimiter } from "./limits/rate_limit.ts";
import type { RequestInfo } from "./request_info.ts";
import type { RequestEntry, RouteKind } from "./observation/request_log.ts";
import { readTarget } from "./request_target.ts";
import { compileRoutes } from "./route_match.ts";
import { type Route, routes } from "./routes.ts";
import { type RegistryOptions, type RegistrySettings, resolveSettings } from "./settings.ts";
import type { Bytes, RegistryStore } from "./store/store.ts";
import { createMemoryStore } from "./store/store_memory.ts";
import { UploadSessions } from "./endpoints/upload_sessions.ts";
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

const maxHeaderBytes = 32 * 1024;
const readMethods: ReadonlySet<string> = new Set(["GET", "HEAD"]);
const noMethods: ReadonlyMap<string, Route> = new Map();
const unreadIdleMs = 5000;
const maxUnreadBody = 16 * 1024 * 1024;
const matchRoute = compileRoutes<Route>(routes);

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
  const { now, uploadIdleMs, logger = silentLogger } = options;
  const store = options.store ?? createMemoryStore({ now, uploadIdleMs, logger });
  const settings = resolveSettings(options, store.isReadOnly);
  const quota = quotaOf(options, store, settings.now);
  const cache = options.cache === undefined ? undefined : new RegistryCache(options.cache, { store, quota, logger });
  const page = options.noUi === true ? undefined : new RegistryPage(store, settings.locationPrefix);
  const headers: HeaderList = [
    apiVersion,
    ...warningHeaders(options.warnings ?? [], logger),
  ];
  const parts: RegistryParts = {
    store,
    settings,
    headers,
    uploads: new UploadSessions(settings, { quota, logger }),
    claims: new ContentClaims(),
    quota,
    logger,
    metrics: options.metrics === true ? new RequestMetrics(settings.now(), cache && (() => cache.counts)) : undefined,
  };
  const { metrics } = parts;
  const isWatched = options.onRequest !== undefined || metrics !== undefined;
  const addressOf = addressReader(options.trustedProxies);
  const { rateLimit: perSecond, parallelUploads } = options;
  const limiter = new RateLimiter({ perSecond, parallelUploads, now: settings.now });

  const fetch = async (request: Request, info?: RequestInfo): Promise<Response> => {
    const began = isWatched ? performance.now() : 0;
    const seen = new Sighting(request.url, addressOf(request, info?.remoteAddress));
    if (metrics !== undefined) metrics.inFlight++;
    let response: Response;
    try {
      response = await answer(request, seen);
    } catch (error) {
      response = refuse(error, request, seen, parts);
    }
    const { body } = request;
    if (body !== null && !request.bodyUsed && !body.locked) await takeRest(body, request.headers, settings.bodyIdleMs);
    if (metrics !== undefined) metrics.inFlight--;
    if (isWatched) {
      const entry = seen.entry(request, response, performance.now() - began);
      metrics?.record(entry);
      options.onRequest?.(entry);
    }
    return response;
  };

  const answer = async (request: Request, seen: Sighting): Promise<Response> => {
    checkHeaders(request.headers);
    limiter.countRequest(seen.address);
    const target = readTarget(request.url);
    seen.path = target.path;
    const endpoint = options.guard?.endpoints?.get(target.path);
    if (endpoint !== undefined) {
      seen.kind = "endpoint";
      return withHeaders(await endpoint(request), headers);
    }
    if (page?.isFor(request, target) === true) {
      seen.kind = "page";
      const admitPage = (access: Access, name: string) => admit(options.guard, request, access, name);
      return withHeaders(await page.answer({ request, target, admit: admitPage }), headers);
    }
    const match = matchRoute(target.segments);
    if (match === undefined) throw notFound(target.segments);
    const route = match.byMethod.get(request.method);
    seen.found(match, route);
    if (route === undefined) throw new ApiError(405, "UNSUPPORTED", "the method is not supported here");
    if (match.name !== "" && !isRepositoryName(match.name, target.hostLength)) {
      throw new ApiError(400, "NAME_INVALID", "the repository name is malformed");
    }
    const proxied = cache?.locate(match.name, target.query);
    const name = proxied?.local ?? match.name;
    // Clients ask for tokens by the name in the path, unless they name the upstream beside it: then only rules know where it is.
    const ruled = proxied?.namespace === undefined ? match.name : name;
    const caller = options.guard === undefined ? everyone : await admit(options.guard, request, route.access, ruled);
    seen.caller = caller;
    const exchange = new Exchange(parts, request, caller, name, match.reference, target.query);
    if (cache !== undefined && proxied !== undefined) return await cache.answer(proxied, route.kind, exchange);
    if (route.kind !== "upload" || request.body === null) return await route.handler(exchange);
    const endUpload = limiter.beginUpload(seen.address);
    try {
      return await route.handler(exchange);
    } finally {
      endUpload();
    }
  };

  return {
    fetch,
    store,
    cache,
    async [Symbol.asyncDispose]() {
      await cache?.[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
    },
  };
}

/** What was understood of a request so far, for the log. */
class Sighting {
  path: string;
  kind: RouteKind = "other";
  repository = "";
  reference = "";
  caller: Caller = everyone;
  /** The routes of its path by method. */
  methods: ReadonlyMap<string, Route> = noMethods;

  constructor(url: string, readonly address: string) {
    this.path = url;
  }

  found(
    match: { readonly name: string; readonly reference: string; byMethod: ReadonlyMap<string, Route> },
    route?: Route,
  ) {
    this.methods = match.byMethod;
    this.repository = match.name;
    this.reference = match.reference;
    this.kind = (route ?? match.byMethod.values().next().value)?.kind ?? "other";
  }

  entry(request: Request, response: Response, durationMs: number): RequestEntry {
    const { path, kind, repository, reference, address, caller: { user } } = this;
    const { method, headers } = request;
    const { status } = response;
    const receivedBytes = readContentLength(headers) ?? 0;
    const sentBytes = method === "HEAD" ? 0 : readContentLength(response.headers) ?? 0;
    const userAgent = headers.get("user-agent") ?? "";
    return {
      method,
      path,
      kind,
      repository,
      reference,
      status,
      durationMs,
      user,
      address,
      userAgent,
      receivedBytes,
      sentBytes,
    };
  }
}

function quotaOf(options: RegistryOptions, store: RegistryStore, now: () => number): Quota | undefined {
  const { maxRepositoryBytes, maxStoreBytes, minFreeBytes } = options;
  if ([maxRepositoryBytes, maxStoreBytes, minFreeBytes].every((limit) => limit === undefined)) return undefined;
  if (store.usage === undefined) {
    throw new RegkitError("UNSUPPORTED", "the store cannot tell how much space it takes, as limits of space need");
  }
  return new Quota({ maxRepositoryBytes, maxStoreBytes, minFreeBytes, store, now });
}

/** Answers a request that failed; logs what is not meant for clients. */
function refuse(
  error: unknown,
  { method }: Request,
  seen: Sighting,
  { settings, headers, logger }: RegistryParts,
): Response {
  const refusal = toApiError(error);
  if (refusal !== error) {
    // Clients that go away are nothing that whoever runs the registry could do anything about.
    const level = isConnectionLost(error) ? "debug" : "error";
    logger.log(level, "request failed", { method, path: seen.path, status: refusal.status, error });
  }
  const told = refusal.status === 405 ? withAllow(refusal, allowedMethods(seen.methods, method, settings)) : refusal;
  return errorResponse(told, headers, method === "HEAD");
}

/** A client that still sends must finish before it reads the answer; one that sends too much, or waits to be asked, need not. */
async function takeRest(body: ReadableStream<Bytes>, headers: Headers, idleMs: number): Promise<void> {
  const isTooLong = (readContentLength(headers) ?? 0) > maxUnreadBody;
  const isHeldBack = headers.has("expect");
  await (isTooLong || isHeldBack ? body.cancel() : drainBody(body, maxUnreadBody, Math.min(idleMs, unreadIdleMs)));
}

function withHeaders(response: Response, headers: HeaderList): Response {
  response.headers.delete(apiVersion[0]);
  for (const [name, value] of headers) response.headers.append(name, value);
  return response;
}

function checkHeaders(headers: Headers): void {
  let size = 0;
  headers.forEach((value, name) => size += name.length + value.length + 4);
  if (size > maxHeaderBytes) {
    throw new ApiError(431, "UNSUPPORTED", `the headers are longer than ${maxHeaderBytes} bytes`);
  }
}

function notFound(segments: readonly string[]): ApiError {
  const isNamed = segments[0] === "v2" && segments.length > 2;
  if (isNamed && segments.at(-1) === "") {
    return new ApiError(400, "NAME_INVALID", "a segment of the path is empty");
  }
  return new ApiError(404, "NAME_UNKNOWN", "there is nothing at this path");
}

/** Lists what a path takes instead of a method that it refuses. */
function allowedMethods(
  byMethod: ReadonlyMap<string, Route>,
  refused: string,
  { isReadOnly, noDelete }: RegistrySettings,
): readonly string[] {
  const isAllowed = (method: string, { access }: Route) =>
    method !== refused && (!isReadOnly || readMethods.has(method)) && !(noDelete && access === "delete");
  return [...byMethod].filter(([method, route]) => isAllowed(method, route)).map(([method]) => method);
}

/** Every 405 names the methods (RFC 9110, section 15.5.6), unless whoever refused has done so. */
function withAllow(refusal: ApiError, methods: readonly string[]): ApiError {
  const isNamed = refusal.headers.some(([name]) => name === "allow");
  return isNamed ? refusal : refusal.withHeaders([["allow", methods.join(", ")]]);
}
