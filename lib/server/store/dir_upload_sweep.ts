/**
 * Uploads that nobody touched for long, as an earlier run may have left them.
 *
 * @module
 */

import { isMissing } from "../../layout/io_error.ts";
import type { DirectoryFiles } from "./dir_files.ts";
import { uploadsName } from "./dir_paths.ts";

const aboutEnd = ".json";

/**
 * Removes uploads that nobody touched for long.
 *
 * @param files The repository's files.
 */
export async function sweepUploads({ path, settings }: DirectoryFiles): Promise<void> {
  const directory = `${path}/${uploadsName}`;
  const olderThan = settings.now() - settings.uploadIdleMs;
  try {
    const { mtime } = await Deno.lstat(directory);
    let isSwept = false;
    for await (const { name, isFile } of Deno.readDir(directory)) {
      if (isFile && await isIdleUpload(directory, name, olderThan)) {
        isSwept = await remove(`${directory}/${name}`) || isSwept;
      }
    }
    // The time tells when somebody last pushed here, which this was not.
    if (isSwept && mtime !== null) await Promise.allSettled([Deno.utime(directory, mtime, mtime)]);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

/**
 * Tells whether a file belongs to an upload that nobody touched for long.
 *
 * @param directory The directory of uploads.
 * @param name The file: an upload's bytes, or what says whose they are, which stays as long as they do.
 * @param olderThan The time before which it was last changed, in milliseconds since the epoch.
 * @returns Whether it does.
 */
export async function isIdleUpload(directory: string, name: string, olderThan: number): Promise<boolean> {
  if (!await isOlder(`${directory}/${name}`, olderThan)) return false;
  return !name.endsWith(aboutEnd) || await isOlder(`${directory}/${name.slice(0, -aboutEnd.length)}`, olderThan);
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
