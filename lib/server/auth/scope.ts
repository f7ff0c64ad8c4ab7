/**
 * Scopes of tokens, such as `repository:team/app:pull,push` (distribution "Token Scope").
 *
 * @module
 */

import type { AccessPolicy } from "./access_rules.ts";
import { isRepositoryName } from "../names.ts";

/** What a token covers of one resource; the form in which tokens carry it. */
export interface ScopeGrant {
  /** `repository` or `registry`. */
  readonly type: string;
  /** The repository's name, or `catalog`. */
  readonly name: string;
  /** What may be done: `pull`, `push`, `delete`; `*` for the catalog. */
  readonly actions: readonly string[];
}

const maxScopes = 100;
const repositoryActions = ["pull", "push", "delete"] as const;

/**
 * Reads the scopes that were asked for.
 *
 * @param texts Scopes, each perhaps several with spaces between.
 * @returns Those of a form that means something here; others are left out, as nothing of them can be granted.
 */
export function parseScopes(texts: readonly string[]): readonly ScopeGrant[] {
  const asked = new Map<string, Set<string>>();
  for (const text of texts.flatMap((each) => each.split(/[\s]+/)).slice(0, maxScopes)) {
    const match = /^([a-z]+)(?:\([a-z0-9]+\))?:(.+):([a-z*,]+)$/.exec(text);
    if (match === null) continue;
    const [, type = "", name = "", actions = ""] = match;
    const resource = `${type}:${name}`;
    const list = asked.get(resource) ?? new Set();
    for (const action of actions.split(",")) list.add(action);
    asked.set(resource, list);
  }
  return [...asked].map(([resource, actions]) => {
    const colon = resource.indexOf(":");
    return { type: resource.slice(0, colon), name: resource.slice(colon + 1), actions: [...actions] };
  });
}

/**
 * Grants what was asked for as far as it is allowed.
 *
 * @param asked The scopes asked for.
 * @param user The user; empty for anonymous.
 * @param policy The rights.
 * @returns What is granted; scopes of which nothing is are left out.
 */
export function grantScopes(asked: readonly ScopeGrant[], user: string, policy: AccessPolicy): readonly ScopeGrant[] {
  return asked.map((scope) => ({ ...scope, actions: allowed(scope, user, policy) }))
    .filter(({ actions }) => actions.length > 0);
}

/**
 * Writes scopes as text.
 *
 * @param scopes The scopes.
 * @returns The text, with a space between two.
 */
export function formatScopes(scopes: readonly ScopeGrant[]): string {
  return scopes.map(({ type, name, actions }) => `${type}:${name}:${actions.join(",")}`).join(" ");
}

function allowed({ type, name, actions }: ScopeGrant, user: string, policy: AccessPolicy): readonly string[] {
  if (type === "registry") {
    return name === "catalog" && actions.includes("*") && policy.may(user, "catalog", "") ? ["*"] : [];
  }
  if (type !== "repository" || !isRepositoryName(name)) return [];
  const all = actions.includes("*");
  return repositoryActions.filter((action) => (all || actions.includes(action)) && policy.may(user, action, name));
}
