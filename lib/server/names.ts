/**
 * The grammar of repository names, tags and digests in request paths (distribution-spec "Pulling manifests").
 *
 * @module
 */

import type { Digest } from "../oci/digest.ts";
import { ApiError } from "./api_error.ts";

const nameForm = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const tagForm = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;
const digestForm = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;
const maxNameLength = 255;

/** The algorithms whose digests name content in this registry. */
export const registryAlgorithms: ReadonlySet<string> = new Set(["sha256", "sha512"]);

/**
 * Tells whether text is a repository name.
 *
 * @param text The text.
 * @param hostLength The length of the host before it, which counts towards the limit of 255 characters.
 * @returns Whether it is.
 */
export function isRepositoryName(text: string, hostLength = 0): boolean {
  return text.length + hostLength < maxNameLength && nameForm.test(text);
}

/**
 * Tells whether text is a tag.
 *
 * @param text The text.
 * @returns Whether it is.
 */
export function isTag(text: string): boolean {
  return tagForm.test(text);
}

/**
 * Tells whether text is a digest that content can have here: sha256 or sha512.
 *
 * @param text The text.
 * @returns Whether it is.
 */
export function isContentDigest(text: string): boolean {
  return digestForm.test(text);
}

/**
 * Checks a digest from a path or query.
 *
 * @param text The digest.
 * @returns The same text.
 * @throws {ApiError} 400 `DIGEST_INVALID` when it is none, or of another algorithm.
 */
export function requireDigest(text: string): Digest {
  if (digestForm.test(text)) return text;
  throw new ApiError(400, "DIGEST_INVALID", "the digest is malformed or of an unknown algorithm", {
    detail: { digest: text.slice(0, 200), expected: "sha256 or sha512 with lower-case hex digits" },
  });
}
