/**
 * Makes room in the cache: what was used longest ago goes first, a whole image at a time, and nothing goes that a kept manifest
 * needs.
 *
 * @module
 */

import type { Quota, Shortage } from "../limits/quota.ts";
import type { UpstreamSettings } from "./cache_options.ts";
import { type Candidate, type CandidateParts, isResting, listCandidates, oldestFirst } from "./eviction_candidates.ts";
import type { LedgerEntry } from "./ledger.ts";
import { freedBy, Removal, type RemovalParts } from "./removal.ts";
import { ownerOf } from "./upstream_names.ts";

/** What eviction works with. */
export interface EvictParts extends CandidateParts, RemovalParts {
  /** The settings of all upstreams, those with the longest prefix first. */
  readonly settings: readonly UpstreamSettings[];
  /** Ends it between two removals. */
  readonly signal: AbortSignal;
}

/**
 * Removes what is too old or too much for its upstream.
 *
 * @param settings The upstream's settings.
 * @param parts Store, memory and time.
 * @returns How many blobs and manifests were removed.
 */
export async function evict(settings: UpstreamSettings, parts: EvictParts): Promise<number> {
  const removal = new Removal(parts);
  const entries = entriesByOwner(parts).get(settings) ?? [];
  const total = entries.reduce((sum, { size }) => sum + size, 0);
  const oldest = parts.clock.now() - settings.maxAgeMs;
  if (total <= settings.maxBytes && !entries.some(({ usedAt }) => usedAt < oldest)) return 0;
  for (const candidate of await listCandidates(entries, settings, parts)) {
    const isTooOld = candidate.usedAt < oldest;
    const isTooMuch = total - removal.freed > settings.maxBytes;
    if ((!isTooOld && !isTooMuch) || parts.signal.aborted) break;
    await removeAfterLook(candidate, removal);
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
  let before: number;
  do {
    before = removal.removed;
    await removeOnce(local, bytes, removal, parts);
    // Children with tags of their own may go only after their index, which the next list knows.
  } while (removal.removed > before && !parts.signal.aborted);
  return removal.removed;
}

async function removeOnce(local: string, bytes: number, removal: Removal, parts: EvictForParts): Promise<void> {
  const { quota, signal } = parts;
  const shortage = await quota.shortage(local, bytes);
  if (shortage === undefined || !isShort(shortage) || !mayHelp(local, shortage, parts)) return;
  const lists: (readonly Candidate[])[] = [];
  for (const [settings, entries] of entriesByOwner(parts)) lists.push(await listCandidates(entries, settings, parts));
  const everywhere = oldestFirst(lists.flat());
  if (!doesHelp(local, shortage, everywhere, parts)) return;
  const inside = everywhere.filter(({ repository }) => repository.name === local);
  const need = async (where: keyof Shortage): Promise<number> => {
    const left = await quota.shortage(local, bytes);
    return left === undefined || left[where] === 0 ? 0 : left[where] + quota.slack;
  };
  // What goes from the repository helps the store too.
  await removeWhile(inside, removal, signal, () => need("repository"));
  await removeWhile(everywhere, removal, signal, () => need("store"));
}

/** Removes until no more is needed; asks anew only when so much is gone as was needed. */
async function removeWhile(
  candidates: readonly Candidate[],
  removal: Removal,
  signal: AbortSignal,
  need: () => Promise<number>,
): Promise<void> {
  let aim = removal.freed;
  for (const candidate of candidates) {
    if (signal.aborted) return;
    // Blobs that several repositories share free nothing with the first of them: what is measured counts.
    if (removal.freed >= aim) {
      const needed = await need();
      if (needed === 0) return;
      aim = removal.freed + needed;
    }
    await removeAfterLook(candidate, removal);
  }
}

async function removeAfterLook({ repository, digest, mayGo }: Candidate, removal: Removal): Promise<void> {
  if (mayGo()) await removal.remove(repository, digest);
}

function isShort({ repository, store }: Shortage): boolean {
  return repository > 0 || store > 0;
}

/** A look that costs little, for the many requests after which nothing can go. */
function mayHelp(local: string, shortage: Shortage, parts: EvictParts): boolean {
  let inRepository = 0;
  let inStore = 0;
  for (const { repository, size, usedAt } of [...entriesByOwner(parts).values()].flat()) {
    if (isResting(usedAt, parts)) continue;
    inStore += size;
    if (repository === local) inRepository += size;
  }
  return inRepository >= shortage.repository && inStore >= shortage.store;
}

/** Whether everything that may go is enough. */
function doesHelp(
  local: string,
  shortage: Shortage,
  candidates: readonly Candidate[],
  { ledger }: EvictParts,
): boolean {
  const byRepository = Map.groupBy(candidates, ({ repository }) => repository);
  let inRepository = 0;
  let inStore = 0;
  for (const [repository, going] of byRepository) {
    const bytes = freedBy(repository, going, ledger);
    inStore += bytes;
    if (repository.name === local) inRepository += bytes;
  }
  return inRepository >= shortage.repository && inStore >= shortage.store;
}

function entriesByOwner({ ledger, settings }: EvictParts): ReadonlyMap<UpstreamSettings, readonly LedgerEntry[]> {
  const owners = new Map<string, UpstreamSettings | undefined>();
  const found = new Map<UpstreamSettings, LedgerEntry[]>(settings.map((each) => [each, []]));
  for (const entry of ledger.entries()) {
    const { repository } = entry;
    if (!owners.has(repository)) owners.set(repository, ownerOf(repository, settings));
    const owner = owners.get(repository);
    if (owner !== undefined) found.get(owner)?.push(entry);
  }
  return found;
}
