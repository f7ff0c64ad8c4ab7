/**
 * How a directory of repositories is kept.
 *
 * @module
 */

import { type Logger, silentLogger } from "../../log.ts";
import { type GcOptions, type GcSettings, resolveGcOptions } from "./gc_options.ts";

/**
 * What survives a power cut: `full` everything that was answered; `rename` no half-written file, though the last pushes may
 * be lost; `none` whatever the system had written.
 */
export type Durability = "full" | "none" | "rename";

/** Options of `openDirectoryStore`. */
export interface DirectoryStoreOptions {
  /** What survives a power cut; `full` by default. */
  readonly durability?: Durability | undefined;
  /** Whether nothing may be written, as for a read-only file system. */
  readonly isReadOnly?: boolean | undefined;
  /** How many bytes of manifests are kept in memory; 64 MiB by default. */
  readonly manifestCacheBytes?: number | undefined;
  /** How often an `index.json` is looked at for changes of other programs, in milliseconds; once a second by default. */
  readonly pollMs?: number | undefined;
  /** The time after which an upload left by an earlier run is removed, in milliseconds; one hour by default. */
  readonly uploadIdleMs?: number | undefined;
  /** How garbage is collected while the store is open; by itself every 15 minutes by default. */
  readonly gc?: GcOptions | undefined;
  /** Whether a blob is verified when it is first read, and again when its file changed. */
  readonly verifiesOnRead?: boolean | undefined;
  /** Whether referrers are also kept as indexes under fallback tags, for tools that read layouts; those tags are not listed. */
  readonly layoutReferrers?: boolean | undefined;
  /** How many repositories are kept in memory, each with a file handle once it was written to; 500 by default. */
  readonly maxOpenRepositories?: number | undefined;
  /** Takes log lines; silent by default. */
  readonly logger?: Logger | undefined;
  /** The time in milliseconds since the epoch; the system's clock by default. */
  readonly now?: (() => number) | undefined;
}

/** The options with every default filled in. */
export interface DirectorySettings {
  /** Whether file contents are flushed before their file is visible. */
  readonly syncsFiles: boolean;
  /** Whether directories are flushed before a change is answered. */
  readonly syncsDirectories: boolean;
  /** Whether nothing may be written. */
  readonly isReadOnly: boolean;
  /** How many bytes of manifests are kept in memory. */
  readonly manifestCacheBytes: number;
  /** How often an `index.json` is looked at, in milliseconds. */
  readonly pollMs: number;
  /** The time after which an upload left by an earlier run is removed, in milliseconds. */
  readonly uploadIdleMs: number;
  /** How garbage is collected. */
  readonly gc: GcSettings;
  /** The age in milliseconds from which a blob that somebody relies on gets a new time. */
  readonly refreshMs: number;
  /** Whether blobs are verified when they are read. */
  readonly verifiesOnRead: boolean;
  /** Whether referrers are also kept under fallback tags. */
  readonly layoutReferrers: boolean;
  /** How many repositories are kept in memory. */
  readonly maxOpenRepositories: number;
  /** Takes log lines. */
  readonly logger: Logger;
  /** The time in milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * Fills in the defaults.
 *
 * @param options The options.
 * @returns The settings.
 */
export function resolveDirectoryOptions(options: DirectoryStoreOptions): DirectorySettings {
  const durability = options.durability ?? "full";
  const gc = resolveGcOptions(options.gc);
  return {
    syncsFiles: durability !== "none",
    syncsDirectories: durability === "full",
    isReadOnly: options.isReadOnly ?? false,
    manifestCacheBytes: options.manifestCacheBytes ?? 64 * 1024 * 1024,
    pollMs: options.pollMs ?? 1000,
    uploadIdleMs: options.uploadIdleMs ?? 60 * 60 * 1000,
    gc,
    // Well below the ten minutes that other tools spare.
    refreshMs: Math.min(gc.graceMs / 4, 5 * 60 * 1000),
    verifiesOnRead: options.verifiesOnRead ?? false,
    layoutReferrers: options.layoutReferrers ?? false,
    maxOpenRepositories: Math.max(options.maxOpenRepositories ?? 500, 1),
    logger: options.logger ?? silentLogger,
    now: options.now ?? Date.now,
  };
}
