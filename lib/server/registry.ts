/**
 * The embedded registry: a function from request to answer over a store, without a port of its own.
 *
 * @module
 */

import { silentLogger } from "../log.ts";
import { ApiError, errorResponse, type HeaderList, toApiError } from "./api_error.ts";
import { admit, type Caller, everyone } from "./auth_guard.ts";
import { drainBody } from "./body_blocks.ts";
import { Exchange, type RegistryParts } from "./exchange.ts";
import { isRepositoryName } from "./names.ts";
import type { RequestEntry, RouteKind } from "./request_log.ts";
import { readTarget } from "./request_target.ts";
import { compileRoutes } from "./route_match.ts";
import { type Route, routes } from "./routes.ts";
import { type RegistryOptions, resolveSettings } from "./settings.ts";
import type { RegistryStore } from "./store.ts";
import { createMemoryStore } from "./store_memory.ts";
import { UploadSessions } from "./upload_sessions.ts";
import { warningHeaders } from "./warnings.ts";

/** A registry that answers requests. */
export interface Registry extends AsyncDisposable {
  /**
   * Answers a request. Never throws: what fails is answered as an error document.
   *
   * @param request The request; its body is read to the end or cancelled.
   * @returns The answer; who receives it reads its body or cancels it.
   */
  fetch(request: Request): Promise<Response>;
  /** Where content is kept. */
  readonly store: RegistryStore;
}

const maxUnreadBody = 16 * 1024 * 1024;
const matchRoute = compileRoutes<Route>(routes);

/**
 * Creates a registry.
 *
 * @param options What it is told; by default it keeps everything in memory and lets everyone in.
 * @returns The registry.
 */
export function createRegistry(options: RegistryOptions = {}): Registry {
  const store = options.store ?? createMemoryStore();
  const settings = resolveSettings(options, store.isReadOnly);
  const logger = options.logger ?? silentLogger;
  const headers: HeaderList = [
    ["docker-distribution-api-version", "registry/2.0"],
    ...warningHeaders(options.warnings ?? [], logger),
  ];
  const parts: RegistryParts = { store, settings, headers, uploads: new UploadSessions(settings) };

  const fetch = async (request: Request): Promise<Response> => {
    const began = options.onRequest === undefined ? 0 : performance.now();
    const seen = new Sighting(request.url);
    let response: Response;
    try {
      response = await answer(request, seen);
    } catch (error) {
      const refusal = toApiError(error);
      if (refusal !== error) {
        logger.log("error", "request failed", {
          method: request.method,
          path: seen.path,
          status: refusal.status,
          error,
        });
      }
      response = errorResponse(refusal, headers, request.method === "HEAD");
    }
    const { body } = request;
    if (body !== null && !request.bodyUsed && !body.locked) {
      await drainBody(body, maxUnreadBody, settings.bodyIdleMs);
    }
    options.onRequest?.(seen.entry(request.method, response.status, performance.now() - began));
    return response;
  };

  const answer = async (request: Request, seen: Sighting): Promise<Response> => {
    const target = readTarget(request.url);
    seen.path = target.path;
    const endpoint = options.guard?.endpoints?.get(target.path);
    if (endpoint !== undefined) {
      seen.kind = "endpoint";
      return await endpoint(request);
    }
    const match = matchRoute(target.segments);
    if (match === undefined) throw notFound(target.segments);
    const route = match.byMethod.get(request.method);
    seen.found(match, route);
    if (route === undefined) throw badMethod(match.byMethod);
    if (match.name !== "" && !isRepositoryName(match.name, target.hostLength)) {
      throw new ApiError(400, "NAME_INVALID", "the repository name is malformed");
    }
    const caller = options.guard === undefined
      ? everyone
      : await admit(options.guard, request, route.access, match.name);
    seen.caller = caller;
    return await route.handler(new Exchange(parts, request, caller, match.name, match.reference, target.query));
  };

  return { fetch, store, [Symbol.asyncDispose]: () => store[Symbol.asyncDispose]() };
}

/** What was understood of a request so far, for the log. */
class Sighting {
  path: string;
  kind: RouteKind = "other";
  repository = "";
  reference = "";
  caller: Caller = everyone;

  constructor(url: string) {
    this.path = url;
  }

  found(
    match: { readonly name: string; readonly reference: string; byMethod: ReadonlyMap<string, Route> },
    route?: Route,
  ) {
    this.repository = match.name;
    this.reference = match.reference;
    this.kind = (route ?? match.byMethod.values().next().value)?.kind ?? "other";
  }

  entry(method: string, status: number, durationMs: number): RequestEntry {
    const { path, kind, repository, reference } = this;
    return { method, path, kind, repository, reference, status, durationMs, user: this.caller.user };
  }
}

function notFound(segments: readonly string[]): ApiError {
  const isNamed = segments[0] === "v2" && segments.length > 2;
  if (isNamed && segments.at(-1) === "") {
    return new ApiError(400, "NAME_INVALID", "a segment of the path is empty");
  }
  return new ApiError(404, "NAME_UNKNOWN", "there is nothing at this path");
}

function badMethod(byMethod: ReadonlyMap<string, Route>): ApiError {
  const headers: HeaderList = [["allow", [...byMethod.keys()].join(", ")]];
  return new ApiError(405, "UNSUPPORTED", "the method is not supported here", { headers });
}
