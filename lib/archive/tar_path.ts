/**
 * Paths inside archives.
 *
 * @module
 */

/**
 * Brings a path into the one form that paths are compared in: relative to the archive's root, without `.` and empty parts,
 * and `..` taken as far as the root.
 *
 * @param path The path as typed or as an archive has it.
 * @returns Such as `etc/passwd`; empty for the root itself.
 */
export function cleanTarPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return parts.join("/");
}

/** Begins the names that stand for deleted files (image-spec "whiteouts"). */
export const whiteoutPrefix = ".wh.";

/** The name that stands for everything below a folder in lower layers. */
const opaqueName = ".wh..wh..opq";

/**
 * Gives what an entry deletes of the layers below.
 *
 * @param path The entry's path, cleaned.
 * @returns The file or folder, or the folder that is emptied with a `/` behind it; `undefined` for other entries.
 */
export function whiteoutTarget(path: string): string | undefined {
  const slash = path.lastIndexOf("/") + 1;
  const name = path.slice(slash);
  if (name === opaqueName) return path.slice(0, slash) || "/";
  if (!name.startsWith(whiteoutPrefix)) return undefined;
  return path.slice(0, slash) + name.slice(whiteoutPrefix.length);
}

/**
 * Tells whether a whiteout deletes a path.
 *
 * @param target What {@linkcode whiteoutTarget} gave.
 * @param path The path, cleaned.
 * @returns Whether the path is the target or below it.
 */
export function isDeletedBy(target: string, path: string): boolean {
  if (target === "/") return true;
  return path === target || path.startsWith(target.endsWith("/") ? target : `${target}/`);
}
