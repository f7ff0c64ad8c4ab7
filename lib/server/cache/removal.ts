/**
 * Removes images from the cache, and whatever only they needed.
 *
 * @module
 */

import type { Digest } from "../../oci/digest.ts";
import type { Quota } from "../limits/quota.ts";
import type { ManifestRecord } from "../store/manifest_record.ts";
import type { RepositoryStore } from "../store/store.ts";
import { type Candidate, isNeeded, isResting, type UseParts } from "./eviction_candidates.ts";
import type { Ledger } from "./ledger.ts";

/** What a removal works with. */
export interface RemovalParts extends UseParts {
  /** Is told of what went, if space is limited. */
  readonly quota: Quota | undefined;
}

/** Removes images and counts what that frees. */
export class Removal {
  /** How many bytes were freed. */
  freed = 0;
  /** How many blobs and manifests were removed. */
  removed = 0;
  readonly #parts: RemovalParts;

  /**
   * Creates a removal.
   *
   * @param parts Memory and limits.
   */
  constructor(parts: RemovalParts) {
    this.#parts = parts;
  }

  /**
   * Removes content. Children that have tags of their own stay; whatever else nothing needs any more goes too, unless somebody
   * used it a moment ago.
   *
   * @param repository The repository.
   * @param digest The content.
   */
  async remove(repository: RepositoryStore, digest: Digest): Promise<void> {
    const { ledger } = this.#parts;
    const { catalog, name } = repository;
    const record = catalog.get(digest);
    const tags = record === undefined ? [] : catalog.tags().filter((tag) => catalog.byTag(tag)?.digest === digest);
    const children = (record?.children ?? []).map((child) => ({ child, below: catalog.get(child) }));
    const isGone = record === undefined ? await repository.deleteBlob(digest) : await repository.deleteManifest(digest);
    for (const tag of tags) ledger.forgetTag(name, tag);
    this.#note(repository, digest, isGone);
    for (const { child, below } of children) {
      if (isNeeded(repository, child) || this.#hasTag(repository, child) || this.#rests(repository, child)) continue;
      if (catalog.get(child) !== undefined) await this.remove(repository, child);
      else if (below !== undefined) await this.#dropUnlisted(repository, below);
    }
    for (const blob of record?.blobs ?? []) await this.#dropBlob(repository, blob);
  }

  /** A child that only the index made known is gone from the catalog; its blobs are not. */
  async #dropUnlisted(repository: RepositoryStore, record: ManifestRecord): Promise<void> {
    await this.#dropBlob(repository, record.digest);
    for (const blob of record.blobs) await this.#dropBlob(repository, blob);
  }

  async #dropBlob(repository: RepositoryStore, digest: Digest): Promise<void> {
    if (isNeeded(repository, digest) || repository.catalog.get(digest) !== undefined) return;
    if (this.#rests(repository, digest)) return;
    this.#note(repository, digest, await repository.deleteBlob(digest));
  }

  #note({ name }: RepositoryStore, digest: Digest, isGone: boolean): void {
    const { ledger, quota } = this.#parts;
    const size = ledger.find(name, digest)?.size ?? 0;
    ledger.forget(name, digest);
    this.freed += size;
    if (!isGone) return;
    this.removed++;
    quota?.freed(name, size);
  }

  /** Each removal takes its time, in which clients pull what is left. */
  #rests({ name }: RepositoryStore, digest: Digest): boolean {
    const entry = this.#parts.ledger.find(name, digest);
    return entry !== undefined && isResting(entry.usedAt, this.#parts);
  }

  #hasTag({ catalog }: RepositoryStore, digest: Digest): boolean {
    return catalog.tags().some((tag) => catalog.byTag(tag)?.digest === digest);
  }
}

/**
 * Tells how much the removal of several things of a repository would free, and of what may go then: not what is pinned, or what
 * a manifest needs that stays.
 *
 * @param repository The repository.
 * @param candidates What would be removed.
 * @param ledger Knows the sizes.
 * @returns How many bytes.
 */
export function freedBy(
  { name, catalog }: RepositoryStore,
  candidates: readonly Pick<Candidate, "digest" | "pinned">[],
  ledger: Ledger,
): number {
  const uses = new Map<Digest, number>();
  for (const { children, blobs } of catalog.records()) {
    for (const part of [...children, ...blobs]) uses.set(part, (uses.get(part) ?? 0) + 1);
  }
  const pinned = candidates[0]?.pinned;
  const going = new Set(candidates.map(({ digest }) => digest));
  let bytes = 0;
  // The set grows while it is walked.
  for (const digest of going) {
    bytes += ledger.find(name, digest)?.size ?? 0;
    const { children = [], blobs = [] } = catalog.get(digest) ?? {};
    for (const part of [...children, ...blobs]) {
      const left = (uses.get(part) ?? 0) - 1;
      uses.set(part, left);
      if (left === 0 && pinned?.has(part) !== true) going.add(part);
    }
  }
  return bytes;
}
