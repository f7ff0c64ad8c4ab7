/**
 * What garbage collection does in a repository of the memory store. Each step is made in one go, so that no request sees half
 * of it.
 *
 * @module
 */

import type { Digest } from "../../oci/digest.ts";
import { isManifestType } from "../../oci/media_type.ts";
import { bereavedBy } from "./gc_bereaved.ts";
import type { GcRepository, StoredBlob, Vacancy } from "./gc.ts";
import { addMentioned } from "./gc_mentions.ts";
import type { ManifestCatalog } from "./manifest_catalog.ts";
import type { MemoryBlob, MemoryUpload } from "./memory_upload.ts";

/** A blob in a repository. */
export interface KeptBlob {
  /** The blob, which other repositories may have too. */
  readonly blob: MemoryBlob;
  /** When it was last pushed here, or somebody was told that it is here, in milliseconds since the epoch. */
  changedAt: number;
}

/** The parts of a repository that are collected. */
export interface MemoryParts {
  /** Its name. */
  readonly name: string;
  /** Its manifests. */
  readonly catalog: ManifestCatalog;
  /** Its blobs. */
  readonly blobs: ReadonlyMap<Digest, KeptBlob>;
  /** What stays whatever the catalog says. */
  readonly pinned: ReadonlySet<Digest>;
  /** Its open uploads that nobody left idle for too long. */
  readonly liveUploads: () => Iterable<MemoryUpload>;
  /** When it was last changed, in milliseconds since the epoch. */
  readonly changedAt: () => number;
  /** Removes a blob. */
  readonly drop: (digest: Digest) => void;
  /** Removes the repository. */
  readonly remove: () => void;
}

const maxDocumentBytes = 16 * 1024 * 1024;

/** A repository in memory as garbage collection sees it. */
export class CollectedMemory implements GcRepository {
  readonly #parts: MemoryParts;
  #roots: ReadonlySet<Digest> = new Set();

  /**
   * Wraps a repository.
   *
   * @param parts Its parts.
   */
  constructor(parts: MemoryParts) {
    this.#parts = parts;
  }

  /** The repository's name. */
  get name(): string {
    return this.#parts.name;
  }

  /** Its manifests as of now. */
  get catalog(): ManifestCatalog {
    return this.#parts.catalog;
  }

  /**
   * Gives all blobs.
   *
   * @returns The blobs with their times.
   */
  async *blobs(): AsyncGenerator<StoredBlob> {
    for (const [digest, { blob: { size }, changedAt }] of [...this.#parts.blobs]) yield { digest, size, changedAt };
  }

  /**
   * Gives what documents mention whose type says nothing of what they need.
   *
   * @returns The digests.
   */
  async roots(): Promise<ReadonlySet<Digest>> {
    const { blobs, pinned } = this.#parts;
    const roots = new Set(pinned);
    const source = {
      isKnown: (digest: Digest) => this.catalog.get(digest) !== undefined,
      read: (digest: Digest) => {
        const blob = blobs.get(digest)?.blob;
        return Promise.resolve(blob === undefined || blob.size > maxDocumentBytes ? undefined : blob.whole());
      },
    };
    const documents = [...this.catalog.records()].flatMap((record) =>
      isManifestType(record.mediaType) ? record.documents : [record.digest]
    );
    for (const digest of [...pinned, ...documents]) {
      await addMentioned(digest, roots, source);
    }
    return this.#roots = roots;
  }

  /**
   * Gives what is listed although its bytes are gone: in memory both go together.
   *
   * @returns Nothing.
   */
  lost(): Promise<readonly Digest[]> {
    return Promise.resolve([]);
  }

  /**
   * Takes manifests out of the catalog.
   *
   * @param decide Gives those that are still to go.
   * @returns Those that went.
   */
  unlist(decide: (timeOf: (digest: Digest) => number | undefined) => Iterable<Digest>): Promise<readonly Digest[]> {
    return Promise.try(() => {
      const dead = [...decide((digest) => this.#parts.blobs.get(digest)?.changedAt)];
      for (const record of bereavedBy(new Set(dead), this.catalog)) this.catalog.add(record, true);
      for (const digest of dead) this.catalog.remove(digest);
      return dead;
    });
  }

  /**
   * Removes blobs.
   *
   * @param blobs The blobs.
   * @param olderThan The time since which nobody may have asked for them.
   * @returns Those that went.
   */
  sweep(blobs: readonly StoredBlob[], olderThan: number): Promise<readonly StoredBlob[]> {
    return Promise.try(() => {
      const removed = blobs.filter(({ digest }) => this.#isGarbage(digest, olderThan));
      for (const { digest } of removed) this.#parts.drop(digest);
      return removed;
    });
  }

  /**
   * Removes the repository if it holds nothing.
   *
   * @param vacancy What counts as nothing.
   * @returns Whether it went, or would go.
   */
  removeIfEmpty(vacancy: Vacancy): Promise<boolean> {
    return Promise.try(() => {
      const { blobs, liveUploads, changedAt, remove } = this.#parts;
      const isEmpty = changedAt() <= vacancy.olderThan &&
        [...blobs.keys()].every((digest) => vacancy.blobs.has(digest)) &&
        [...this.catalog.records()].every(({ digest }) => vacancy.manifests.has(digest)) &&
        [...liveUploads()].length === 0;
      if (isEmpty && !vacancy.isDryRun) remove();
      return isEmpty;
    });
  }

  #isGarbage(digest: Digest, olderThan: number): boolean {
    const { catalog } = this;
    const isNeeded = catalog.get(digest) !== undefined || catalog.isBlobInUse(digest) || catalog.isChild(digest) ||
      this.#roots.has(digest);
    return !isNeeded && (this.#parts.blobs.get(digest)?.changedAt ?? Infinity) <= olderThan;
  }
}
