/**
 * What a pull-through cache can be told, and what it does when told nothing.
 *
 * @module
 */

import type { Clock } from "../../schedule/clock.ts";
import { RegkitError } from "../../errors.ts";
import type { Repository } from "../../repository.ts";

/** Time, replaced in tests. */
export type CacheClock = Pick<Clock, "now" | "sleep">;

/** Keeps a small text over restarts: what was used and checked when. */
export interface CacheMemory {
  /** Gives what was written last; `undefined` when there is nothing. */
  read(): Promise<string | undefined>;
  /** Replaces what is kept. */
  write(text: string): Promise<void>;
}

/** One registry that the cache asks for what it does not have. */
export interface UpstreamOptions {
  /** Its name in messages, such as `registry.example.org`. */
  readonly name: string;
  /** The local names below which its repositories appear; empty for all names. */
  readonly prefix: string;
  /** The hosts that clients may name by `?ns=` to mean it. */
  readonly namespaces?: readonly string[] | undefined;
  /** Opens a repository of it by the upstream's own name. Disposed of after each use. */
  readonly open: (repository: string) => Repository | Promise<Repository>;
  /** Whether the prefix is taken off before the upstream is asked; `true` by default. */
  readonly strip?: boolean | undefined;
  /** Whether names of one component get `library/` in front, as on Docker Hub. */
  readonly hasLibrary?: boolean | undefined;
  /** Globs of the upstream's repositories that may be asked for; all by default. */
  readonly include?: readonly string[] | undefined;
  /** Globs of the upstream's repositories that may not. */
  readonly exclude?: readonly string[] | undefined;
  /** How long a tag counts as current, in milliseconds; 5 minutes by default. */
  readonly tagTtlMs?: number | undefined;
  /** How long an absence is remembered, in milliseconds; 30 seconds by default. */
  readonly negativeTtlMs?: number | undefined;
  /** How long after that a tag may be served when the upstream fails, in milliseconds; 7 days by default, 0 for never. */
  readonly staleIfErrorMs?: number | undefined;
  /** How many bytes may be kept; unlimited by default. */
  readonly maxBytes?: number | undefined;
  /** How long what nobody uses is kept, in milliseconds; for ever by default. */
  readonly maxAgeMs?: number | undefined;
  /** How many requests per second may go to it; unlimited by default. */
  readonly requestsPerSecond?: number | undefined;
  /** How many requests may run at once; 16 by default. */
  readonly concurrency?: number | undefined;
  /** The time without an answer, or without a byte of one, after which it is given up, in milliseconds; 30 seconds by default. */
  readonly timeoutMs?: number | undefined;
  /** Whether tags stay that the upstream has deleted. */
  readonly keepsDeleted?: boolean | undefined;
  /** Whether it is never asked. */
  readonly isOffline?: boolean | undefined;
  /** Globs of `repository:tag`, by the upstream's names, whose images are never evicted. */
  readonly pinned?: readonly string[] | undefined;
}

/** Options of a pull-through cache. */
export interface CacheOptions {
  /** The registries behind it. */
  readonly upstreams: readonly UpstreamOptions[];
  /** Whether no upstream is ever asked. */
  readonly isOffline?: boolean | undefined;
  /** Keeps times over restarts; without it they begin anew. */
  readonly memory?: CacheMemory | undefined;
  /** Time; the machine's by default. */
  readonly clock?: CacheClock | undefined;
}

/** How often a cache did what. */
export interface CacheCounts {
  /** Answers from what was here. */
  readonly hits: number;
  /** Answers that had to be fetched. */
  readonly misses: number;
  /** Tags that the upstream was asked about, and that had not changed. */
  readonly renewals: number;
  /** Answers that may be out of date, since the upstream failed. */
  readonly stale: number;
  /** Failures of upstreams, absences not counted. */
  readonly failures: number;
  /** Blobs and manifests removed to keep within the limits. */
  readonly evictions: number;
}

/** A pull-through cache, as the registry's owner sees it. */
export interface PullThroughCache extends AsyncDisposable {
  /** How often it did what. */
  readonly counts: CacheCounts;
  /** Removes what is too old or too much. Happens by itself as requests come. */
  sweep(): Promise<void>;
  /** Waits until nothing is being fetched or removed. */
  settle(): Promise<void>;
}

/** An upstream's options with every default filled in. */
export type UpstreamSettings = {
  readonly [Key in keyof UpstreamOptions]-?: Exclude<UpstreamOptions[Key], undefined>;
};

const minuteMs = 60 * 1000;

/**
 * Fills in the defaults.
 *
 * @param options The cache's options.
 * @returns The upstreams, those with the longest prefix first.
 * @throws {RegkitError} `INVALID_SETTINGS` when two upstreams have the same prefix or namespace.
 */
export function resolveUpstreams(options: CacheOptions): readonly UpstreamSettings[] {
  const upstreams = options.upstreams.map((upstream) => resolveUpstream(upstream, options.isOffline ?? false));
  refuseTwice("prefix", upstreams.map(({ prefix }) => prefix));
  refuseTwice("namespace", upstreams.flatMap(({ namespaces }) => namespaces));
  return upstreams.sort((left, right) => right.prefix.length - left.prefix.length);
}

function resolveUpstream(options: UpstreamOptions, isOffline: boolean): UpstreamSettings {
  return {
    name: options.name,
    prefix: options.prefix.replace(/^\/+|\/+$/g, ""),
    namespaces: options.namespaces ?? [],
    open: options.open,
    strip: options.strip ?? true,
    hasLibrary: options.hasLibrary ?? false,
    include: options.include ?? [],
    exclude: options.exclude ?? [],
    tagTtlMs: options.tagTtlMs ?? 5 * minuteMs,
    negativeTtlMs: options.negativeTtlMs ?? minuteMs / 2,
    staleIfErrorMs: options.staleIfErrorMs ?? 7 * 24 * 60 * minuteMs,
    maxBytes: options.maxBytes ?? Infinity,
    maxAgeMs: options.maxAgeMs ?? Infinity,
    requestsPerSecond: options.requestsPerSecond ?? Infinity,
    concurrency: Math.max(1, options.concurrency ?? 16),
    timeoutMs: options.timeoutMs ?? minuteMs / 2,
    keepsDeleted: options.keepsDeleted ?? false,
    isOffline: isOffline || (options.isOffline ?? false),
    pinned: options.pinned ?? [],
  };
}

function refuseTwice(what: string, values: readonly string[]): void {
  const twice = values.find((value, at) => values.indexOf(value) !== at);
  if (twice === undefined) return;
  throw new RegkitError("INVALID_SETTINGS", `two upstreams of the cache have the ${what} "${twice}"`, {
    tip: "Give each upstream a prefix and namespaces of its own.",
  });
}
