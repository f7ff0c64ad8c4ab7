/**
 * Makes room in the cache: what was used longest ago goes first, a whole image at a time, and nothing goes that a kept manifest
 * needs.
 *
 * @module
 */

import type { Quota, Shortage } from "../limits/quota.ts";
import type { AdoptParts } from "./adopt_content.ts";
import type { UpstreamSettings } from "./cache_options.ts";
import { type Candidate, listCandidates } from "./eviction_candidates.ts";
import type { LedgerEntry } from "./ledger.ts";
import { Removal, type RemovalParts } from "./removal.ts";
import { isBelow } from "./upstream_names.ts";

/** What eviction works with. */
export interface EvictParts extends Pick<AdoptParts, "store">, RemovalParts {
  /** The settings of all upstreams, those with the longest prefix first. */
  readonly settings: readonly UpstreamSettings[];
  /** The time now, in milliseconds since 1970. */
  readonly now: number;
}

/** What was used a moment ago may be part of an image that is being pulled. */
const restMs = 60 * 1000;

/**
 * Removes what is too old or too much for its upstream.
 *
 * @param settings The upstream's settings.
 * @param parts Store, memory and time.
 * @returns How many blobs and manifests were removed.
 */
export async function evict(settings: UpstreamSettings, parts: EvictParts): Promise<number> {
  const { now } = parts;
  const removal = new Removal(parts);
  const entries = entriesOf(settings, parts);
  const total = entries.reduce((sum, { size }) => sum + size, 0);
  const oldest = now - settings.maxAgeMs;
  if (total <= settings.maxBytes && !entries.some(({ usedAt }) => usedAt < oldest)) return 0;
  for (const { repository, digest, usedAt } of oldestFirst(await listCandidates(entries, settings, parts))) {
    const isTooOld = usedAt < oldest;
    const isTooMuch = total - removal.freed > settings.maxBytes && usedAt < now - restMs;
    if (!isTooOld && !isTooMuch) break;
    await removal.remove(repository, digest);
  }
  return removal.removed;
}

/** What {@linkcode evictFor} is told. */
export interface EvictForParts extends EvictParts {
  /** The limits of space. */
  readonly quota: Quota;
}

/**
 * Removes so much of all upstreams' content that something fits into the limits of space; nothing when it cannot fit.
 *
 * @param local The local repository it goes to.
 * @param bytes How much it is.
 * @param parts Store, memory and time.
 * @returns How many blobs and manifests were removed.
 */
export async function evictFor(local: string, bytes: number, parts: EvictForParts): Promise<number> {
  const removal = new Removal(parts);
  let shortage = await parts.quota.shortage(local, bytes);
  if (shortage === undefined || !isShort(shortage) || !canHelp(local, shortage, parts)) return 0;
  const lists = await Promise.all(
    parts.settings.map((settings) => listCandidates(entriesOf(settings, parts), settings, parts)),
  );
  const isOld = ({ usedAt }: Candidate) => usedAt < parts.now - restMs;
  let aim = 0;
  for (const { repository, digest } of oldestFirst(lists.flat().filter(isOld))) {
    // Blobs that several repositories share free nothing with the first of them: what is measured counts.
    if (removal.freed >= aim) {
      shortage = await parts.quota.shortage(local, bytes);
      if (shortage === undefined || !isShort(shortage)) break;
      aim = removal.freed + Math.max(shortage.repository, shortage.store) + parts.quota.slack;
    }
    if (repository.name === local || shortage.store > 0) await removal.remove(repository, digest);
  }
  return removal.removed;
}

function isShort({ repository, store }: Shortage): boolean {
  return repository > 0 || store > 0;
}

/** A look that costs little, for the many requests after which nothing can go. */
function canHelp(local: string, shortage: Shortage, parts: EvictParts): boolean {
  let inRepository = 0;
  let inStore = 0;
  for (const { repository, size, usedAt } of parts.settings.flatMap((settings) => entriesOf(settings, parts))) {
    if (usedAt >= parts.now - restMs) continue;
    inStore += size;
    if (repository === local) inRepository += size;
  }
  return inRepository >= shortage.repository && inStore >= shortage.store;
}

function entriesOf(settings: UpstreamSettings, { ledger, settings: all }: EvictParts): readonly LedgerEntry[] {
  const owns = ownedBy(settings, all);
  return [...ledger.entries()].filter(({ repository }) => owns(repository));
}

function oldestFirst(candidates: readonly Candidate[]): readonly Candidate[] {
  return candidates.toSorted((left, right) => left.usedAt - right.usedAt);
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
