/**
 * Makes references from others, and compares them.
 *
 * @module
 */

import { RegkitError } from "../errors.ts";
import type { Digest } from "../oci/digest.ts";
import { formatReference } from "./format.ts";
import { isDigestForm, isTag } from "./grammar.ts";
import { normalizeLayoutPath } from "./layout_path.ts";
import type { Reference } from "./reference.ts";

/**
 * Gives the reference to a tag of the same repository.
 *
 * @param ref Any reference to the repository.
 * @param tag The tag.
 * @returns The reference to the tag, without a digest.
 * @throws {RegkitError} `INVALID_REFERENCE` when the tag is none.
 */
export function withTag(ref: Reference, tag: string): Reference {
  if (!isTag(tag)) {
    throw new RegkitError("INVALID_REFERENCE", `invalid tag "${tag}" for ${formatReference(ref)}`);
  }
  return named({ ...ref, tag, digest: "" });
}

/**
 * Gives the reference to a digest of the same repository.
 *
 * @param ref Any reference to the repository.
 * @param digest The digest.
 * @returns The reference to the digest, without a tag.
 * @throws {RegkitError} `INVALID_REFERENCE` when the digest has not the form of one.
 */
export function withDigest(ref: Reference, digest: Digest): Reference {
  return named({ ...ref, tag: "", digest: checkedDigest(ref, digest) });
}

/**
 * Pins a reference to a digest and keeps its tag.
 *
 * @param ref The reference.
 * @param digest The digest.
 * @returns The reference to tag and digest.
 * @throws {RegkitError} `INVALID_REFERENCE` when the digest has not the form of one.
 */
export function addDigest(ref: Reference, digest: Digest): Reference {
  return named({ ...ref, digest: checkedDigest(ref, digest) });
}

/**
 * Gives the reference to a repository itself.
 *
 * @param ref Any reference to the repository.
 * @returns The reference without tag and digest.
 */
export function withoutTagAndDigest(ref: Reference): Reference {
  return named({ ...ref, tag: "", digest: "" });
}

function checkedDigest(ref: Reference, digest: Digest): Digest {
  if (isDigestForm(digest)) return digest;
  throw new RegkitError("INVALID_REFERENCE", `invalid digest "${digest}" for ${formatReference(ref)}`);
}

function named(ref: Reference): Reference {
  return { ...ref, reference: formatReference(ref) };
}

/**
 * Tells whether a reference says which manifest is meant.
 *
 * @param ref The reference.
 * @returns Whether it has a tag or a digest.
 */
export function hasTagOrDigest(ref: Reference): boolean {
  return ref.tag !== "" || ref.digest !== "";
}

/**
 * Gives what manifests are asked for by: the digest, else the tag, else `latest`.
 *
 * @param ref The reference.
 * @returns The tag or digest.
 */
export function tagOrDigest(ref: Reference): string {
  return ref.digest || ref.tag || "latest";
}

/**
 * Tells whether two references are to one registry, or to one layout.
 *
 * @param a A reference.
 * @param b Another.
 * @returns Whether they are.
 */
export function isSameRegistry(a: Reference, b: Reference): boolean {
  if (a.scheme === "reg") return b.scheme === "reg" && a.registry === b.registry;
  return isSameRepository(a, b);
}

/**
 * Tells whether two references are to one repository, whatever their tags; `./x` and `x` are one layout.
 *
 * @param a A reference.
 * @param b Another.
 * @returns Whether they are.
 */
export function isSameRepository(a: Reference, b: Reference): boolean {
  if (a.scheme === "reg") return b.scheme === "reg" && a.registry === b.registry && a.repository === b.repository;
  return b.scheme === "ocidir" && normalizeLayoutPath(a.path) === normalizeLayoutPath(b.path);
}
