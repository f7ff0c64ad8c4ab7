/**
 * Conditional requests by entity tags, which here are digests (RFC 9110 section 13).
 *
 * @module
 */

import type { Digest } from "../../oci/digest.ts";
import { ApiError } from "../api_error.ts";

/** By the weak comparison. */
function matchesEtag(header: string, digest: Digest | undefined): boolean {
  if (digest === undefined) return false;
  if (header.trim() === "*") return true;
  return header.split(",").some((part) => part.trim().replace(/^W\//, "") === `"${digest}"`);
}

/** By the strong comparison: weak tags name nothing. */
function matchesStrongly(header: string, digest: Digest | undefined): boolean {
  if (digest === undefined) return false;
  return header.trim() === "*" || header.split(",").some((part) => part.trim() === `"${digest}"`);
}

/**
 * Tells whether the client has the content already.
 *
 * @param request The request.
 * @param digest The digest of the content.
 * @returns Whether 304 is the answer.
 */
export function isNotModified(request: Request, digest: Digest): boolean {
  const header = request.headers.get("if-none-match");
  return header !== null && matchesEtag(header, digest);
}

/**
 * Builds the check of a conditional update, to be made when it is the change's turn.
 *
 * @param headers The request's headers.
 * @param references What is about to change, tags or a digest: for each of them the condition must hold.
 * @returns The check; `undefined` when the request sets no condition.
 */
export function conditionOf(
  headers: Headers,
  references: readonly string[],
): ((digestOf: (reference: string) => Digest | undefined) => void) | undefined {
  const match = headers.get("if-match");
  const noneMatch = headers.get("if-none-match");
  if (match === null && noneMatch === null) return undefined;
  return (digestOf) => {
    for (const reference of references) {
      const now = digestOf(reference);
      const holds = (match === null || matchesStrongly(match, now)) &&
        (noneMatch === null || !matchesEtag(noneMatch, now));
      if (holds) continue;
      throw new ApiError(412, "MANIFEST_INVALID", "the condition of the request does not hold", {
        detail: { reference, digest: now ?? null },
      });
    }
  };
}
