/**
 * The files of an OCI layout and their names (image-spec "image-layout").
 *
 * @module
 */

import { type Digest, digestAlgorithms, parseDigest } from "../oci/digest.ts";

/** The file that marks a directory as an OCI layout. */
export const markerName = "oci-layout";

/** The file that lists the manifests. */
export const indexName = "index.json";

/** The directory of all content. */
export const blobsName = "blobs";

/** Locked exclusively around every change of `index.json`. */
export const indexLockName = ".regkit-index.lock";

/** Locked by everybody who copies, shared; and by garbage collection, exclusively. */
export const contentLockName = ".regkit-content.lock";

const tempEnd = /^\.[0-9A-Za-z-]+\.tmp$/;

/**
 * Gives the path of a blob. The digest is checked first, so no other file can be named by it.
 *
 * @param root The directory of the layout.
 * @param digest The blob's digest.
 * @returns The path.
 * @throws {RegkitError} `INVALID_DIGEST` when it is not a digest that could be verified.
 */
export function blobPath(root: string, digest: Digest): string {
  const { algorithm, hex } = parseDigest(digest);
  return `${blobsDirectory(root, algorithm)}/${hex}`;
}

/**
 * Gives the directory that holds the blobs of one algorithm.
 *
 * @param root The directory of the layout.
 * @param algorithm The algorithm, such as `sha256`.
 * @returns The path.
 */
export function blobsDirectory(root: string, algorithm: string): string {
  return `${root}/${blobsName}/${algorithm}`;
}

/**
 * Makes up the path of a temporary file that garbage collection knows as such.
 *
 * @param directory The directory to write in.
 * @param stem What the file will be called, or `upload` when that is not known yet.
 * @returns A path that no other writer uses.
 */
export function tempPath(directory: string, stem: string): string {
  return `${directory}/${stem}.${crypto.randomUUID()}.tmp`;
}

/**
 * Tells which digest a file in a directory of blobs holds.
 *
 * @param algorithm The directory's algorithm.
 * @param name The file's name.
 * @returns The digest; `undefined` when the file is no blob.
 */
export function digestOfFile(algorithm: string, name: string): Digest | undefined {
  const isHex = name.length === digestAlgorithms.get(algorithm) && /^[0-9a-f]+$/.test(name);
  return isHex ? `${algorithm}:${name}` : undefined;
}

/**
 * Tells whether a file in a directory of blobs is the temporary file of an unfinished upload.
 *
 * @param algorithm The directory's algorithm.
 * @param name The file's name.
 * @returns Whether it is.
 */
export function isBlobTemp(algorithm: string, name: string): boolean {
  const length = name.startsWith("upload.") ? "upload".length : digestAlgorithms.get(algorithm) ?? 0;
  return (name.startsWith("upload.") || digestOfFile(algorithm, name.slice(0, length)) !== undefined) &&
    tempEnd.test(name.slice(length));
}

/**
 * Tells whether a file beside `index.json` is the temporary file of an unfinished change.
 *
 * @param name The file's name.
 * @returns Whether it is.
 */
export function isRootTemp(name: string): boolean {
  return [indexName, markerName].some((stem) => name.startsWith(stem) && tempEnd.test(name.slice(stem.length)));
}
