/**
 * Garbage collection of one repository: mark, then take manifests out of the index, then remove blobs. Everything is looked
 * at again before it goes, so that requests need not wait. Entries of the index whose bytes are gone go too.
 *
 * @module
 */

import type { Digest } from "../../oci/digest.ts";
import { markLive } from "./gc_mark.ts";
import type { GcPolicy } from "./gc_options.ts";
import type { CatalogView } from "./manifest_catalog.ts";

/** A blob that is stored. */
export interface StoredBlob {
  /** Its digest. */
  readonly digest: Digest;
  /** Its length in bytes. */
  readonly size: number;
  /** When it was last pushed or asked for, in milliseconds since the epoch. */
  readonly changedAt: number;
}

/** What a store lets garbage collection do in a repository. */
export interface GcRepository {
  /** The repository's name. */
  readonly name: string;
  /** Its manifests as of now. */
  readonly catalog: CatalogView;
  /** Gives all blobs that are stored, manifests too. */
  blobs(): AsyncIterable<StoredBlob>;
  /**
   * Gives what must stay although the catalog does not know why. Throws when that cannot be told, as of a manifest that is
   * missing and not yet lost.
   */
  roots(lost: ReadonlySet<Digest>): Promise<ReadonlySet<Digest>>;
  /** Gives what the index lists although its bytes are gone, unless somebody changed the index since a time. */
  lost(olderThan: number): Promise<readonly Digest[]>;
  /**
   * Takes manifests out of the index.
   *
   * @param decide Gives those that are still to go, asked when nothing else can change the repository; what it is given
   *   reads the time of a blob anew.
   * @returns Those that went.
   */
  unlist(decide: (timeOf: (digest: Digest) => number | undefined) => Iterable<Digest>): Promise<readonly Digest[]>;
  /**
   * Removes blobs that no known manifest needs and that are still as old as they were.
   *
   * @param blobs The blobs.
   * @param olderThan The time in milliseconds since the epoch since which nobody may have asked for them.
   * @returns Those that went.
   */
  sweep(blobs: readonly StoredBlob[], olderThan: number): Promise<readonly StoredBlob[]>;
  /**
   * Removes the repository if it holds nothing and nobody is about to change that.
   *
   * @param vacancy What counts as nothing.
   * @returns Whether it went, or would go.
   */
  removeIfEmpty(vacancy: Vacancy): Promise<boolean>;
}

/** When a repository counts as empty. */
export interface Vacancy {
  /** The time in milliseconds since the epoch since which nobody may have changed it. */
  readonly olderThan: number;
  /** Whether it is only looked at. */
  readonly isDryRun: boolean;
  /** The manifests that do not count: those that a dry run only found. */
  readonly manifests: ReadonlySet<Digest>;
  /** The blobs that do not count. */
  readonly blobs: ReadonlySet<Digest>;
}

/** How to collect. */
export interface GcRun {
  /** What to spare. */
  readonly policy: GcPolicy;
  /** The time in milliseconds since the epoch. */
  readonly nowMs: number;
  /** Whether nothing is removed, only found. */
  readonly isDryRun?: boolean | undefined;
  /** Ends the run between two batches. */
  readonly signal?: AbortSignal | undefined;
}

/** What went, or in a dry run would go. */
export interface GcResult {
  /** The repository. */
  readonly repository: string;
  /** The manifests that are no longer known. */
  readonly manifests: readonly Digest[];
  /** The blobs that were removed, those of manifests too. */
  readonly blobs: readonly StoredBlob[];
  /** Whether nothing was left and the repository went too. */
  readonly isRemoved: boolean;
}

const batchSize = 64;

/**
 * Collects the garbage of a repository.
 *
 * @param repository The repository.
 * @param run What to spare.
 * @returns What went.
 * @throws Whatever the store fails with; then nothing is lost that is needed.
 */
export async function collectRepository(repository: GcRepository, run: GcRun): Promise<GcResult> {
  const { policy, nowMs } = run;
  const cutoff = nowMs - policy.graceMs;
  const blobs = await Array.fromAsync(repository.blobs());
  const times = new Map(blobs.map(({ digest, changedAt }) => [digest, changedAt]));
  // A repository without any bytes may lie on a disk that is not there now: then its entries are all that is left to go by.
  const lost = blobs.length === 0 ? [] : await repository.lost(cutoff);
  const roots = await repository.roots(new Set(lost));
  const mark = () => markLive({ catalog: repository.catalog, times, roots, policy, nowMs });
  const isDead = deadUnless(mark());
  const candidates = [...repository.catalog.records()].map(({ digest }) => digest).filter(isDead);
  const all = [...new Set([...candidates, ...lost])];
  const manifests = run.isDryRun === true || all.length === 0 ? all : await repository.unlist((timeOf) => {
    for (const digest of candidates) {
      const time = timeOf(digest);
      if (time !== undefined) times.set(digest, time);
    }
    const dead = candidates.filter(deadUnless(mark()));
    return new Set([...dead, ...lost.filter((digest) => timeOf(digest) === undefined)]);
  });
  const isGarbage = deadUnless(mark());
  const garbage = blobs.filter(({ digest, changedAt }) => changedAt <= cutoff && isGarbage(digest));
  if (run.isDryRun === true) {
    const isRemoved = await isVacated(repository, run, manifests, garbage);
    return { repository: repository.name, manifests, blobs: garbage, isRemoved };
  }
  const removed: StoredBlob[] = [];
  for (let at = 0; at < garbage.length; at += batchSize) {
    run.signal?.throwIfAborted();
    removed.push(...await repository.sweep(garbage.slice(at, at + batchSize), cutoff));
    await nextTurn();
  }
  // Nothing is left out of account: what was removed may have come back.
  const isRemoved = await isVacated(repository, run, [], []);
  return { repository: repository.name, manifests, blobs: removed, isRemoved };
}

async function isVacated(
  repository: GcRepository,
  { policy, nowMs, isDryRun = false }: GcRun,
  manifests: readonly Digest[],
  blobs: readonly StoredBlob[],
): Promise<boolean> {
  if (!policy.removeEmpty) return false;
  return await repository.removeIfEmpty({
    olderThan: nowMs - policy.graceMs,
    isDryRun,
    manifests: new Set(manifests),
    blobs: new Set(blobs.map(({ digest }) => digest)),
  });
}

function deadUnless(live: ReadonlySet<Digest>): (digest: Digest) => boolean {
  return (digest) => !live.has(digest);
}

/** Lets requests that wait have their turn. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
