/**
 * Uploads that nobody touched for long, as an earlier run may have left them.
 *
 * @module
 */

import { isMissing } from "../../layout/io_error.ts";
import type { DirectoryFiles } from "./dir_files.ts";
import { uploadsName } from "./dir_paths.ts";

const aboutEnd = ".json";

/** What is known of an upload of this run: the time of its file says nothing of a request that waits for its next byte. */
export interface OpenUpload {
  /** When it last changed, in milliseconds since the epoch: now, as long as it is in use. */
  readonly changedAt: number;
}

const openByFiles = new WeakMap<DirectoryFiles, Map<string, OpenUpload>>();

/**
 * Gives the uploads of this run in a repository.
 *
 * @param files The repository's files.
 * @returns The uploads by their id. Whoever begins one adds it, and takes it out when it ends.
 */
export function openUploads(files: DirectoryFiles): Map<string, OpenUpload> {
  let open = openByFiles.get(files);
  if (open === undefined) openByFiles.set(files, open = new Map());
  return open;
}

/**
 * Removes uploads that nobody touched for long.
 *
 * @param files The repository's files.
 */
export async function sweepUploads(files: DirectoryFiles): Promise<void> {
  const { path, settings } = files;
  const open = openUploads(files);
  const directory = `${path}/${uploadsName}`;
  const olderThan = settings.now() - settings.uploadIdleMs;
  try {
    const { mtime } = await Deno.lstat(directory);
    let isSwept = false;
    for await (const { name, isFile } of Deno.readDir(directory)) {
      if (!isFile) continue;
      const id = idOf(name);
      if (!open.has(id) && !await isIdleUpload(directory, name, olderThan)) continue;
      // Last, so that whoever began to go on with it meanwhile counts.
      if ((open.get(id)?.changedAt ?? -Infinity) >= olderThan) continue;
      isSwept = await remove(`${directory}/${name}`) || isSwept;
    }
    // The time tells when somebody last pushed here, which this was not.
    if (isSwept && mtime !== null) await Promise.allSettled([Deno.utime(directory, mtime, mtime)]);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

/**
 * Tells whether a file belongs to an upload that nobody touched for long, by what the files say.
 *
 * @param directory The directory of uploads.
 * @param name The file: an upload's bytes, or what says whose they are, which stays as long as they do.
 * @param olderThan The time before which it was last changed, in milliseconds since the epoch.
 * @returns Whether it does.
 */
export async function isIdleUpload(directory: string, name: string, olderThan: number): Promise<boolean> {
  if (!await isOlder(`${directory}/${name}`, olderThan)) return false;
  return !name.endsWith(aboutEnd) || await isOlder(`${directory}/${idOf(name)}`, olderThan);
}

function idOf(name: string): string {
  return name.endsWith(aboutEnd) ? name.slice(0, -aboutEnd.length) : name;
}

/** Whoever goes on with an upload may be faster. */
async function remove(path: string): Promise<boolean> {
  try {
    await Deno.remove(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

async function isOlder(path: string, time: number): Promise<boolean> {
  try {
    return ((await Deno.lstat(path)).mtime?.getTime() ?? Infinity) < time;
  } catch (error) {
    if (isMissing(error)) return true;
    throw error;
  }
}
