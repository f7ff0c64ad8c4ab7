/**
 * Keeps what is read and written below the registry's root, wherever links lead.
 *
 * @module
 */

import { isMissing } from "../../layout/io_error.ts";
import { blobsName, indexName, markerName } from "../../layout/layout_files.ts";
import { exists, uploadsName } from "./dir_paths.ts";

const parts = ["", uploadsName, blobsName, `${blobsName}/sha256`, `${blobsName}/sha512`, indexName, markerName];

/**
 * Tells whether everything that requests may reach through a repository stands below a directory, links resolved.
 *
 * @param path The repository's directory.
 * @param realRoot The directory, without links.
 * @returns Whether it does; of what does not exist yet, whether it would be made there.
 */
export async function isWithin(path: string, realRoot: string): Promise<boolean> {
  for (const part of parts) {
    const real = await realPath(part === "" ? path : `${path}/${part}`);
    if (real === "dangling" || (real !== undefined && !real.startsWith(`${realRoot}/`))) return false;
    if (part !== "") continue;
    if (real === undefined) return await isParentWithin(path, realRoot);
    if (!await isDirectory(real)) return false;
  }
  return true;
}

async function isParentWithin(path: string, realRoot: string): Promise<boolean> {
  const parent = path.slice(0, path.lastIndexOf("/"));
  if (parent.length <= realRoot.length) return true;
  const real = await realPath(parent);
  if (real === undefined) return await isParentWithin(parent, realRoot);
  return real.startsWith(`${realRoot}/`) && await isDirectory(real);
}

/** A link to nothing may lead anywhere tomorrow: it is not the same as nothing. */
async function realPath(path: string): Promise<string | undefined> {
  try {
    return await Deno.realPath(path);
  } catch (error) {
    if (!isMissing(error)) throw error;
    return await exists(path) ? "dangling" : undefined;
  }
}

async function isDirectory(path: string): Promise<boolean> {
  return (await Deno.lstat(path)).isDirectory;
}
