/**
 * Looks whether a repository's directory holds anything, and removes it when it does not. Only what is empty is removed, so
 * that nothing of others goes, whatever they do meanwhile.
 *
 * @module
 */

import { isMissing } from "../../layout/io_error.ts";
import {
  blobsDirectory,
  blobsName,
  contentLockName,
  digestOfFile,
  indexLockName,
  indexName,
  markerName,
} from "../../layout/layout_files.ts";
import type { Digest } from "../../oci/digest.ts";
import { registryAlgorithms } from "../names.ts";
import { uploadsName } from "./dir_paths.ts";
import { isIdleUpload } from "./dir_upload_sweep.ts";

/** What does not count. */
export interface Leftovers {
  /** The blobs that will go. */
  readonly blobs: ReadonlySet<Digest>;
  /** The time in milliseconds since the epoch before which uploads were last changed that will go. */
  readonly uploadsOlderThan: number;
}

/**
 * Tells when a repository's directory was last changed, as its files say.
 *
 * @param path The directory.
 * @returns The time in milliseconds since the epoch.
 */
export async function lastChange(path: string): Promise<number> {
  const parts = [markerName, indexName, uploadsName, blobsName];
  const paths = [
    ...parts.map((part) => `${path}/${part}`),
    ...[...registryAlgorithms].map((algorithm) => blobsDirectory(path, algorithm)),
  ];
  const found = await Promise.all(paths.map(lookAt));
  return Math.max(...found.map((info) => info === undefined ? -Infinity : info.mtime?.getTime() ?? Infinity));
}

/**
 * Tells whether there is nothing in the directories of blobs and uploads. Files of others there, and links, are something.
 *
 * @param path The repository's directory.
 * @param leftovers What does not count.
 * @returns Whether there is nothing.
 */
export async function isVacant(path: string, leftovers: Leftovers): Promise<boolean> {
  const uploads = `${path}/${uploadsName}`;
  for await (const { name, isFile } of entriesOf(uploads)) {
    if (!isFile || !await isIdleUpload(uploads, name, leftovers.uploadsOlderThan)) return false;
  }
  for await (const { name: algorithm, isDirectory } of entriesOf(`${path}/${blobsName}`)) {
    if (!isDirectory) return false;
    for await (const { name, isFile } of entriesOf(blobsDirectory(path, algorithm))) {
      const digest = isFile ? digestOfFile(algorithm, name) : undefined;
      if (digest === undefined || !leftovers.blobs.has(digest)) return false;
    }
  }
  return true;
}

/**
 * Removes what makes a directory a repository. Whoever calls it holds all locks, and has seen that nothing is in it.
 *
 * @param path The directory.
 * @returns Whether it is no repository any more: not when somebody put something into it meanwhile.
 */
export async function removeLayout(path: string): Promise<boolean> {
  const blobs = `${path}/${blobsName}`;
  const algorithms = (await Array.fromAsync(entriesOf(blobs))).filter(({ isDirectory }) => isDirectory);
  const directories = [...algorithms.map(({ name }) => `${blobs}/${name}`), blobs, `${path}/${uploadsName}`];
  for (const directory of directories) if (await removeDirectory(directory) === "holds something") return false;
  // What is left after a crash in between is still a repository, and goes the next time.
  for (const name of [indexName, markerName]) await removeFile(`${path}/${name}`);
  // Where open files cannot be removed, they stay with their directory.
  await Promise.allSettled([indexLockName, contentLockName].map((name) => removeFile(`${path}/${name}`)));
  return true;
}

/**
 * Removes a directory that is empty.
 *
 * @param path The directory.
 * @returns Whether it is gone now, was never there, or stays since it holds something.
 */
export async function removeDirectory(path: string): Promise<"gone" | "holds something" | "missing"> {
  try {
    await Deno.remove(path);
    return "gone";
  } catch (error) {
    if (isMissing(error)) return "missing";
    // Systems have different words for it.
    for await (const _entry of entriesOf(path)) return "holds something";
    throw error;
  }
}

type Entry = Pick<Deno.DirEntry, "isDirectory" | "isFile" | "name">;

/** Lists a directory that may be missing. A link or a file in its place is listed as something that is neither. */
async function* entriesOf(path: string): AsyncGenerator<Entry> {
  const info = await lookAt(path);
  if (info === undefined) return;
  if (!info.isDirectory) return yield { name: "", isDirectory: false, isFile: false };
  try {
    yield* Deno.readDir(path);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

async function removeFile(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

async function lookAt(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.lstat(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
