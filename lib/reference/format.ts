/**
 * Prints references.
 *
 * @module
 */

import type { Reference } from "./reference.ts";

/**
 * Prints a reference by its common name, with everything that was filled in.
 *
 * @param ref The reference.
 * @returns `registry/repository[:tag][@digest]` or `ocidir://path[:tag][@digest]`.
 */
export function formatReference(ref: Reference): string {
  return formatRepository(ref) + (ref.tag === "" ? "" : `:${ref.tag}`) + (ref.digest === "" ? "" : `@${ref.digest}`);
}

/**
 * Prints the repository of a reference, without tag and digest.
 *
 * @param ref The reference.
 * @returns `registry/repository` or `ocidir://path`.
 */
export function formatRepository(ref: Reference): string {
  return ref.scheme === "reg" ? `${ref.registry}/${ref.repository}` : `ocidir://${ref.path}`;
}
