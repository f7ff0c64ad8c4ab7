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
  /** How long a changed file must have stayed the same before it is read, in milliseconds; half a second by default. */
  readonly settleMs?: number | undefined;
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
 * @param parse Reads its text; throws when it is not acceptable. It gets the last good state too, which is `undefined` at first,
 *   so that it can refuse a state that lost something.
 * @param options How it is watched.
 * @returns The file, read once.
 * @throws {RegkitError} `IO` when it cannot be read; whatever `parse` throws.
 */
export async function openWatchedFile<T>(
  path: string,
  parse: (text: string, last: T | undefined) => T | Promise<T>,
  options: WatchedFileOptions,
): Promise<WatchedFile<T>> {
  const { logger, pollMs = 1000, settleMs = 500, now = Date.now, source = fileSystem } = options;
  const readFirst = async () => {
    // Looked at before it is read: a change in between is seen at the next look.
    const version = await source.stat(path);
    return { version, content: await parse(await source.read(path), undefined) };
  };
  const first = await readFirst().catch((cause: unknown) => {
    throw cause instanceof RegkitError ? cause : unreadable(path, cause);
  });
  let { content } = first;
  /** The version that was taken over; none while the file is gone, so that it is read when it is back. */
  let taken: FileVersion | undefined = first.version;
  let lookedAt = now();
  let looking: Promise<void> | undefined;
  const isSettled = settling(settleMs, now);
  const complaints = new Complaints(path, logger);

  const look = async (): Promise<void> => {
    let version: FileVersion | undefined;
    try {
      version = await source.stat(path);
      if (taken !== undefined && isSameVersion(version, taken)) return complaints.end();
      // Programs that write a file in place empty it first: what is there meanwhile can look like a whole file.
      if (!isSettled(version)) return;
      const text = await source.read(path);
      if (!isSameVersion(await source.stat(path), version)) return;
      content = await parse(text, content);
      // Only now: a file that could not be read has to be tried again, though nothing tells that it can be read now.
      taken = version;
      complaints.end();
      logger.log("info", "file read again", { file: path });
    } catch (error) {
      if (isMissing(error)) taken = undefined;
      complaints.tell(version, error);
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
      return content;
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

/** Complains once about the same thing: what failed is tried again at every look. */
class Complaints {
  #told: string | undefined;

  constructor(readonly path: string, readonly logger: Logger) {}

  tell(version: FileVersion | undefined, error: unknown): void {
    const isGone = isMissing(error);
    const what = isGone ? "gone" : JSON.stringify([version, String(error)]);
    if (this.#told === what) return;
    this.#told = what;
    const { logger, path: file } = this;
    if (isGone) logger.log("error", "file is gone, its last good state counts", { file });
    else logger.log("error", "file not taken over, its last good state counts", { file, error });
  }

  end(): void {
    this.#told = undefined;
  }
}

/**
 * Makes a function that tells whether a file has stayed the same for a while: by its time, or, where clocks do not agree, by how
 * long it was seen like this.
 */
function settling(settleMs: number, now: () => number): (version: FileVersion) => boolean {
  let seen: { readonly version: FileVersion; readonly sinceMs: number } | undefined;
  return (version) => {
    if (seen === undefined || !isSameVersion(version, seen.version)) seen = { version, sinceMs: now() };
    return now() - Math.min(version.changedMs, seen.sinceMs) >= settleMs;
  };
}

function isSameVersion(a: FileVersion, b: FileVersion): boolean {
  return a.changedMs === b.changedMs && a.size === b.size && a.inode === b.inode;
}

function isMissing(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound;
}

function unreadable(path: string, cause: unknown): RegkitError {
  return new RegkitError("IO", `cannot read the file ${path}`, { cause });
}
