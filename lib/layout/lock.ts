/**
 * Locks between processes, held on a file for as long as it is open.
 *
 * The system's own waiting cannot be ended and blocks a thread, so a lock is tried again and again with growing pauses.
 *
 * @module
 */

import { RegkitError } from "../errors.ts";
import { ioError, isMissing } from "./io_error.ts";
import type { LayoutClock } from "./layout_options.ts";

/** Whether a lock can be held together with others of its kind, or only alone. */
export type LockMode = "shared" | "exclusive";

/** A lock that is held. */
export interface FileLock {
  /** Gives the lock back; later calls do nothing. */
  release(): void;
}

/** How to wait for a lock. */
export interface LockWait {
  /** Measures the pauses. */
  readonly clock: LayoutClock;
  /** Ends the waiting; its reason is thrown. */
  readonly signal?: AbortSignal | undefined;
  /** How long to wait at most, in milliseconds; five minutes by default. */
  readonly limitMs?: number | undefined;
}

const firstPauseMs = 1;
const longestPauseMs = 50;
const defaultLimitMs = 5 * 60 * 1000;

/**
 * Takes a lock, waiting for whoever has it. The file is created if it does not exist.
 *
 * @param path The lock file.
 * @param mode Shared or exclusive.
 * @param wait How to wait.
 * @returns The lock.
 * @throws {RegkitError} `TIMEOUT` when others hold it for too long; `IO` when the file cannot be opened or locked.
 */
export async function takeLock(path: string, mode: LockMode, wait: LockWait): Promise<FileLock> {
  const startMs = wait.clock.now();
  for (;;) {
    wait.signal?.throwIfAborted();
    const file = await openLockFile(path);
    try {
      await waitUntilLocked(file, { path, mode, wait, startMs });
    } catch (error) {
      file.close();
      throw error;
    }
    const lock = heldLock(file);
    if (hasName(file, path)) return lock;
    lock.release();
  }
}

/**
 * Takes a lock if that is possible at once.
 *
 * @param path The lock file.
 * @param mode Shared or exclusive.
 * @param canCreate Whether the file is created if it does not exist.
 * @returns The lock; `undefined` when another has it, or when there is no lock file and none may be created.
 * @throws {RegkitError} `IO` when the file cannot be opened or locked.
 */
export async function tryLock(path: string, mode: LockMode, canCreate: boolean): Promise<FileLock | undefined> {
  for (;;) {
    const file = canCreate ? await openLockFile(path) : await openExisting(path);
    if (file === undefined) return undefined;
    let isLocked = false;
    try {
      isLocked = await tryOn(file, path, mode);
    } finally {
      if (!isLocked) file.close();
    }
    if (!isLocked) return undefined;
    const lock = heldLock(file);
    if (hasName(file, path)) return lock;
    lock.release();
  }
}

async function waitUntilLocked(
  file: Deno.FsFile,
  options: {
    readonly path: string;
    readonly mode: LockMode;
    readonly wait: LockWait;
    readonly startMs: number;
  },
): Promise<void> {
  const { path, mode, wait, startMs } = options;
  const limitMs = wait.limitMs ?? defaultLimitMs;
  for (
    let pauseMs = firstPauseMs;
    !(await tryOn(file, path, mode));
    pauseMs = Math.min(pauseMs * 2, longestPauseMs)
  ) {
    if (wait.clock.now() - startMs >= limitMs) {
      throw new RegkitError("TIMEOUT", `another process has held ${path} for more than ${limitMs / 1000} s`, {
        tip: "Wait for the other process to finish, or end it; the lock goes with it.",
      });
    }
    await wait.clock.sleep(pauseMs, wait.signal);
  }
}

/**
 * Whoever removes an empty layout removes its lock files too. A lock on a file that has no name any more keeps nobody out,
 * since others will lock the next file of that name.
 */
function hasName(file: Deno.FsFile, path: string): boolean {
  try {
    const named = Deno.statSync(path);
    const { ino, dev } = file.statSync();
    // Not every system numbers its files.
    return named.ino === null || ino === null || (named.ino === ino && named.dev === dev);
  } catch (error) {
    // A file that was opened by this name and cannot be looked at by it is still there.
    return !isMissing(error);
  }
}

function heldLock(file: Deno.FsFile): FileLock {
  let isHeld = true;
  return {
    release(): void {
      if (!isHeld) return;
      isHeld = false;
      // Closing would unlock too, but not while a program that is just being started still has a copy of the open file.
      file.unlockSync();
      file.close();
    },
  };
}

async function tryOn(file: Deno.FsFile, path: string, mode: LockMode): Promise<boolean> {
  try {
    return await file.tryLock(mode === "exclusive");
  } catch (error) {
    throw ioError(error, "lock", path);
  }
}

async function openLockFile(path: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path, { read: true, write: true, create: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.PermissionDenied)) throw ioError(error, "open the lock file", path);
  }
  // The file of another user can be locked without the right to write to it.
  try {
    return await Deno.open(path, { read: true });
  } catch (error) {
    throw ioError(error, "open the lock file", path);
  }
}

async function openExisting(path: string): Promise<Deno.FsFile | undefined> {
  try {
    return await Deno.open(path, { read: true });
  } catch (error) {
    // A reader who may not open the lock file must still be able to read.
    if (isMissing(error) || error instanceof Deno.errors.PermissionDenied) return undefined;
    throw ioError(error, "open the lock file", path);
  }
}
