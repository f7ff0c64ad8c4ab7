/**
 * What the registry needs of a place to keep content: the interface of the memory store and the directory store.
 *
 * @module
 */

import type { Digest } from "../../oci/digest.ts";
import type { CatalogView } from "./manifest_catalog.ts";
import type { ManifestRecord } from "./manifest_record.ts";

/** Bytes as they travel. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** A manifest to be stored. */
export interface ManifestPut {
  /** What it is. */
  readonly record: ManifestRecord;
  /** Its exact bytes, which have the record's digest. */
  readonly bytes: Bytes;
  /** The tags to point at it, all or none. */
  readonly tags: readonly string[];
  /**
   * Called when it is this change's turn, with a look at the repository as it is then; throws to refuse the change.
   */
  readonly check?: ((digestOf: (reference: string) => Digest | undefined) => void) | undefined;
}

/** What is remembered of an upload that has begun. */
export interface UploadBeginning {
  /** The session's random UUID. */
  readonly id: string;
  /** The user who began it; empty for anonymous. */
  readonly user: string;
  /** The algorithm to hash with while receiving. */
  readonly algorithm: string;
}

/** The bytes of an upload while they arrive. One caller at a time. */
export interface UploadFile extends UploadBeginning {
  /** How many bytes are kept. */
  readonly size: number;
  /** When it last changed, in milliseconds since the epoch. */
  readonly changedAt: number;
  /** Adds bytes at the end. They may be reused once the promise has resolved. */
  append(block: Bytes): Promise<void>;
  /** Cuts the upload back to a size. */
  truncate(size: number): Promise<void>;
  /** Ends one request's appending: everything is written, no handle stays open. */
  pause(): Promise<void>;
  /** Reads back what is kept: everything, or `length` bytes from `start` on, also while more is added. */
  read(start?: number, length?: number): Promise<ReadableStream<Bytes>>;
  /** Makes the bytes a blob of the repository. The caller has verified that they have this digest. */
  commit(digest: Digest): Promise<void>;
  /** Removes the bytes. */
  discard(): Promise<void>;
}

/** One repository of a store. */
export interface RepositoryStore {
  /** Its name. */
  readonly name: string;
  /** Whether something was ever stored in it; before that it merely has open uploads. */
  readonly isCreated: boolean;
  /** Its manifests and tags as of now; replaced or changed when something is stored. */
  readonly catalog: CatalogView;
  /** Tells whether a tag or digest stands for a manifest that is damaged, and therefore not known. */
  isDamaged?(reference: string): boolean;
  /** Reads a known manifest's bytes; `undefined` when they are gone. */
  readManifest(record: ManifestRecord): Bytes | Promise<Bytes | undefined>;
  /** Stores a manifest and its tags. */
  putManifest(put: ManifestPut): Promise<void>;
  /** Removes a tag; `false` when there was none. */
  untag(tag: string): Promise<boolean>;
  /** Removes a manifest and every tag on it; `false` when there was none. */
  deleteManifest(digest: Digest): Promise<boolean>;
  /** Gives a blob's length in bytes; `undefined` when the repository does not have it. */
  statBlob(digest: Digest): number | undefined | Promise<number | undefined>;
  /** Opens `length` bytes of a blob from `start` on. */
  openBlob(digest: Digest, start: number, length: number): Promise<ReadableStream<Bytes> | Bytes>;
  /** Removes a blob; `false` when there was none. */
  deleteBlob(digest: Digest): Promise<boolean>;
  /** Takes over a blob of another repository of the same store; `false` when that does not have it. */
  mountBlob(digest: Digest, from: RepositoryStore): Promise<boolean>;
  /** Begins an upload. */
  beginUpload(beginning: UploadBeginning): Promise<UploadFile>;
  /** The uploads that were begun before a restart, where they survive one. */
  readonly earlierUploads?: EarlierUploads;
}

/** Uploads of earlier runs. */
export interface EarlierUploads {
  /** Gives the ids of all uploads, those of this run too. */
  ids(): AsyncIterable<string>;
  /** Finds an upload by its id. */
  resume(id: string): Promise<UploadFile | undefined>;
}

/** Tells how much space a store takes and has. */
export interface StoreUsage {
  /** Gives the bytes that a repository's content takes; 0 when it does not exist. */
  bytesOf(name: string): Promise<number>;
  /** Gives the bytes that can still be written. */
  freeBytes(): Promise<number>;
}

/** A place for repositories. */
export interface RegistryStore extends AsyncDisposable {
  /** Tells how much space it takes and has, where it can; quotas need it. */
  readonly usage?: StoreUsage;
  /** Whether nothing can be stored. */
  readonly isReadOnly: boolean;
  /** Finds a repository into which something was stored, or that has open uploads. */
  repository(name: string): RepositoryStore | undefined | Promise<RepositoryStore | undefined>;
  /** Finds or creates a repository. */
  create(name: string): Promise<RepositoryStore>;
  /** Gives the names of the repositories that hold content, sorted by bytes. */
  names(): Promise<readonly string[]>;
  /** Gives the names of repositories that have a blob, for mounts that name no source. */
  holders(digest: Digest): AsyncIterable<string>;
}
