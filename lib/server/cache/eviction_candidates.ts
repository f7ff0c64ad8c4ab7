/**
 * What of the cache may go.
 *
 * @module
 */

import type { Digest } from "../../oci/digest.ts";
import type { ManifestRecord } from "../store/manifest_record.ts";
import type { RepositoryStore } from "../store/store.ts";
import type { AdoptParts } from "./adopt_content.ts";
import type { UpstreamSettings } from "./cache_options.ts";
import { compileGlobs } from "./glob.ts";
import type { LedgerEntry } from "./ledger.ts";
import { remoteName } from "./upstream_names.ts";

/** Content that may go. */
export interface Candidate {
  /** Its repository. */
  readonly repository: RepositoryStore;
  /** Its digest. */
  readonly digest: Digest;
  /** When it, or anything below it, was used last, in milliseconds since 1970. */
  readonly usedAt: number;
}

/**
 * Lists what may go: what no kept manifest needs and no pinned tag names.
 *
 * @param entries What is remembered of the upstream's content.
 * @param settings The upstream's settings.
 * @param parts Store and memory; what is not there any more is forgotten.
 * @returns The content, in no order.
 */
export async function listCandidates(
  entries: readonly LedgerEntry[],
  settings: UpstreamSettings,
  { store, ledger }: Pick<AdoptParts, "ledger" | "store">,
): Promise<readonly Candidate[]> {
  const candidates: Candidate[] = [];
  const pinned = new PinnedManifests(settings);
  const repositories = new Map<string, RepositoryStore | undefined>();
  for (const { repository: name, digest, usedAt } of entries) {
    if (!repositories.has(name)) repositories.set(name, await store.repository(name));
    const repository = repositories.get(name);
    if (repository === undefined) {
      ledger.forget(name, digest);
      continue;
    }
    if (isNeeded(repository, digest) || pinned.has(repository, digest)) continue;
    const record = repository.catalog.get(digest);
    const reach = record === undefined ? [] : reachOf(repository, record);
    const lastUse = reach.reduce((last, part) => Math.max(last, ledger.find(name, part)?.usedAt ?? 0), usedAt);
    candidates.push({ repository, digest, usedAt: lastUse });
  }
  return candidates;
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

/** The manifest and everything below it. */
function reachOf(
  repository: RepositoryStore,
  record: ManifestRecord,
  seen = new Set<Digest>(),
): readonly Digest[] {
  if (seen.has(record.digest)) return [];
  seen.add(record.digest);
  for (const child of record.children) {
    const found = repository.catalog.get(child);
    if (found !== undefined) reachOf(repository, found, seen);
  }
  for (const blob of record.blobs) seen.add(blob);
  return [...seen];
}

/** Which manifests have a pinned tag. */
class PinnedManifests {
  readonly #settings: UpstreamSettings;
  readonly #isPinned: (name: string) => boolean;
  readonly #found = new Map<RepositoryStore, ReadonlySet<Digest>>();

  constructor(settings: UpstreamSettings) {
    this.#settings = settings;
    this.#isPinned = compileGlobs(settings.pinned);
  }

  has(repository: RepositoryStore, digest: Digest): boolean {
    if (this.#settings.pinned.length === 0) return false;
    let found = this.#found.get(repository);
    if (found === undefined) this.#found.set(repository, found = this.#look(repository));
    return found.has(digest);
  }

  #look(repository: RepositoryStore): ReadonlySet<Digest> {
    const remote = remoteName(repository.name, this.#settings);
    const records = repository.catalog.tags()
      .filter((tag) => this.#isPinned(`${remote}:${tag}`))
      .map((tag) => repository.catalog.byTag(tag));
    return new Set(records.flatMap((record) => record === undefined ? [] : [record.digest]));
  }
}
