/**
 * Bearer authentication: a challenge that points to a token service, and tokens checked by a function.
 *
 * @module
 */

import type { Action, AuthGuard, Caller, IdentityProblem } from "./auth_guard.ts";

/** What a valid token says. */
export interface TokenGrant {
  /** The user it was issued to; empty for anonymous. */
  readonly user: string;
  /** What it covers, such as `repository:app:pull,push` or `registry:catalog:*`. */
  readonly scopes: readonly string[];
}

/** Options of {@linkcode bearerGuard}. */
export interface BearerGuardOptions {
  /** The URL of the token service. */
  readonly realm: string;
  /** The name of this registry in the challenge. */
  readonly service: string;
  /** Checks a token; `undefined` when it is unknown, forged or expired. */
  readonly verify: (token: string) => TokenGrant | undefined | Promise<TokenGrant | undefined>;
  /** More endpoints by path, such as a token service of the same process. */
  readonly endpoints?: ReadonlyMap<string, (request: Request) => Promise<Response>>;
}

/**
 * Guards a registry by tokens.
 *
 * @param options Where tokens come from and how they are checked.
 * @returns The guard.
 */
export function bearerGuard(options: BearerGuardOptions): AuthGuard {
  const endpoints = options.endpoints;
  return {
    asksForMore: true,
    ...(endpoints === undefined ? {} : { endpoints }),
    challenge: (scope, problem) => bearerChallenge(options, scope, problem),
    async identify(request): Promise<Caller | IdentityProblem | undefined> {
      const header = request.headers.get("authorization");
      if (header === null) return undefined;
      const token = /^bearer +(\S+)$/i.exec(header)?.[1];
      const grant = token === undefined ? undefined : await options.verify(token);
      return grant === undefined ? { problem: "invalid_token" } : callerOf(grant);
    },
  };
}

/**
 * Builds the value of `WWW-Authenticate` that sends a client to a token service.
 *
 * @param where The token service's URL and the registry's name.
 * @param scope What is needed; empty for a mere login.
 * @param problem What was wrong with the token sent, if one was.
 * @returns The value.
 */
export function bearerChallenge(
  where: { readonly realm: string; readonly service: string },
  scope: string,
  problem?: string,
): string {
  const quote = (text: string) => `"${text.replaceAll(/["\\]/g, "")}"`;
  const parts = [`realm=${quote(where.realm)}`, `service=${quote(where.service)}`];
  if (scope !== "") parts.push(`scope=${quote(scope)}`);
  if (problem !== undefined && problem !== "") parts.push(`error=${quote(problem)}`);
  return `Bearer ${parts.join(",")}`;
}

function callerOf(grant: TokenGrant): Caller {
  const rights = new Set<string>();
  for (const scope of grant.scopes) {
    const last = scope.lastIndexOf(":");
    for (const action of scope.slice(last + 1).split(",")) rights.add(`${scope.slice(0, last)}:${action}`);
  }
  const covers = (resource: string, action: Action) =>
    rights.has(`${resource}:${action}`) || rights.has(`${resource}:*`);
  return {
    user: grant.user,
    may: (action, repository) =>
      action === "catalog" ? covers("registry:catalog", action) : covers(`repository:${repository}`, action),
  };
}
