/**
 * What garbage collection does in a repository directory.
 *
 * @module
 */

import { entryDescriptor, type IndexEntries } from "../../layout/index_entries.ts";
import { isMissing } from "../../layout/io_error.ts";
import { blobPath, blobsDirectory, indexName } from "../../layout/layout_files.ts";
import type { Digest } from "../../oci/digest.ts";
import { isKnownBlobType, isManifestType } from "../../oci/media_type.ts";
import { isContentDigest } from "../names.ts";
import { listManifest } from "./dir_entries.ts";
import { exists } from "./dir_paths.ts";
import { storedBlobs } from "./dir_blobs.ts";
import type { DirectoryFiles } from "./dir_files.ts";
import type { DirectoryManifests } from "./dir_manifests.ts";
import { isQuarantined } from "./dir_verify.ts";
import { bereavedBy } from "./gc_bereaved.ts";
import type { GcRepository, StoredBlob, Vacancy } from "./gc.ts";
import { addMentioned, mentionedIn } from "./gc_mentions.ts";
import type { ManifestCatalog } from "./manifest_catalog.ts";
import type { ManifestRecord } from "./manifest_record.ts";

/** The parts of a repository that are collected. */
export interface CollectedParts {
  /** Its name. */
  readonly name: string;
  /** Its files. */
  readonly files: DirectoryFiles;
  /** Its manifests. */
  readonly manifests: DirectoryManifests;
  /** Since when entries are known to have no file, over several runs, in milliseconds since the epoch. */
  readonly lostSince: Map<Digest, number>;
  /** Called for each blob that was removed. */
  readonly onRemove: (digest: Digest) => void;
  /** Removes the repository if it holds nothing; tells whether it did. */
  readonly end: (vacancy: Vacancy) => Promise<boolean>;
}

const maxDocumentBytes = 16 * 1024 * 1024;

/** A repository directory as garbage collection sees it. */
export class CollectedDirectory implements GcRepository {
  readonly #parts: CollectedParts;
  #roots: ReadonlySet<Digest> = new Set();

  /**
   * Wraps a repository.
   *
   * @param parts Its parts.
   */
  constructor(parts: CollectedParts) {
    this.#parts = parts;
  }

  /** The repository's name. */
  get name(): string {
    return this.#parts.name;
  }

  /** Its manifests as of now. */
  get catalog(): ManifestCatalog {
    return this.#parts.manifests.catalog;
  }

  /**
   * Gives all blobs.
   *
   * @returns The blobs with their times.
   */
  blobs(): AsyncIterable<StoredBlob> {
    return storedBlobs(this.#parts.files.path);
  }

  /**
   * Gives what entries lead to that the catalog does not understand.
   *
   * @param lost The entries whose file is gone for long enough.
   * @returns The digests.
   * @throws {Error} When a manifest that is there cannot be read: then nobody knows what it needs.
   */
  async roots(lost: ReadonlySet<Digest>): Promise<ReadonlySet<Digest>> {
    const { files, manifests } = this.#parts;
    const roots = new Set(manifests.foreignDigests());
    const mentions = {
      isKnown: (digest: Digest) => this.catalog.get(digest) !== undefined,
      read: async (digest: Digest) =>
        (await files.stat(digest) ?? Infinity) > maxDocumentBytes ? undefined : await files.readManifest(digest),
    };
    for (const entry of manifests.index.entries) {
      const descriptor = entryDescriptor(entry);
      // What is no descriptor may still mean something to whoever wrote it.
      const digests = descriptor === undefined ? mentionedIn(JSON.stringify(entry)) : [descriptor.digest];
      for (const digest of digests) {
        if (this.catalog.get(digest) !== undefined) continue;
        if (descriptor === undefined) roots.add(digest);
        else if (isManifestType(descriptor.mediaType)) {
          await this.#requireGone(digest);
          if (!lost.has(digest)) throw unclear(`the manifest ${digest} is missing, and may be on its way`);
        }
        if (!isKnownBlobType(descriptor?.mediaType ?? "")) await addMentioned(digest, roots, mentions);
      }
    }
    for (const record of this.catalog.records()) {
      for (const child of record.children) {
        if (this.catalog.get(child) === undefined) await this.#requireGone(child);
      }
      const documents = isManifestType(record.mediaType) ? record.documents : [record.digest];
      for (const digest of documents) await addMentioned(digest, roots, mentions);
    }
    return this.#roots = roots;
  }

  /**
   * Gives what the index lists although its file is gone.
   *
   * @param olderThan The time in milliseconds since the epoch since which nobody may have changed the index.
   * @returns The digests.
   */
  async lost(olderThan: number): Promise<readonly Digest[]> {
    const { files, manifests, lostSince } = this.#parts;
    const lost = new Set<Digest>();
    for (const entry of manifests.index.entries) {
      const digest = entryDescriptor(entry)?.digest ?? "";
      if (isContentDigest(digest) && !await exists(blobPath(files.path, digest))) lost.add(digest);
    }
    for (const digest of lostSince.keys()) if (!lost.has(digest)) lostSince.delete(digest);
    for (const digest of lost) if (!lostSince.has(digest)) lostSince.set(digest, files.settings.now());
    if (lost.size === 0) return [];
    // Who copies a layout may bring the index before the rest.
    const isOld = await lastWritten(`${files.path}/${indexName}`) <= olderThan;
    return [...lost].filter((digest) => isOld || (lostSince.get(digest) ?? Infinity) <= olderThan);
  }

  /**
   * Takes manifests out of the index.
   *
   * @param decide Gives those that are still to go.
   * @returns Those that went.
   */
  async unlist(
    decide: (timeOf: (digest: Digest) => number | undefined) => Iterable<Digest>,
  ): Promise<readonly Digest[]> {
    const { files, manifests } = this.#parts;
    const subjects: Digest[] = [];
    let dead = new Set<Digest>();
    let bereaved: readonly ManifestRecord[] = [];
    const timeOf = (digest: Digest) => files.isPinned(digest) ? Infinity : timeNow(files.path, digest);
    await manifests.index.change({
      apply: (entries) => {
        dead = new Set(decide(timeOf));
        bereaved = bereavedBy(dead, this.catalog);
        const kept = entries.filter((entry) => !dead.has(entryDescriptor(entry)?.digest ?? ""));
        if (kept.length === entries.length && bereaved.length === 0) return entries;
        const created = new Date(files.settings.now()).toISOString().replace(/\.[0-9]+Z$/, "Z");
        return bereaved.reduce(
          (list: IndexEntries, { mediaType, digest, size }) =>
            listManifest(list, { mediaType, digest, size }, [], created),
          kept,
        );
      },
      commit: () => {
        for (const record of bereaved) this.catalog.add(record, true);
        for (const digest of dead) {
          const subject = this.catalog.get(digest)?.subject;
          if (subject !== undefined) subjects.push(subject);
          this.catalog.remove(digest);
        }
      },
    });
    await manifests.updateListings(subjects);
    return [...dead];
  }

  /**
   * Removes blobs in one turn of the repository's changes.
   *
   * @param blobs The blobs.
   * @param olderThan The time since which nobody may have asked for them.
   * @returns Those that went.
   */
  async sweep(blobs: readonly StoredBlob[], olderThan: number): Promise<readonly StoredBlob[]> {
    const { files, manifests } = this.#parts;
    let removed: readonly StoredBlob[] = [];
    await manifests.index.alone(async () => {
      removed = blobs.filter((blob) => this.#remove(blob.digest, olderThan));
      for (const algorithm of new Set(removed.map(({ digest }) => digest.slice(0, digest.indexOf(":"))))) {
        await files.sync(blobsDirectory(files.path, algorithm));
      }
    });
    return removed;
  }

  /**
   * Removes the repository if it holds nothing.
   *
   * @param vacancy What counts as nothing.
   * @returns Whether it went, or would go.
   */
  removeIfEmpty(vacancy: Vacancy): Promise<boolean> {
    return this.#parts.end(vacancy);
  }

  /** A manifest that nobody can read, or that was moved aside as damaged, may need anything. */
  async #requireGone(digest: Digest): Promise<void> {
    const { files } = this.#parts;
    if (await exists(blobPath(files.path, digest))) throw unclear(`the manifest ${digest} cannot be understood`);
    if (await isQuarantined(files.path, digest)) throw unclear(`the manifest ${digest} is damaged; push or delete it`);
  }

  /** Looks and removes in one go: whoever asks for the blob before is seen, and whoever asks later finds nothing. */
  #remove(digest: Digest, olderThan: number): boolean {
    const { files, onRemove } = this.#parts;
    const isNeeded = this.catalog.get(digest) !== undefined || this.catalog.isBlobInUse(digest) ||
      this.catalog.isChild(digest) || this.#roots.has(digest) || files.isPinned(digest);
    if (isNeeded || !((timeNow(files.path, digest) ?? Infinity) <= olderThan)) return false;
    Deno.removeSync(blobPath(files.path, digest));
    onRemove(digest);
    return true;
  }
}

function unclear(fault: string): Error {
  return new Error(`garbage cannot be told from content: ${fault}`);
}

/** When a file came to be as it is, in milliseconds since the epoch; programs that keep the times of what they copy included. */
async function lastWritten(path: string): Promise<number> {
  const { mtime, ctime } = await Deno.lstat(path);
  return Math.max(mtime?.getTime() ?? Infinity, ctime?.getTime() ?? 0);
}

function timeNow(path: string, digest: Digest): number | undefined {
  try {
    return Deno.lstatSync(blobPath(path, digest)).mtime?.getTime();
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
