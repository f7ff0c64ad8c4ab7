/**
 * Keeps what is read and written below the registry's root, wherever links lead.
 *
 * @module
 */

import { isMissing } from "../../layout/io_error.ts";
import { blobsName, indexName, markerName } from "../../layout/layout_files.ts";
import { uploadsName } from "./dir_paths.ts";

const parts = ["", uploadsName, blobsName, `${blobsName}/sha256`, `${blobsName}/sha512`, indexName, markerName];

/**
 * Tells whether everything that requests may reach through a repository stands below a directory, links resolved.
 *
 * @param path The repository's directory.
 * @param realRoot The directory, without links.
 * @returns Whether it does; of what does not exist yet, whether it would be made there.
 */
export async function isWithin(path: string, realRoot: string): Promise<boolean> {
  if (await look(path, realRoot) === "nothing") return await isParentWithin(path, realRoot);
  for (const part of parts) {
    if (await look(part === "" ? path : `${path}/${part}`, realRoot) === "outside") return false;
  }
  return await isNoFile(path);
}

async function isParentWithin(path: string, realRoot: string): Promise<boolean> {
  const parent = path.slice(0, path.lastIndexOf("/"));
  if (parent.length <= realRoot.length) return true;
  const found = await look(parent, realRoot);
  return found === "nothing" ? await isParentWithin(parent, realRoot) : found === "within" && await isNoFile(parent);
}

/** Where a path leads. Others make and remove directories meanwhile: what is gone at the second look is nothing. */
async function look(path: string, realRoot: string): Promise<"nothing" | "outside" | "within"> {
  try {
    return (await Deno.realPath(path)).startsWith(`${realRoot}/`) ? "within" : "outside";
  } catch (error) {
    if (!isMissing(error)) throw error;
    // A link to nothing may lead anywhere tomorrow: it is not the same as nothing.
    return await isA("isSymlink", path) ? "outside" : "nothing";
  }
}

async function isNoFile(path: string): Promise<boolean> {
  return !await isA("isFile", path);
}

async function isA(kind: "isFile" | "isSymlink", path: string): Promise<boolean> {
  try {
    return (await Deno.lstat(path))[kind];
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}
