/**
 * Verifies stored blobs, and moves those aside that do not have their digest.
 *
 * @module
 */

import { isMissing } from "../../layout/io_error.ts";
import { blobPath } from "../../layout/layout_files.ts";
import { syncDirectory } from "../../layout/temp_file.ts";
import { createHasher, type Digest, parseDigest } from "../../oci/digest.ts";
import { readFilePart } from "./file_part.ts";

/** The directory of damaged blobs in a repository. No layout tool looks there. */
export const quarantineName = "_quarantine";

const maxRemembered = 100_000;

/**
 * Tells whether a blob's file has its digest.
 *
 * @param root The repository's directory.
 * @param digest The blob.
 * @param signal Ends the reading.
 * @returns Whether it does.
 * @throws {Deno.errors.NotFound} When there is no such file.
 */
export async function hasItsDigest(root: string, digest: Digest, signal?: AbortSignal): Promise<boolean> {
  const path = blobPath(root, digest);
  const { size } = await Deno.lstat(path);
  const hasher = await createHasher(parseDigest(digest).algorithm);
  const part = await readFilePart(path, 0, size);
  if (part instanceof Uint8Array) hasher.update(part);
  else {
    for await (const chunk of part) {
      signal?.throwIfAborted();
      hasher.update(chunk);
    }
  }
  return hasher.digest() === digest;
}

/**
 * Moves a damaged blob out of the way, so that it can be pushed again.
 *
 * @param root The repository's directory.
 * @param digest The blob.
 * @returns Where it is now.
 */
export async function quarantine(root: string, digest: Digest): Promise<string> {
  const directory = `${root}/${quarantineName}`;
  await Deno.mkdir(directory, { recursive: true });
  const target = quarantinePath(root, digest);
  await Deno.rename(blobPath(root, digest), target);
  await syncDirectory(directory);
  return target;
}

/**
 * Tells whether a damaged blob of a digest was moved out of the way.
 *
 * @param root The repository's directory.
 * @param digest The blob.
 * @returns Whether one was, and lies there still.
 */
export async function isQuarantined(root: string, digest: Digest): Promise<boolean> {
  try {
    return (await Deno.lstat(quarantinePath(root, digest))).isFile;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/**
 * Removes a damaged blob that was moved out of the way, since a good one took its place, or nobody wants it any more.
 *
 * @param root The repository's directory.
 * @param digest The blob.
 */
export async function dropQuarantined(root: string, digest: Digest): Promise<void> {
  try {
    await Deno.remove(quarantinePath(root, digest));
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

function quarantinePath(root: string, digest: Digest): string {
  const { algorithm, hex } = parseDigest(digest);
  return `${root}/${quarantineName}/${algorithm}-${hex}`;
}

/** Remembers which files were found to be right, until they change. */
export class VerifiedFiles {
  readonly #signatures = new Map<Digest, string>();

  /**
   * Verifies a blob unless its file is one that was verified before.
   *
   * @param root The repository's directory.
   * @param digest The blob.
   * @returns Whether it has its digest.
   * @throws {Deno.errors.NotFound} When there is no such file.
   */
  async verify(root: string, digest: Digest): Promise<boolean> {
    const { ino, size, mtime } = await Deno.lstat(blobPath(root, digest));
    const signature = signatureOf(ino, size, mtime?.getTime());
    if (this.#signatures.get(digest) === signature) return true;
    if (!await hasItsDigest(root, digest)) return false;
    this.#remember(digest, signature);
    return true;
  }

  /**
   * Takes note that the registry itself gave a file another time.
   *
   * @param root The repository's directory.
   * @param digest The blob.
   * @param before The time before, in milliseconds since the epoch.
   */
  async noteTime(root: string, digest: Digest, before: number): Promise<void> {
    const { ino, size, mtime } = await Deno.lstat(blobPath(root, digest));
    if (this.#signatures.get(digest) !== signatureOf(ino, size, before)) return;
    this.#remember(digest, signatureOf(ino, size, mtime?.getTime()));
  }

  #remember(digest: Digest, signature: string): void {
    const [oldest] = this.#signatures.keys();
    if (this.#signatures.size >= maxRemembered && oldest !== undefined) this.#signatures.delete(oldest);
    this.#signatures.set(digest, signature);
  }
}

function signatureOf(ino: number | null, size: number, time: number | undefined): string {
  return `${ino} ${size} ${time}`;
}
