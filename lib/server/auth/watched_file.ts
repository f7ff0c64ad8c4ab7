/**
 * A file that is read again when it changed, and whose last good state counts while it is broken.
 *
 * @module
 */

import type { Logger } from "../../log.ts";
import { RegkitError } from "../../errors.ts";

/** What is known of a file without reading it. */
export interface FileVersion {
  /** When it changed, in milliseconds since the epoch. */
  readonly changedMs: number;
  /** Its length. */
  readonly size: number;
  /** Its number on the file system, or 0. */
  readonly inode: number;
}

/** Where such files are read. */
export interface FileSource {
  /** Looks at a file without reading it. */
  stat(path: string): Promise<FileVersion>;
  /** Reads a file. */
  read(path: string): Promise<string>;
}

/** Options of {@linkcode openWatchedFile}. */
export interface WatchedFileOptions {
  /** Takes the line about a state that was not taken over. */
  readonly logger: Logger;
  /** How often the file is looked at, in milliseconds; once a second by default. */
  readonly pollMs?: number | undefined;
  /** The time in milliseconds since the epoch; the system's clock by default. */
  readonly now?: (() => number) | undefined;
  /** Where files are read; the file system by default. */
  readonly source?: FileSource | undefined;
}

/** A file whose content is kept up to date. */
export interface WatchedFile<T> {
  /** Gives the content; looks at the file again when the last look is old enough. */
  get(): Promise<T>;
}

/**
 * Reads a file and keeps what it says up to date.
 *
 * @typeParam T What its text is parsed to.
 * @param path The file.
 * @param parse Reads its text; throws when it is not acceptable.
 * @param options How it is watched.
 * @returns The file, read once.
 * @throws {RegkitError} `IO` when it cannot be read; whatever `parse` throws.
 */
export async function openWatchedFile<T>(
  path: string,
  parse: (text: string) => T | Promise<T>,
  options: WatchedFileOptions,
): Promise<WatchedFile<T>> {
  const { logger, pollMs = 1000, now = Date.now, source = fileSystem } = options;
  const load = async () => {
    // Looked at before it is read: a change in between is seen at the next look.
    const version = await source.stat(path);
    return { version, content: await parse(await source.read(path)) };
  };
  let state = await load().catch((cause: unknown) => {
    throw cause instanceof RegkitError ? cause : unreadable(path, cause);
  });
  let seen: FileVersion | undefined = state.version;
  let lookedAt = now();
  let looking: Promise<void> | undefined;

  const look = async (): Promise<void> => {
    try {
      const version = await source.stat(path);
      if (seen !== undefined && isSameVersion(version, seen)) return;
      seen = version;
      state = await load();
      logger.log("info", "file read again", { file: path });
    } catch (error) {
      // Told once per state of the file: a missing one is looked for each time, but not complained about.
      if (!isMissing(error)) {
        logger.log("error", "file not taken over, its last good state counts", { file: path, error });
      } else if (seen !== undefined) {
        seen = undefined;
        logger.log("error", "file is gone, its last good state counts", { file: path });
      }
    }
  };

  return {
    async get() {
      if (looking !== undefined) await looking;
      else if (now() - lookedAt >= pollMs) {
        lookedAt = now();
        looking = look();
        try {
          await looking;
        } finally {
          looking = undefined;
        }
      }
      return state.content;
    },
  };
}

const fileSystem: FileSource = {
  async stat(path) {
    const { mtime, size, ino } = await Deno.stat(path);
    return { changedMs: mtime?.getTime() ?? 0, size, inode: ino ?? 0 };
  },
  read: (path) => Deno.readTextFile(path),
};

function isSameVersion(a: FileVersion, b: FileVersion): boolean {
  return a.changedMs === b.changedMs && a.size === b.size && a.inode === b.inode;
}

function isMissing(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound;
}

function unreadable(path: string, cause: unknown): RegkitError {
  return new RegkitError("IO", `cannot read the file ${path}`, { cause });
}
