/**
 * Scopes of bearer tokens, in the text form of the Docker token specification: `repository:<name>:<actions>`.
 *
 * @module
 */

import type { AuthRequest } from "./authenticator.ts";
import type { Scope } from "../http_client.ts";

/** Scopes without repetition, in one order for the same content, so that equal sets are equal lists. */
export type ScopeSet = readonly string[];

/** The actions that may be merged and compared one by one; any others make a scope opaque. */
const ACTIONS: readonly string[] = ["pull", "push", "delete"];

const CATALOG_SCOPE = "registry:catalog:*";

/**
 * Gives the scopes that a request is known to need before any registry was asked.
 *
 * @param want What the request needs.
 * @returns Its scopes; empty for a ping.
 */
export function requestScopes(want: AuthRequest): ScopeSet {
  const own = want.repository === undefined ? [] : [{ repository: want.repository, actions: want.actions }];
  const scopes = [...own, ...want.scopes ?? []].filter((scope) =>
    scope.repository === undefined || scope.actions.length > 0
  );
  return mergeScopes(scopes.map(formatScope));
}

/**
 * Formats a scope.
 *
 * @param scope The scope; without a repository it is the catalog's.
 * @returns Its text.
 */
export function formatScope(scope: Scope): string {
  return scope.repository === undefined ? CATALOG_SCOPE : `repository:${scope.repository}:${scope.actions.join(",")}`;
}

/**
 * Splits the `scope` parameter of a challenge, which may name several.
 *
 * @param text The parameter's value; absent for none.
 * @returns The scopes as given.
 */
export function splitScopes(text: string | undefined): string[] {
  return (text ?? "").split(" ").filter((scope) => scope !== "");
}

/**
 * Merges scopes: those of one repository become one, all others are kept as they are, once.
 *
 * @param scopes The scopes in any order.
 * @returns The least set that says the same.
 */
export function mergeScopes(scopes: Iterable<string>): ScopeSet {
  const repositories = new Map<string, Set<string>>();
  const opaque = new Set<string>();
  for (const scope of scopes) {
    const parsed = parseRepositoryScope(scope);
    if (parsed === undefined) {
      opaque.add(scope);
      continue;
    }
    const actions = repositories.get(parsed.repository) ?? new Set<string>();
    for (const action of parsed.actions) actions.add(action);
    repositories.set(parsed.repository, actions);
  }
  const merged = [...repositories].map(([repository, actions]) =>
    formatScope({ repository, actions: ACTIONS.filter((action) => actions.has(action)) })
  );
  return [...merged, ...opaque].sort();
}

/**
 * Tells whether a token for some scopes also serves for others.
 *
 * @param held The scopes that the token was asked for.
 * @param wanted The scopes that are needed.
 * @returns Whether each wanted scope is among those held or narrower than one of them.
 */
export function coversScopes(held: ScopeSet, wanted: ScopeSet): boolean {
  return wanted.every((scope) => held.includes(scope) || held.some((wider) => coversScope(wider, scope)));
}

function coversScope(wider: string, narrower: string): boolean {
  const outer = parseRepositoryScope(wider);
  const inner = parseRepositoryScope(narrower);
  return outer !== undefined && inner !== undefined && outer.repository === inner.repository &&
    inner.actions.every((action) => outer.actions.includes(action));
}

/** Takes a repository scope with known actions apart; the name may have a colon, as in a host's port. */
function parseRepositoryScope(scope: string): { repository: string; actions: string[] } | undefined {
  const prefix = "repository:";
  const end = scope.lastIndexOf(":");
  if (!scope.startsWith(prefix) || end < prefix.length) return undefined;
  const actions = scope.slice(end + 1).split(",");
  if (!actions.every((action) => ACTIONS.includes(action))) return undefined;
  return { repository: scope.slice(prefix.length, end), actions };
}
