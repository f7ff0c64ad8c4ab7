/**
 * Bearer authentication by tokens that the registry issues itself.
 *
 * @module
 */

import type { AccessPolicy } from "./access_rules.ts";
import { type AuthGuard, type Caller, challengeName } from "./auth_guard.ts";
import { type LoginOptions, loginsOf } from "./login.ts";
import { createTokenSigner, type TokenClaims } from "./token.ts";
import { bearerChallenge } from "./bearer_guard.ts";
import { createTokenService } from "./token_service.ts";

/** Options of {@linkcode tokenGuard}. */
export interface TokenGuardOptions extends LoginOptions {
  /** The name of the registry in challenges and tokens; `registry` by default. */
  readonly service?: string | undefined;
  /** The registry's own URL, before `/token`; by default that of each request, as its `Host` says. */
  readonly externalUrl?: string | undefined;
  /** How long a token is good for, in seconds; 300 by default, 60 at least. */
  readonly tokenSeconds?: number | undefined;
  /** How long a refresh token is good for, in seconds; 30 days by default. */
  readonly refreshSeconds?: number | undefined;
  /** The key to sign with, at least 32 bytes; random by default, so that tokens end with the process. */
  readonly key?: Uint8Array<ArrayBuffer> | undefined;
  /** The time in milliseconds since the epoch; the system's clock by default. */
  readonly now?: (() => number) | undefined;
}

const tokenPath = "/token";

/**
 * Guards a registry by tokens, and serves the endpoint that issues them at `/token`.
 *
 * @param options The users, their rights, and the tokens.
 * @returns The guard.
 */
export function tokenGuard(options: TokenGuardOptions): AuthGuard {
  const { service = "registry", externalUrl, now = Date.now } = options;
  const logins = loginsOf(options);
  const signer = createTokenSigner({ service, key: options.key, now });
  // What clients send back is what they saw.
  const name = challengeName(service);
  const issue = createTokenService({
    logins,
    service: name,
    signer,
    now,
    tokenSeconds: Math.max(options.tokenSeconds ?? 300, 60),
    refreshSeconds: options.refreshSeconds ?? 30 * 24 * 60 * 60,
  });
  const realmOf = (request: Request | undefined): string =>
    (externalUrl?.replace(/\/+$/, "") ?? originOf(request?.url ?? "")) + tokenPath;
  return {
    asksForMore: true,
    challengesAnonymous: true,
    endpoints: new Map([[tokenPath, issue]]),
    challenge: (scope, problem, request) => bearerChallenge({ realm: realmOf(request), service: name }, scope, problem),
    async identify(request) {
      const header = request.headers.get("authorization") ?? "";
      const policy = await logins.policy();
      if (!/^bearer /i.test(header)) {
        // A password is for the token service: it counts as nothing here, but it is no bad token.
        return policy.allowsAnonymous && header === "" ? anonymous(policy) : undefined;
      }
      const claims = await signer.verify(header.slice(7).trim(), "access");
      return claims === undefined ? { problem: "invalid_token" } : callerOf(claims, policy);
    },
  };
}

function anonymous(policy: AccessPolicy): Caller {
  return { user: "", may: (action, repository) => policy.may("", action, repository) };
}

function callerOf({ user, access }: TokenClaims, policy: AccessPolicy): Caller {
  const rights = new Map(access.map(({ type, name, actions }) => [`${type}:${name}`, new Set(actions)]));
  return {
    user,
    isAuthenticated: true,
    may: (action, repository) =>
      action === "catalog"
        ? rights.get("registry:catalog")?.has("*") === true
        : rights.get(`repository:${repository}`)?.has(action) === true,
    // A token for the catalog, or for a push with a mount, does not name what is listed or mounted from.
    maySee: (repository) => policy.may(user, "pull", repository),
  };
}

function originOf(url: string): string {
  return /^[a-z]+:\/\/[^/?#]+/.exec(url)?.[0] ?? "";
}
