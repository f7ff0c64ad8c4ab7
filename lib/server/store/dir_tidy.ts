/**
 * Clears up in a repository directory what an earlier run, or a power cut, left behind.
 *
 * @module
 */

import { isMissing } from "../../layout/io_error.ts";
import {
  blobPath,
  blobsDirectory,
  contentLockName,
  digestOfFile,
  isBlobTemp,
  isRootTemp,
} from "../../layout/layout_files.ts";
import { tryLock } from "../../layout/lock.ts";
import type { Digest } from "../../oci/digest.ts";
import type { DirectorySettings } from "./dir_options.ts";
import { quarantine } from "./dir_verify.ts";
import { isEmptyBlob } from "./empty_blob.ts";
import { registryAlgorithms } from "../names.ts";

/** Others may be writing to files younger than this, whatever their locks say. */
const foreignAgeMs = 10 * 60 * 1000;

/**
 * Removes temporary files that nobody will finish, and moves aside blobs that a power cut left empty.
 *
 * @param root The repository's directory.
 * @param settings How it is kept.
 * @param startedAt When this process opened the store, in milliseconds since the epoch: older temporary files are of others.
 * @param onBlob Called for each blob that is there.
 */
export async function tidyDirectory(
  root: string,
  settings: DirectorySettings,
  startedAt: number,
  onBlob: (digest: Digest) => void = () => undefined,
): Promise<void> {
  const lock = await tryLock(`${root}/${contentLockName}`, "exclusive", false);
  try {
    const olderThan = lock === undefined ? settings.now() - foreignAgeMs : startedAt;
    for (const name of await filesOf(root)) {
      if (isRootTemp(name)) await removeIfOlder(`${root}/${name}`, olderThan);
    }
    for (const algorithm of registryAlgorithms) {
      const directory = blobsDirectory(root, algorithm);
      for (const name of await filesOf(directory)) {
        const digest = digestOfFile(algorithm, name);
        if (digest !== undefined) {
          await moveAsideIfEmpty(root, digest, settings, olderThan);
          onBlob(digest);
        } else if (isBlobTemp(algorithm, name)) await removeIfOlder(`${directory}/${name}`, olderThan);
      }
    }
  } finally {
    lock?.release();
  }
}

/**
 * Clears up in all repository directories.
 *
 * @param store Where they are.
 * @param settings How they are kept.
 * @param signal Ends it between two of them.
 */
export async function tidyDirectories(
  store: {
    readonly names: () => AsyncIterable<string>;
    /** Gives the directory of a repository; `undefined` when there is none. */
    readonly directory: (name: string) => Promise<string | undefined>;
    /** Called for each blob. */
    readonly onBlob: (name: string, digest: Digest) => void;
  },
  settings: DirectorySettings,
  signal: AbortSignal,
): Promise<void> {
  const startedAt = settings.now();
  for await (const name of store.names()) {
    if (signal.aborted) return;
    try {
      const path = await store.directory(name);
      if (path !== undefined) await tidyDirectory(path, settings, startedAt, (digest) => store.onBlob(name, digest));
    } catch (error) {
      settings.logger.log("warn", "a repository could not be cleared up", { repository: name, error });
    }
  }
}

async function moveAsideIfEmpty(
  root: string,
  digest: Digest,
  settings: DirectorySettings,
  olderThan: number,
): Promise<void> {
  if (isEmptyBlob(digest)) return;
  try {
    const { size, mtime } = await Deno.lstat(blobPath(root, digest));
    if (size > 0 || !((mtime?.getTime() ?? Infinity) < olderThan)) return;
    const path = await quarantine(root, digest);
    settings.logger.log("warn", "an empty file that should be a blob was moved aside", { digest, path });
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

async function removeIfOlder(path: string, olderThan: number): Promise<void> {
  try {
    const { mtime } = await Deno.lstat(path);
    if ((mtime?.getTime() ?? Infinity) < olderThan) await Deno.remove(path);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

async function filesOf(directory: string): Promise<readonly string[]> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(directory));
    return entries.filter((entry) => entry.isFile).map((entry) => entry.name);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}
