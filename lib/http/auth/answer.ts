/**
 * What an answer that refused a request says about authentication.
 *
 * @module
 */

import { hasCode, inContext } from "../../errors.ts";
import type { Host } from "../../settings/host.ts";
import { type Challenge, readChallenges } from "./challenge.ts";
import { coversScopes, mergeScopes, type ScopeSet, splitScopes } from "./scope.ts";

/**
 * Reads the challenges of a 401.
 *
 * @param host The host that refused, for the error.
 * @param headers The answer's headers.
 * @returns The challenges.
 * @throws {RegkitError} `INVALID_RESPONSE` when they are malformed.
 */
export function challengesOf(host: Host, headers: Headers): Challenge[] {
  try {
    return readChallenges(headers);
  } catch (error) {
    throw inContext(error, { op: `authenticate to ${host.name}` });
  }
}

/**
 * Finds the challenge of a 403 that asks for a wider token (RFC 6750, section 3.1).
 *
 * @param headers The answer's headers.
 * @returns The challenge; `undefined` when there is none, or none that can be read: the 403 is an answer by itself.
 */
export function insufficientScope(headers: Headers): Challenge | undefined {
  try {
    return readChallenges(headers).find(({ scheme, parameters }) =>
      scheme === "bearer" && parameters.get("error") === "insufficient_scope"
    );
  } catch (error) {
    if (hasCode(error, "INVALID_RESPONSE")) return undefined;
    throw error;
  }
}

/**
 * Gives the scopes of a challenge, unless the request asks for them anyway.
 *
 * @param own The scopes of the request itself.
 * @param challenge The challenge.
 * @returns What to add.
 */
export function extraScopes(own: ScopeSet, challenge: Challenge): ScopeSet {
  const asked = mergeScopes(splitScopes(challenge.parameters.get("scope")));
  return coversScopes(own, asked) ? [] : asked;
}

/**
 * Takes the token out of an `Authorization` header.
 *
 * @param sent The header's value.
 * @returns The token; empty when it held none.
 */
export function bearerValue(sent: string | undefined): string {
  return sent?.startsWith("Bearer ") ? sent.slice("Bearer ".length) : "";
}
