/**
 * Where repositories stand below a root directory. They nest, so a component that would collide with the files of a layout
 * gets a `%` in front, which no name can hold.
 *
 * @module
 */

import { isMissing } from "../../layout/io_error.ts";
import { blobsName, indexName, markerName } from "../../layout/layout_files.ts";
import { isRepositoryName } from "../names.ts";

/** The directory of open uploads in a repository. */
export const uploadsName = "_uploads";

const reserved: ReadonlySet<string> = new Set([blobsName, indexName, markerName]);

/**
 * Gives the directory of a repository.
 *
 * @param root The root directory.
 * @param name The repository's name, which must be a valid one.
 * @returns The path.
 */
export function repositoryPath(root: string, name: string): string {
  const components = name.split("/").map((component) => reserved.has(component) ? `%${component}` : component);
  return `${root}/${components.join("/")}`;
}

/**
 * Tells whether something was ever pushed into a directory, or an upload begun, that was not removed since.
 *
 * @param path The directory.
 * @returns Whether it is a repository.
 */
export async function isRepository(path: string): Promise<boolean> {
  return await exists(`${path}/${markerName}`) || await exists(`${path}/${uploadsName}`);
}

/**
 * Tells whether there is a file or directory.
 *
 * @param path Its path.
 * @returns Whether there is; links are not followed.
 */
export async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/**
 * Walks all directories that may be repositories, in no order. Links are not followed.
 *
 * @param root The root directory.
 * @returns The names.
 */
export async function* walkRepositories(root: string): AsyncGenerator<string> {
  const open: string[] = [""];
  for (let parent = open.pop(); parent !== undefined; parent = open.pop()) {
    const directory = parent === "" ? root : repositoryPath(root, parent);
    for (const component of await directoriesOf(directory)) {
      const name = parent === "" ? component : `${parent}/${component}`;
      if (!isRepositoryName(name)) continue;
      open.push(name);
      yield name;
    }
  }
}

/** The components that the subdirectories of a directory stand for. */
async function directoriesOf(directory: string): Promise<string[]> {
  const components: string[] = [];
  try {
    for await (const entry of Deno.readDir(directory)) {
      if (!entry.isDirectory || reserved.has(entry.name)) continue;
      const plain = entry.name.slice(1);
      components.push(entry.name.startsWith("%") && reserved.has(plain) ? plain : entry.name);
    }
  } catch (error) {
    // What may not be looked into hides only itself.
    if (!isMissing(error) && !(error instanceof Deno.errors.PermissionDenied)) throw error;
  }
  return components;
}
