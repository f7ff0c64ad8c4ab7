/**
 * Lists the blobs of a repository directory.
 *
 * @module
 */

import { isMissing } from "../../layout/io_error.ts";
import { blobPath, blobsDirectory, blobsName, digestOfFile } from "../../layout/layout_files.ts";
import type { Digest } from "../../oci/digest.ts";
import type { StoredBlob } from "./gc.ts";
import { registryAlgorithms } from "../names.ts";

const looksAtOnce = 32;

/**
 * Gives all blobs. Directories that are links may be shared with layouts whose indexes are not known here: what they hold is
 * left out.
 *
 * @param root The repository's directory.
 * @returns The blobs with their sizes and times.
 */
export async function* storedBlobs(root: string): AsyncGenerator<StoredBlob> {
  if (!await isOwnDirectory(`${root}/${blobsName}`)) return;
  for (const algorithm of registryAlgorithms) {
    const directory = blobsDirectory(root, algorithm);
    if (!await isOwnDirectory(directory)) continue;
    const digests: Digest[] = [];
    for await (const entry of Deno.readDir(directory)) {
      const digest = entry.isFile ? digestOfFile(algorithm, entry.name) : undefined;
      if (digest !== undefined) digests.push(digest);
    }
    for (let at = 0; at < digests.length; at += looksAtOnce) {
      const group = digests.slice(at, at + looksAtOnce);
      const found = await Promise.all(group.map((digest) => lookAt(root, digest)));
      yield* found.filter((blob) => blob !== undefined);
    }
  }
}

async function isOwnDirectory(path: string): Promise<boolean> {
  try {
    return (await Deno.lstat(path)).isDirectory;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

async function lookAt(path: string, digest: Digest): Promise<StoredBlob | undefined> {
  try {
    const { size, mtime } = await Deno.lstat(blobPath(path, digest));
    return { digest, size, changedAt: mtime?.getTime() ?? Infinity };
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
