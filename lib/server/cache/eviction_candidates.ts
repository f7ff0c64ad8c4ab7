/**
 * What of the cache may go.
 *
 * @module
 */

import type { Digest } from "../../oci/digest.ts";
import type { ManifestRecord } from "../store/manifest_record.ts";
import type { RegistryStore, RepositoryStore } from "../store/store.ts";
import type { CacheClock, UpstreamSettings } from "./cache_options.ts";
import { compileGlobs } from "./glob.ts";
import type { Ledger, LedgerEntry } from "./ledger.ts";
import { remoteName } from "./upstream_names.ts";

/** What was used a moment ago may be part of an image that is being pulled. */
const restMs = 60 * 1000;

/** What tells how long ago something was used. */
export interface UseParts {
  /** What was used when. */
  readonly ledger: Ledger;
  /** The time. */
  readonly clock: Pick<CacheClock, "now">;
}

/** What the search for candidates works with. */
export interface CandidateParts extends UseParts {
  /** Where content is kept. */
  readonly store: RegistryStore;
  /** Tells whether a blob is on its way into a local repository. */
  readonly isBusy: (local: string) => boolean;
}

/** Content that may go. */
export interface Candidate {
  /** Its repository. */
  readonly repository: RepositoryStore;
  /** Its digest. */
  readonly digest: Digest;
  /** When it, or anything below it, was used last, in milliseconds since 1970. */
  readonly usedAt: number;
  /** What of its repository has a pinned tag. */
  readonly pinned: ReadonlySet<Digest>;
  /** Looks again whether it may go: others are removed first, and meanwhile clients pull. */
  readonly mayGo: () => boolean;
}

/**
 * Lists what may go: what no kept manifest needs, no pinned tag names, and nobody used a moment ago or is pulling.
 *
 * @param entries What is remembered of the upstream's content.
 * @param settings The upstream's settings.
 * @param parts Store, memory and time; what is not there any more is forgotten.
 * @returns The content, what was used longest ago first.
 */
export async function listCandidates(
  entries: readonly LedgerEntry[],
  settings: UpstreamSettings,
  parts: CandidateParts,
): Promise<readonly Candidate[]> {
  const { store, ledger } = parts;
  const candidates: Candidate[] = [];
  const pins = new Pins(settings);
  const repositories = new Map<string, RepositoryStore | undefined>();
  for (const { repository: name, digest } of entries) {
    if (!repositories.has(name)) repositories.set(name, await store.repository(name));
    const repository = repositories.get(name);
    if (repository === undefined) {
      ledger.forget(name, digest);
      continue;
    }
    const pinned = pins.of(repository);
    const usedAt = pinned.has(digest) ? undefined : lastUse(repository, digest, parts);
    if (usedAt === undefined) continue;
    const mayGo = (): boolean => {
      const now = lastUse(repository, digest, parts);
      return now !== undefined && now <= usedAt && !pins.has(repository, digest);
    };
    candidates.push({ repository, digest, usedAt, pinned, mayGo });
  }
  return oldestFirst(candidates);
}

/**
 * Puts what was used longest ago first.
 *
 * @param candidates What may go.
 * @returns The same in order.
 */
export function oldestFirst(candidates: readonly Candidate[]): readonly Candidate[] {
  return candidates.toSorted((left, right) => left.usedAt - right.usedAt);
}

/**
 * Tells whether a kept manifest needs something.
 *
 * @param repository The repository.
 * @param digest What it may need.
 * @returns Whether one does.
 */
export function isNeeded({ catalog }: RepositoryStore, digest: Digest): boolean {
  return catalog.isChild(digest) || catalog.isBlobInUse(digest);
}

/**
 * Tells whether something was used so short a time ago that it stays.
 *
 * @param usedAt When it was used last, in milliseconds since 1970.
 * @param parts The time.
 * @returns Whether it was.
 */
export function isResting(usedAt: number, { clock }: Pick<UseParts, "clock">): boolean {
  return usedAt >= clock.now() - restMs;
}

/** When something that may go, or anything below it, was used last; `undefined` when it must stay. */
function lastUse(repository: RepositoryStore, digest: Digest, parts: CandidateParts): number | undefined {
  const { ledger, isBusy } = parts;
  const { name, catalog } = repository;
  const entry = ledger.find(name, digest);
  if (entry === undefined || isNeeded(repository, digest)) return undefined;
  const record = catalog.get(digest);
  let { usedAt } = entry;
  let isIncomplete = false;
  for (const part of record === undefined ? [] : reachOf(repository, record)) {
    const below = ledger.find(name, part);
    if (below === undefined) isIncomplete = true;
    else usedAt = Math.max(usedAt, below.usedAt);
  }
  // A layer on its way counts as used only when it is here, which may take longer than the rest of its image is at rest.
  if (isResting(usedAt, parts) || (isIncomplete && isBusy(name))) return undefined;
  return usedAt;
}

/** The manifest and everything below it. */
function reachOf(
  repository: RepositoryStore,
  record: ManifestRecord,
  seen = new Set<Digest>(),
): ReadonlySet<Digest> {
  if (seen.has(record.digest)) return seen;
  seen.add(record.digest);
  for (const child of record.children) {
    const found = repository.catalog.get(child);
    if (found !== undefined) reachOf(repository, found, seen);
  }
  for (const blob of record.blobs) seen.add(blob);
  return seen;
}

/** Which manifests have a pinned tag. */
class Pins {
  readonly #settings: UpstreamSettings;
  readonly #isPinned: (name: string) => boolean;
  readonly #found = new Map<RepositoryStore, ReadonlySet<Digest>>();

  constructor(settings: UpstreamSettings) {
    this.#settings = settings;
    this.#isPinned = compileGlobs(settings.pinned);
  }

  /** As of the first look at the repository, for many questions. */
  of(repository: RepositoryStore): ReadonlySet<Digest> {
    let found = this.#found.get(repository);
    if (found === undefined) this.#found.set(repository, found = new Set(this.#look(repository)));
    return found;
  }

  /** As of now. */
  has(repository: RepositoryStore, digest: Digest): boolean {
    return this.#look(repository, digest).length > 0;
  }

  #look({ name, catalog }: RepositoryStore, digest?: Digest): readonly Digest[] {
    if (this.#settings.pinned.length === 0) return [];
    const remote = remoteName(name, this.#settings);
    return catalog.tags().flatMap((tag) => {
      const found = catalog.byTag(tag)?.digest;
      if (found === undefined || (digest !== undefined && found !== digest)) return [];
      return this.#isPinned(`${remote}:${tag}`) ? [found] : [];
    });
  }
}
