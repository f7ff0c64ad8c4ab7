/**
 * What one host, or one of its repositories, has taught about authentication.
 *
 * @module
 */

import type { ScopeSet } from "./scope.ts";
import type { TokenSource } from "./token_source.ts";

/** Where the token of a kind of request comes from. */
export interface Route {
  /** The token service. */
  readonly source: TokenSource;
  /** Scopes that a challenge added to those of the request. */
  readonly extra: ScopeSet;
}

/** So many kinds of requests are remembered; those longest unused go first. */
const ROUTE_LIMIT = 1024;
/** A host that names ever new token services does not fill the memory. */
const SOURCE_LIMIT = 64;

/** The state of authentication; a plain holder without rules of its own. */
export class AuthState {
  /** The scheme in use; `none` before the first challenge. */
  scheme: "none" | "basic" | "bearer" = "none";
  readonly #sources = new Map<string, TokenSource>();
  readonly #routes = new Map<string, Route>();
  #latest: TokenSource | undefined;

  /** All token services. */
  get sources(): Iterable<TokenSource> {
    return this.#sources.values();
  }

  /**
   * Gives the tokens of a token service.
   *
   * @param realm Its URL.
   * @param service The service that the challenge named.
   * @param create Makes it when it is new.
   * @returns The source.
   */
  source(realm: URL, service: string | undefined, create: () => TokenSource): TokenSource {
    const key = JSON.stringify([realm.href, service]);
    const known = this.#sources.get(key);
    if (known !== undefined) return known;
    makeRoom(this.#sources, SOURCE_LIMIT);
    const source = create();
    this.#sources.set(key, source);
    return source;
  }

  /**
   * Finds the way to a token for requests with certain scopes: the one learnt from them, else the one learnt last.
   *
   * @param own The scopes of the request itself.
   * @returns The way; `undefined` before any challenge.
   */
  route(own: ScopeSet): Route | undefined {
    const key = own.join(" ");
    const route = this.#routes.get(key);
    if (route === undefined) return this.#latest === undefined ? undefined : { source: this.#latest, extra: [] };
    this.#routes.delete(key);
    this.#routes.set(key, route);
    return route;
  }

  /**
   * Remembers the way to a token.
   *
   * @param own The scopes of the request itself.
   * @param route The way.
   */
  learn(own: ScopeSet, route: Route): void {
    const key = own.join(" ");
    this.#routes.delete(key);
    makeRoom(this.#routes, ROUTE_LIMIT);
    this.#routes.set(key, route);
    this.#latest = route.source;
  }
}

function makeRoom(map: Map<string, unknown>, limit: number): void {
  const [oldest] = map.keys();
  if (oldest !== undefined && map.size >= limit) map.delete(oldest);
}
