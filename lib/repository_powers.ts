/**
 * What some repositories can do beside the port: each power an interface with a guard.
 *
 * @module
 */

import type { Annotations, Descriptor } from "./oci/descriptor.ts";
import type { Digest } from "./oci/digest.ts";
import type { CallOptions, Repository, TagListOptions } from "./repository.ts";

/** One page of a tag listing, as the store gave it. */
export interface TagPage {
  /** The tags, in the order of the store. */
  readonly tags: readonly string[];
  /** The exact document: a registry's tag list, or a layout's `index.json`. */
  readonly document: Uint8Array<ArrayBuffer>;
  /** The registry's response headers; absent for other stores. */
  readonly headers?: Headers | undefined;
}

/** A repository that can give tag listings page by page, with their documents. */
export interface CanListTagPages {
  /**
   * Lists tags page by page. Whole pages are given: the last one may exceed the limit.
   *
   * @throws {RegkitError} `NOT_FOUND` when there is no such repository.
   */
  listTagPages(options?: TagListOptions): AsyncIterable<TagPage>;
}

/** Options of {@linkcode CanListReferrers.listReferrers}. */
export interface ReferrerListOptions extends CallOptions {
  /** Only referrers of this artifact type. */
  readonly artifactType?: string | undefined;
  /** Also open every manifest that a layout lists and look at its subject. */
  readonly isSlow?: boolean | undefined;
}

/** The referrers of one subject. */
export interface ReferrerList {
  /** One descriptor per referrer, with its `artifactType` and annotations. */
  readonly descriptors: readonly Descriptor[];
  /** Annotations of the list itself. */
  readonly annotations?: Annotations | undefined;
  /** The fallback tags that the list was read from; empty when the referrers API gave it. */
  readonly tags: readonly string[];
}

/** A repository that can list what refers to a manifest. */
export interface CanListReferrers {
  /**
   * Lists the manifests whose `subject` is a digest; none is an empty list.
   *
   * @throws {RegkitError} When the registry fails otherwise than by lacking the API.
   */
  listReferrers(subject: Digest, options?: ReferrerListOptions): Promise<ReferrerList>;
}

/** A repository that can tell whether it exists at all, in one request. */
export interface CanProbe {
  /**
   * Tells whether the repository exists. `true` when that cannot be told.
   */
  exists(options?: CallOptions): Promise<boolean>;
}

/** A repository whose registry links blobs between repositories. */
export interface CanMount {
  /**
   * Tells whether a blob of another repository can be had without a transfer.
   *
   * @param source The other repository.
   * @returns Whether both are on one registry.
   */
  canMountFrom(source: Repository): boolean;
}

/**
 * Tells whether a repository can list referrers.
 *
 * @param repository The repository.
 * @returns Whether it can.
 */
export function canListReferrers(repository: Repository): repository is Repository & CanListReferrers {
  return "listReferrers" in repository;
}

/**
 * Tells whether a repository can give tag listings page by page.
 *
 * @param repository The repository.
 * @returns Whether it can.
 */
export function canListTagPages(repository: Repository): repository is Repository & CanListTagPages {
  return "listTagPages" in repository;
}

/**
 * Tells whether a repository can be probed for existence.
 *
 * @param repository The repository.
 * @returns Whether it can.
 */
export function canProbe(repository: Repository): repository is Repository & CanProbe {
  return "exists" in repository;
}

/**
 * Tells whether a repository can mount blobs of others.
 *
 * @param repository The repository.
 * @returns Whether it can.
 */
export function canMount(repository: Repository): repository is Repository & CanMount {
  return "canMountFrom" in repository;
}
