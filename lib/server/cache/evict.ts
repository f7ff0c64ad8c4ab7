/**
 * Makes room in the cache: what was used longest ago goes first, a whole image at a time, and nothing goes that a kept manifest
 * needs.
 *
 * @module
 */

import type { Digest } from "../../oci/digest.ts";
import type { Quota } from "../limits/quota.ts";
import type { ManifestRecord } from "../store/manifest_record.ts";
import type { RegistryStore, RepositoryStore } from "../store/store.ts";
import type { UpstreamSettings } from "./cache_options.ts";
import { compileGlobs } from "./glob.ts";
import type { Ledger, LedgerEntry } from "./ledger.ts";
import { isBelow, remoteName } from "./upstream_names.ts";

/** What eviction works with. */
export interface EvictParts {
  /** Where content is kept. */
  readonly store: RegistryStore;
  /** What was used when. */
  readonly ledger: Ledger;
  /** Is told of what went, if space is limited. */
  readonly quota: Quota | undefined;
  /** The time now, in milliseconds since 1970. */
  readonly now: number;
  /** Tells which local repositories belong to the upstream. */
  readonly owns: (local: string) => boolean;
}

interface Candidate {
  readonly repository: RepositoryStore;
  readonly digest: Digest;
  readonly usedAt: number;
}

/** What was used a moment ago may be part of an image that is being pulled. */
const restMs = 60 * 1000;

/**
 * Removes what is too old or too much.
 *
 * @param settings The upstream's settings.
 * @param parts Store, memory and time.
 * @returns How many blobs and manifests were removed.
 */
export async function evict(settings: UpstreamSettings, parts: EvictParts): Promise<number> {
  const { ledger, owns, now } = parts;
  const sweep = new Sweep(parts);
  let total = 0;
  const entries: LedgerEntry[] = [];
  for (const entry of ledger.entries()) {
    if (!owns(entry.repository)) continue;
    entries.push(entry);
    total += entry.size;
  }
  const oldest = now - settings.maxAgeMs;
  if (total <= settings.maxBytes && !entries.some(({ usedAt }) => usedAt < oldest)) return 0;
  const candidates = await listCandidates(entries, settings, parts, sweep);
  for (const { repository, digest, usedAt } of candidates) {
    const isTooOld = usedAt < oldest;
    const isTooMuch = total - sweep.freed > settings.maxBytes && usedAt < now - restMs;
    if (!isTooOld && !isTooMuch) break;
    await sweep.remove(repository, digest);
  }
  return sweep.removed;
}

/**
 * Notes content that the store has and the memory does not know, as after a crash.
 *
 * @param parts Store and memory.
 */
export async function adoptContent(parts: Pick<EvictParts, "ledger" | "owns" | "store">): Promise<void> {
  const { store, ledger, owns } = parts;
  for (const name of await store.names()) {
    const repository = owns(name) ? await store.repository(name) : undefined;
    if (repository === undefined) continue;
    for (const tag of repository.catalog.tags()) {
      const record = repository.catalog.byTag(tag);
      for (const digest of record === undefined ? [] : reachOf(repository, record)) {
        if (ledger.find(name, digest) !== undefined) continue;
        const size = await repository.statBlob(digest);
        if (size !== undefined) ledger.noteUse(name, digest, size);
      }
    }
  }
}

async function listCandidates(
  entries: readonly LedgerEntry[],
  settings: UpstreamSettings,
  { store, ledger }: EvictParts,
  sweep: Sweep,
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
    if (sweep.isNeeded(repository, digest) || pinned.has(repository, digest)) continue;
    const record = repository.catalog.get(digest);
    const reach = record === undefined ? [] : reachOf(repository, record);
    const lastUse = reach.reduce((last, part) => Math.max(last, ledger.find(name, part)?.usedAt ?? 0), usedAt);
    candidates.push({ repository, digest, usedAt: lastUse });
  }
  return candidates.sort((left, right) => left.usedAt - right.usedAt);
}

/** The manifest and everything below it. */
function reachOf(repository: RepositoryStore, record: ManifestRecord, seen = new Set<Digest>()): readonly Digest[] {
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

/** Removes images and counts what that frees. */
class Sweep {
  /** How many bytes were freed. */
  freed = 0;
  /** How many blobs and manifests were removed. */
  removed = 0;
  readonly #parts: EvictParts;

  constructor(parts: EvictParts) {
    this.#parts = parts;
  }

  isNeeded({ catalog }: RepositoryStore, digest: Digest): boolean {
    return catalog.isChild(digest) || catalog.isBlobInUse(digest);
  }

  /** Children that have tags of their own stay; whatever else nothing needs any more goes too. */
  async remove(repository: RepositoryStore, digest: Digest): Promise<void> {
    const { ledger } = this.#parts;
    const { catalog, name } = repository;
    const record = catalog.get(digest);
    const tags = record === undefined ? [] : catalog.tags().filter((tag) => catalog.byTag(tag)?.digest === digest);
    const children = (record?.children ?? []).map((child) => ({ child, below: catalog.get(child) }));
    const isGone = record === undefined ? await repository.deleteBlob(digest) : await repository.deleteManifest(digest);
    for (const tag of tags) ledger.forgetTag(name, tag);
    this.freed += ledger.find(name, digest)?.size ?? 0;
    if (isGone) this.#note(repository);
    ledger.forget(name, digest);
    for (const { child, below } of children) {
      if (this.isNeeded(repository, child) || this.#hasTag(repository, child)) continue;
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
    if (this.isNeeded(repository, digest) || repository.catalog.get(digest) !== undefined) return;
    const { ledger } = this.#parts;
    this.freed += ledger.find(repository.name, digest)?.size ?? 0;
    ledger.forget(repository.name, digest);
    if (await repository.deleteBlob(digest)) this.#note(repository);
  }

  #note({ name }: RepositoryStore): void {
    this.removed++;
    this.#parts.quota?.changed(name);
  }

  #hasTag({ catalog }: RepositoryStore, digest: Digest): boolean {
    return catalog.tags().some((tag) => catalog.byTag(tag)?.digest === digest);
  }
}

/**
 * Tells which local repositories belong to an upstream: those below its prefix and below no longer one.
 *
 * @param settings The upstream's settings.
 * @param all The settings of all upstreams, those with the longest prefix first.
 * @returns A function that tells it.
 */
export function ownedBy(
  settings: UpstreamSettings,
  all: readonly UpstreamSettings[],
): (local: string) => boolean {
  return (local) => all.find(({ prefix, strip }) => isBelow(local, prefix, strip)) === settings;
}
