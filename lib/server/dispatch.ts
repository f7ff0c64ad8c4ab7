/**
 * From a request to whatever answers it: the token service, the page, the cache, or the handler of its route.
 *
 * @module
 */

import { ApiError, apiVersion, type HeaderList } from "./api_error.ts";
import { type Access, admit, type AuthGuard, everyone } from "./auth/auth_guard.ts";
import type { RegistryCache } from "./cache/registry_cache.ts";
import { Exchange, type RegistryParts } from "./exchange.ts";
import type { RateLimiter } from "./limits/rate_limit.ts";
import { isRepositoryName } from "./names.ts";
import type { Sighting } from "./observation/sighting.ts";
import type { RegistryPage } from "./page/registry_page.ts";
import { checkHeaders, notFound } from "./refusals.ts";
import { readTarget, type RequestTarget } from "./request_target.ts";
import { compileRoutes } from "./route_match.ts";
import { type Route, routes } from "./routes.ts";

/** What answers requests beside the handlers of routes, and who may ask. */
export interface DispatchParts {
  /** Who is let in; everyone without one. */
  readonly guard: AuthGuard | undefined;
  /** What answers for repositories of others. */
  readonly cache: RegistryCache | undefined;
  /** What browsers see. */
  readonly page: RegistryPage | undefined;
  /** How much each address may ask for. */
  readonly limiter: RateLimiter;
}

const matchRoute = compileRoutes<Route>(routes);

/** Finds what answers requests. */
export class Dispatch {
  readonly #parts: RegistryParts;
  readonly #more: DispatchParts;

  /**
   * Names what there is.
   *
   * @param parts What handlers share.
   * @param more What else answers requests.
   */
  constructor(parts: RegistryParts, more: DispatchParts) {
    this.#parts = parts;
    this.#more = more;
  }

  /**
   * Answers a request.
   *
   * @param request The request.
   * @param seen Takes what is understood of it.
   * @returns The answer.
   * @throws {ApiError} When it is refused; whatever else goes wrong.
   */
  async answer(request: Request, seen: Sighting): Promise<Response> {
    const { guard, limiter } = this.#more;
    checkHeaders(request.headers);
    limiter.countRequest(seen.address);
    const target = readTarget(request.url);
    seen.path = target.path;
    const endpoint = guard?.endpoints?.get(target.path);
    if (endpoint !== undefined) {
      seen.kind = "endpoint";
      return withHeaders(await endpoint(request), this.#parts.headers);
    }
    const page = this.#answerPage(request, target, seen);
    return await (page ?? this.#answerRoute(request, target, seen));
  }

  #answerPage(request: Request, target: RequestTarget, seen: Sighting): Promise<Response> | undefined {
    const { page, guard } = this.#more;
    if (page?.isFor(request, target) !== true) return undefined;
    seen.kind = "page";
    const admitPage = (access: Access, name: string) => admit(guard, request, access, name);
    return page.answer({ request, target, admit: admitPage })
      .then((response) => withHeaders(response, this.#parts.headers));
  }

  async #answerRoute(request: Request, target: RequestTarget, seen: Sighting): Promise<Response> {
    const { guard, cache, limiter } = this.#more;
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
    const caller = guard === undefined ? everyone : await admit(guard, request, route.access, ruled);
    seen.caller = caller;
    const exchange = new Exchange(this.#parts, request, caller, name, match.reference, target.query);
    if (cache !== undefined && proxied !== undefined) return await cache.answer(proxied, route.kind, exchange);
    if (route.kind !== "upload" || request.body === null) return await route.handler(exchange);
    const endUpload = limiter.beginUpload(seen.address);
    try {
      return await route.handler(exchange);
    } finally {
      endUpload();
    }
  }
}

function withHeaders(response: Response, headers: HeaderList): Response {
  response.headers.delete(apiVersion[0]);
  for (const [name, value] of headers) response.headers.append(name, value);
  return response;
}
