/**
 * Who asks, and what they may do: the interface that every way of authentication implements, and the decision made with it.
 *
 * @module
 */

import { ApiError } from "../api_error.ts";

/** What a caller may do with a repository, or with the registry's catalog. */
export type Action = "catalog" | "delete" | "pull" | "push";

/**
 * What a route needs: an action, `push` together with `pull`; any login; nothing; or, as the page does, the catalog without a
 * challenge to those who may see some of it without a login.
 */
export type Access = Action | "browse" | "login" | "open";

/** Somebody who was recognised, or the anonymous caller. */
export interface Caller {
  /** The user's name; empty for anonymous. */
  readonly user: string;
  /** Tells whether the caller may do something; `repository` is empty for the catalog. */
  may(action: Action, repository: string): boolean;
  /**
   * Tells whether the caller may pull from a repository that the request does not name, as lists and mounts need to know. By
   * default `may` tells; a token, which covers what one request is about, leaves it to the rights of its user.
   */
  maySee?(repository: string): boolean;
  /** Whether the caller showed something valid, though it names nobody, such as an anonymous token. */
  readonly isAuthenticated?: boolean;
  /** Whether the caller said, by an empty name and password, that it has no login. */
  readonly hasNoLogin?: boolean;
}

/** Why a caller was not recognised. */
export interface IdentityProblem {
  /** What to tell a bearer: `invalid_token`; left out where the scheme has no such parameter. */
  readonly problem: string;
}

/** A way of authentication: htpasswd, token service, or fixed values. */
export interface AuthGuard {
  /**
   * Recognises the sender of a request.
   *
   * @returns The caller (anonymous when there were no credentials and that is allowed), `undefined` when there were none and
   *   some are needed, or what was wrong with them.
   */
  identify(request: Request): Caller | IdentityProblem | undefined | Promise<Caller | IdentityProblem | undefined>;
  /**
   * Builds the value of `WWW-Authenticate`.
   *
   * @param scope What would be needed, such as `repository:app:pull,push`; empty for a mere login.
   * @param problem What was wrong with the credentials sent, if any were.
   * @param request The request that is refused.
   */
  challenge(scope: string, problem?: string, request?: Request): string;
  /** Whether a recognised caller without the right is challenged again (Bearer) instead of being refused with 403 (Basic). */
  readonly asksForMore: boolean;
  /**
   * Whether `/v2/` and the catalog challenge callers without credentials although some things are open to them: clients learn
   * at the former how to log in, and would take a part of the latter for the whole.
   */
  readonly challengesAnonymous?: boolean;
  /** More endpoints of the guard by path, such as `/token`. */
  readonly endpoints?: ReadonlyMap<string, (request: Request) => Promise<Response>>;
}

/** May do everything: the caller where there is no guard. */
export const everyone: Caller = { user: "", may: () => true };

/**
 * Tells whether a caller may pull from a repository that the request does not name.
 *
 * @param caller The caller.
 * @param repository The repository.
 * @returns Whether they may.
 */
export function maySee(caller: Caller, repository: string): boolean {
  return caller.maySee?.(repository) ?? caller.may("pull", repository);
}

/**
 * Decides whether a request goes through.
 *
 * @param guard The way of authentication; none lets everyone do everything.
 * @param request The request.
 * @param access What its route needs.
 * @param repository The repository; empty when there is none.
 * @returns The caller.
 * @throws {ApiError} 401 with a challenge, or 403.
 */
export async function admit(
  guard: AuthGuard | undefined,
  request: Request,
  access: Access,
  repository: string,
): Promise<Caller> {
  if (guard === undefined || access === "open") return everyone;
  const scope = scopeOf(access, repository);
  const found = await guard.identify(request);
  const refuse = (message: string, problem?: string) => unauthorized(guard.challenge(scope, problem, request), message);
  if (found === undefined) throw refuse("authentication required");
  if ("problem" in found) throw refuse("the credentials are not valid", found.problem);
  const isStranger = found.user === "" && found.isAuthenticated !== true;
  if (isStranger && guard.challengesAnonymous === true) {
    if (access === "login" || (access === "catalog" && found.hasNoLogin !== true)) {
      throw refuse("authentication required");
    }
  }
  const missing = actionsOf(access).filter((action) => !found.may(action, repository));
  if (missing.length === 0) return found;
  if (isStranger) throw refuse("authentication required");
  if (guard.asksForMore) throw refuse("the token does not cover the request", "insufficient_scope");
  const what = access === "push" && !missing.includes("push") ? "pull here, which a push needs too" : `${access} here`;
  throw new ApiError(403, "DENIED", `the user may not ${what}`);
}

/** Whoever pushes hears what is there already, and must be allowed to pull too; the challenge asks for both. */
function actionsOf(access: Exclude<Access, "open">): readonly Action[] {
  if (access === "login") return [];
  if (access === "push") return ["pull", "push"];
  return [access === "browse" ? "catalog" : access];
}

function scopeOf(access: Access, repository: string): string {
  if (access === "login" || access === "open") return "";
  if (access === "catalog" || access === "browse") return "registry:catalog:*";
  return `repository:${repository}:${actionsOf(access).join(",")}`;
}

/**
 * Leaves out of a name what the quoted value of a challenge cannot carry.
 *
 * @param name The name, such as that of a realm.
 * @returns What clients see of it.
 */
export function challengeName(name: string): string {
  return name.replaceAll(/[^\x20-\x7e]|["\\]/g, "");
}

function unauthorized(challenge: string, message: string): ApiError {
  return new ApiError(401, "UNAUTHORIZED", message, { headers: [["www-authenticate", challenge]] });
}
