/**
 * The port: one repository of blobs, manifests, tags and referrers, whether behind a registry, in an OCI layout or in memory.
 *
 * Operations see only these interfaces. Optional powers are in `repository_powers.ts`.
 *
 * @module
 */

import type { Descriptor } from "./oci/descriptor.ts";
import type { Digest } from "./oci/digest.ts";
import type { Manifest } from "./oci/manifest.ts";

/** What every wait takes. */
export interface CallOptions {
  /** Ends the call early; its reason is thrown. */
  readonly signal?: AbortSignal | undefined;
}

/** A blob or manifest as wanted or as found: the digest, and what else is known. */
export interface BlobTarget {
  /** The digest of the content. */
  readonly digest: Digest;
  /** Its length in bytes, when known; then it is verified too. */
  readonly size?: number | undefined;
  /** Other places to download it from, as in a descriptor. */
  readonly urls?: readonly string[] | undefined;
  /** The content in base64, as in a descriptor; used instead of a request when it fits digest and size. */
  readonly data?: string | undefined;
}

/** What is known of a blob that exists. */
export interface BlobInfo {
  /** Its digest, size in bytes and media type as the store reports it. */
  readonly descriptor: Descriptor;
  /** The registry's response headers; absent for other stores. */
  readonly headers?: Headers | undefined;
}

/** A blob opened for reading. Who opens it reads it to the end or cancels the stream. */
export interface BlobBody extends BlobInfo {
  /**
   * The bytes. The stream fails with `DIGEST_MISMATCH` or `SIZE_MISMATCH` instead of ending when they are not those asked
   * for; transport faults in the middle are resumed inside and do not show.
   */
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;
}

/** Options of {@linkcode BlobStore.get}. */
export interface BlobGetOptions extends CallOptions {
  /** The first byte wanted; 0 by default. From another one on only the size is verified, not the digest of the whole. */
  readonly offset?: number | undefined;
}

/** Where the bytes of an upload come from. */
export interface BlobSource {
  /**
   * Opens the bytes anew. Called again when an upload has to be repeated or resumed.
   *
   * @param offset The first byte wanted; 0 for all.
   * @param signal Ends the reading early.
   * @returns The bytes from there on.
   */
  open(offset: number, signal?: AbortSignal): Promise<ReadableStream<Uint8Array<ArrayBuffer>>>;
  /** Whether `open` can be called more than once, with any offset; `false` for a pipe. */
  readonly isRewindable: boolean;
  /**
   * Whether what `open(0)` gives fails by itself instead of ending when it has not the digest and size that the blob is put
   * with, so that hashing it again is wasted; `false` by default.
   */
  readonly isVerified?: boolean | undefined;
}

/** Options of {@linkcode BlobStore.put}. */
export interface BlobPutOptions extends CallOptions {
  /** A repository of the same registry that has the blob: it is mounted from there if the registry agrees. */
  readonly mountFrom?: Repository | undefined;
  /** Called with the number of bytes that have gone to the target so far in this attempt. */
  readonly onProgress?: ((bytes: number) => void) | undefined;
}

/** How a blob came to be in the target. */
export interface BlobPutResult {
  /** Its digest, size in bytes and media type `application/octet-stream`. */
  readonly descriptor: Descriptor;
  /** Whether bytes were sent, or the store linked what it had. */
  readonly outcome: "uploaded" | "mounted";
}

/** The blobs of a repository. */
export interface BlobStore {
  /**
   * Looks a blob up.
   *
   * @throws {RegkitError} `NOT_FOUND` when the repository does not have it.
   */
  head(blob: BlobTarget, options?: CallOptions): Promise<BlobInfo>;
  /**
   * Opens a blob for reading, verified while it is read.
   *
   * @throws {RegkitError} `NOT_FOUND` when the repository does not have it.
   */
  get(blob: BlobTarget, options?: BlobGetOptions): Promise<BlobBody>;
  /**
   * Stores a blob. Nothing is visible before all bytes are there and their digest is verified.
   *
   * @param blob The digest and size, as far as known beforehand: without a digest it is computed while storing.
   * @throws {RegkitError} `DIGEST_MISMATCH` or `SIZE_MISMATCH` when the source gives other bytes.
   */
  put(
    blob: Partial<Pick<BlobTarget, "digest" | "size">>,
    source: BlobSource,
    options?: BlobPutOptions,
  ): Promise<BlobPutResult>;
  /**
   * Deletes a blob.
   *
   * @throws {RegkitError} `NOT_FOUND` when the repository does not have it.
   */
  delete(digest: Digest, options?: CallOptions): Promise<void>;
}

/** What is known of a manifest that exists, without its body. */
export interface ManifestInfo {
  /** Media type, digest and size in bytes. */
  readonly descriptor: Descriptor;
  /** The registry's response headers; absent for other stores. */
  readonly headers?: Headers | undefined;
}

/** Options of {@linkcode ManifestStore.get}. */
export interface ManifestGetOptions extends CallOptions {
  /** What is already known of it from a parent: verified, and its embedded data used instead of a request. */
  readonly descriptor?: Descriptor | undefined;
}

/** Options of {@linkcode ManifestStore.put}. */
export interface ManifestPutOptions extends CallOptions {
  /** It will be named by an index or as a referrer: a layout then needs no entry of its own for it. */
  readonly isChild?: boolean | undefined;
}

/** Options of {@linkcode ManifestStore.delete}. */
export interface ManifestDeleteOptions extends CallOptions {
  /** Also take it out of its subject's fallback tag where the registry has no referrers API. */
  readonly updateReferrers?: boolean | undefined;
}

/** The manifests of a repository. A `reference` is a tag or a digest. */
export interface ManifestStore {
  /**
   * Looks a manifest up. The digest is always known afterwards: a registry that does not send it is asked with GET.
   *
   * @throws {RegkitError} `NOT_FOUND` when the repository does not have it.
   */
  head(reference: string, options?: CallOptions): Promise<ManifestInfo>;
  /**
   * Reads a manifest, its digest verified.
   *
   * @throws {RegkitError} `NOT_FOUND` when the repository does not have it; `TOO_LARGE` over 8 MiB.
   */
  get(reference: string, options?: ManifestGetOptions): Promise<Manifest>;
  /**
   * Stores a manifest under a tag or its digest, and keeps the fallback tag of its subject where that is needed.
   *
   * @throws {RegkitError} `DIGEST_MISMATCH` when the reference is a digest and not this manifest's.
   */
  put(reference: string, manifest: Manifest, options?: ManifestPutOptions): Promise<ManifestInfo>;
  /**
   * Deletes a manifest and the tags on it.
   *
   * @throws {RegkitError} `NOT_FOUND` when the repository does not have it.
   */
  delete(digest: Digest, options?: ManifestDeleteOptions): Promise<void>;
}

/** Options of {@linkcode TagStore.list}. */
export interface TagListOptions extends CallOptions {
  /** At most so many; all without it. */
  readonly limit?: number | undefined;
  /** Only tags after this one. */
  readonly last?: string | undefined;
}

/** Options of {@linkcode TagStore.delete}. */
export interface TagDeleteOptions extends CallOptions {
  /** Whether a registry that cannot delete tags may be worked around with a dummy manifest; `true` by default. */
  readonly allowFallback?: boolean | undefined;
}

/** The tags of a repository. */
export interface TagStore {
  /**
   * Lists tags, page by page as they are read, in the order of the store.
   *
   * @throws {RegkitError} `NOT_FOUND` when there is no such repository.
   */
  list(options?: TagListOptions): AsyncIterable<string>;
  /**
   * Deletes one tag and leaves its manifest and the other tags.
   *
   * @throws {RegkitError} `NOT_FOUND` when there is no such tag.
   */
  delete(tag: string, options?: TagDeleteOptions): Promise<void>;
}

/** One name that holds blobs, manifests and tags. */
export interface Repository extends AsyncDisposable {
  /** The place, equal for two handles to the same one: `reg://host/name`, `ocidir:///absolute/path`, `memory://…`. */
  readonly id: string;
  /** The name as printed to people: `registry.example.org/app` or `ocidir://path`. */
  readonly name: string;
  /** Its blobs. */
  readonly blobs: BlobStore;
  /** Its manifests. */
  readonly manifests: ManifestStore;
  /** Its tags. */
  readonly tags: TagStore;
  /** Flushes and releases what the handle holds; a layout collects garbage when it was changed. */
  [Symbol.asyncDispose](): Promise<void>;
}
