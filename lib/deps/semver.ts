/**
 * Compares version numbers (semver.org 2.0).
 *
 * @module
 */

import semver from "npm:semver@7.8.6";

/** A version that was read; what it is made of matters to this package alone. */
export interface ParsedVersion {
  /** The version without build metadata. */
  readonly version: string;
}

/** The functions that are used of the package. */
export interface Semver {
  /** Reads a version, with or without a leading `v`; `null` when it is none. */
  parse(text: string): ParsedVersion | null;
  /** Orders two versions by precedence, then by build metadata. */
  compareBuild(left: string, right: string): -1 | 0 | 1;
}

/** The package. */
export const versions: Semver = semver;
