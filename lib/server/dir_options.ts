/**
 * How a directory of repositories is kept.
 *
 * @module
 */

import { type Logger, silentLogger } from "../log.ts";

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
  return {
    syncsFiles: durability !== "none",
    syncsDirectories: durability === "full",
    isReadOnly: options.isReadOnly ?? false,
    manifestCacheBytes: options.manifestCacheBytes ?? 64 * 1024 * 1024,
    pollMs: options.pollMs ?? 1000,
    uploadIdleMs: options.uploadIdleMs ?? 60 * 60 * 1000,
    logger: options.logger ?? silentLogger,
    now: options.now ?? Date.now,
  };
}
