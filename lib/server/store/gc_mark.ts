/**
 * Marks what a repository needs: everything that its roots lead to, and what refers to that.
 *
 * @module
 */

import type { Digest } from "../../oci/digest.ts";
import type { GcPolicy } from "./gc_options.ts";
import type { CatalogView } from "./manifest_catalog.ts";
import type { ManifestRecord } from "./manifest_record.ts";

/** What {@linkcode markLive} looks at. */
export interface MarkInput {
  /** The repository's manifests. */
  readonly catalog: CatalogView;
  /** When each stored blob was last pushed or asked for, in milliseconds since the epoch. */
  readonly times: ReadonlyMap<Digest, number>;
  /** What is live whatever the catalog says of it. */
  readonly roots: Iterable<Digest>;
  /** What to spare. */
  readonly policy: GcPolicy;
  /** The time in milliseconds since the epoch. */
  readonly nowMs: number;
}

/**
 * Marks what must stay.
 *
 * @param input The repository.
 * @returns The digests of all that is needed, manifests and blobs, whether they are stored or not.
 */
export function markLive(input: MarkInput): ReadonlySet<Digest> {
  const { catalog } = input;
  const live = new Set<Digest>();
  const open: Digest[] = [...input.roots, ...catalog.taggedDigests()];
  const listings = new Set(catalog.listings());
  const members = new Set([...listings].flatMap((digest) => catalog.get(digest)?.children ?? []));
  // What a list names beside referrers follows nobody: the list keeps it.
  open.push(...[...members].filter((digest) => catalog.get(digest)?.subject === undefined));
  for (const record of catalog.records()) {
    const isOwn = members.has(record.digest) || catalog.isListed(record.digest);
    if (!listings.has(record.digest) && isRoot(record, isOwn, input)) open.push(record.digest);
  }
  for (let digest = open.pop(); digest !== undefined; digest = open.pop()) {
    if (live.has(digest)) continue;
    live.add(digest);
    // What the registry lists referrers in follows them: it keeps none of them alive.
    const record = listings.has(digest) ? undefined : catalog.get(digest);
    if (record !== undefined) {
      for (const child of record.children) open.push(child);
      for (const blob of record.blobs) open.push(blob);
    }
    for (const referrer of catalog.referrers(digest)) open.push(referrer.digest);
  }
  for (const digest of listings) live.add(digest);
  return live;
}

/** Whether a manifest stays by itself; `isOwn` tells whether it is known as more than a part of an index. */
function isRoot(record: ManifestRecord, isOwn: boolean, input: MarkInput): boolean {
  const { policy, catalog } = input;
  if (ageOf(record.digest, input) < policy.graceMs) return true;
  if (!isOwn) return false;
  // A child that somebody just asked for keeps the index that makes it known.
  if (record.children.some((child) => ageOf(child, input) < policy.graceMs && !catalog.isListed(child))) return true;
  const age = ageOf(record.digest, input);
  const { subject } = record;
  if (subject !== undefined && !input.times.has(subject)) return age < policy.danglingMs;
  // A referrer whose subject is there lives and ends with it, unless untagged manifests are kept anyway.
  return age < policy.untaggedMs;
}

/** The age in milliseconds; negative for what was stored since the times were read. */
function ageOf(digest: Digest, { times, nowMs, catalog }: MarkInput): number {
  const time = times.get(digest);
  if (time !== undefined) return nowMs - time;
  return catalog.get(digest) === undefined ? Infinity : -Infinity;
}
