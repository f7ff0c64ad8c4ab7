/**
 * References: the names of registries, repositories, tags, digests and layouts that users type.
 *
 * @module
 */

import type { Digest } from "../oci/digest.ts";

/** A parsed reference to a repository of a registry. */
export interface RegistryReference {
  /** Marks a registry. */
  readonly scheme: "reg";
  /** The registry as named, `docker.io` for all spellings of Docker Hub. */
  readonly registry: string;
  /** The repository, with `library/` on Docker Hub where it was left out. */
  readonly repository: string;
  /** The tag; empty when only a digest was given. */
  readonly tag: string;
  /** The digest; empty when none was given. */
  readonly digest: Digest | "";
  /** The text it was parsed from, or its common name once it was changed. */
  readonly reference: string;
}

/** A parsed reference to an OCI layout. */
export interface LayoutReference {
  /** Marks an OCI layout. */
  readonly scheme: "ocidir";
  /** The path of the directory, as written. */
  readonly path: string;
  /** The tag; empty when none was given. */
  readonly tag: string;
  /** The digest; empty when none was given. */
  readonly digest: Digest | "";
  /** The text it was parsed from, or its common name once it was changed. */
  readonly reference: string;
}

/** A parsed reference. */
export type Reference = RegistryReference | LayoutReference;
