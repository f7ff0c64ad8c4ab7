/**
 * How much space a directory of repositories takes, and how much its disk has left.
 *
 * @module
 */

import { isMissing } from "../../layout/io_error.ts";
import { blobsDirectory } from "../../layout/layout_files.ts";
import { repositoryPath } from "./dir_paths.ts";
import { registryAlgorithms } from "../names.ts";
import type { StoreUsage } from "./store.ts";

/**
 * Makes the measure of a directory.
 *
 * @param root The directory.
 * @returns The measure.
 */
export function directoryUsage(root: string): StoreUsage {
  return {
    async bytesOf(name) {
      let bytes = 0;
      for (const algorithm of registryAlgorithms) {
        bytes += await filesIn(blobsDirectory(repositoryPath(root, name), algorithm));
      }
      return bytes;
    },
    async freeBytes() {
      const { statfs } = await import("node:fs/promises");
      const { bavail, bsize } = await statfs(root);
      return bavail * bsize;
    },
  };
}

async function filesIn(path: string): Promise<number> {
  let bytes = 0;
  try {
    for await (const entry of Deno.readDir(path)) {
      if (entry.isFile) bytes += await sizeOf(`${path}/${entry.name}`);
    }
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  return bytes;
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await Deno.lstat(path)).size;
  } catch (error) {
    if (isMissing(error)) return 0;
    throw error;
  }
}
