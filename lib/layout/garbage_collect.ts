/**
 * Removes what nothing in a layout refers to.
 *
 * Whoever calls it holds the exclusive lock on the content. It rather leaves garbage than takes a risk: whatever cannot be
 * read or understood ends it before anything is removed.
 *
 * @module
 */

import { RegkitError } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { type Digest, digestAlgorithms, isDigest } from "../oci/digest.ts";
import { type Manifest, maxManifestBytes, parseManifest } from "../oci/manifest.ts";
import { isKnownBlobType, isManifestType } from "../oci/media_type.ts";
import { entryDescriptor } from "./index_entries.ts";
import { isMarked, readIndexFile } from "./index_file.ts";
import { ioError, isMissing, unlessMissing } from "./io_error.ts";
import {
  blobPath,
  blobsDirectory,
  blobsName,
  digestOfFile,
  indexName,
  isBlobTemp,
  isRootTemp,
} from "./layout_files.ts";

/** Files younger than this are spared: others may be about to refer to them. */
export const garbageAgeMs: number = 10 * 60 * 1000;

/** How to collect. */
export interface GarbageOptions {
  /** The time, in milliseconds since 1970. */
  readonly nowMs: number;
  /** Where log lines go. */
  readonly logger: Logger;
}

/**
 * Removes the blobs and temporary files that are older than ten minutes and that no entry of the index leads to.
 *
 * @param root The directory of the layout.
 * @param options The time and the logger.
 * @returns How many files were removed.
 * @throws {RegkitError} When something could not be read or understood; nothing was removed then.
 */
export async function collectGarbage(root: string, options: GarbageOptions): Promise<number> {
  if (!await isMarked(root)) return 0;
  const index = await readIndexFile(root);
  // Without an index nothing tells what is wanted.
  if (index === undefined) return 0;
  const reachable = await findReachable(root, index.entries);
  const garbage = await findGarbage(root, reachable, options.nowMs);
  let removed = 0;
  for (const path of garbage) {
    const result = await unlessMissing("remove", path, async () => (await Deno.remove(path), true));
    if (result === true) removed++;
  }
  if (removed > 0) options.logger.log("debug", "Garbage of the layout removed", { path: root, files: removed });
  return removed;
}

/** A document that may lead to others. */
interface Node {
  readonly descriptor: Descriptor;
  /** Whether it may be missing. */
  readonly isOptional: boolean;
}

async function findReachable(root: string, entries: readonly unknown[]): Promise<ReadonlySet<Digest>> {
  const reachable = new Set<Digest>();
  // Apart from `reachable`: what one manifest calls a layer, another may call a manifest.
  const walked = new Set<Digest>();
  const queue: Node[] = entries.map((entry, at) => {
    const descriptor = entryDescriptor(entry);
    if (descriptor !== undefined) return { descriptor, isOptional: false };
    throw new RegkitError("INVALID_LAYOUT", `entry ${at} of ${root}/${indexName} is not a descriptor`);
  });
  for (let node = queue.pop(); node !== undefined; node = queue.pop()) {
    const { digest, mediaType } = node.descriptor;
    reachable.add(digest);
    if (isKnownBlobType(mediaType) || walked.has(digest)) continue;
    walked.add(digest);
    const bytes = await readDocument(root, node);
    if (bytes === undefined) continue;
    if (!isManifestType(mediaType)) {
      queue.push(...nodesIn(bytes));
      continue;
    }
    const manifest = await parseManifest(bytes, { mediaType, digest, name: blobPath(root, digest) });
    for (const child of blobsOf(manifest)) reachable.add(child);
    // An index may have been copied for some platforms only.
    const children = manifest.kind === "index" ? manifest.body.manifests : [];
    queue.push(...children.map((descriptor) => ({ descriptor, isOptional: true })));
  }
  return reachable;
}

function blobsOf(manifest: Manifest): readonly Digest[] {
  switch (manifest.kind) {
    case "index":
      return [];
    case "image":
      return [manifest.body.config, ...manifest.body.layers].map(({ digest }) => digest);
    case "artifact":
      return manifest.body.blobs.map(({ digest }) => digest);
    case "docker1":
      return manifest.body.fsLayers.map(({ blobSum }) => blobSum);
  }
}

/** Reads a document; `undefined` when it is missing and may be, or is surely not one that leads to others. */
async function readDocument(root: string, node: Node): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const path = blobPath(root, node.descriptor.digest);
  try {
    if ((await Deno.stat(path)).size > maxManifestBytes) {
      if (!isManifestType(node.descriptor.mediaType)) return undefined;
      throw new RegkitError("TOO_LARGE", `manifest ${path} is larger than ${maxManifestBytes} bytes`);
    }
    return await Deno.readFile(path);
  } catch (error) {
    if (isMissing(error) && node.isOptional) return undefined;
    throw ioError(error, "read", path);
  }
}

/** What a document of an unknown type may refer to: everything in its JSON that looks like a digest. */
function nodesIn(bytes: Uint8Array): readonly Node[] {
  const text = new TextDecoder().decode(bytes);
  if (!text.trimStart().startsWith("{")) return [];
  const digests = (text.match(/[a-z0-9]+:[0-9a-f]{64,128}/g) ?? []).filter(isDigest);
  return digests.map((digest) => ({ descriptor: { mediaType: "", digest, size: 0 }, isOptional: true }));
}

async function findGarbage(root: string, reachable: ReadonlySet<Digest>, nowMs: number): Promise<readonly string[]> {
  const garbage: string[] = [];
  const takeIfOld = async (path: string): Promise<void> => {
    const info = await unlessMissing("read", path, () => Deno.lstat(path));
    if (info?.mtime !== undefined && info.mtime !== null && nowMs - info.mtime.getTime() > garbageAgeMs) {
      garbage.push(path);
    }
  };
  for (const name of await filesOf(root)) {
    if (isRootTemp(name)) await takeIfOld(`${root}/${name}`);
  }
  // Directories that are links may be shared with other layouts, whose indexes are not known here.
  if (!await isOwnDirectory(`${root}/${blobsName}`)) return garbage;
  for (const algorithm of digestAlgorithms.keys()) {
    const directory = blobsDirectory(root, algorithm);
    if (!await isOwnDirectory(directory)) continue;
    for (const name of await filesOf(directory)) {
      const digest = digestOfFile(algorithm, name);
      const isUnwanted = digest === undefined ? isBlobTemp(algorithm, name) : !reachable.has(digest);
      if (isUnwanted) await takeIfOld(`${directory}/${name}`);
    }
  }
  return garbage;
}

async function isOwnDirectory(path: string): Promise<boolean> {
  const info = await unlessMissing("read", path, () => Deno.lstat(path));
  return info?.isDirectory === true && !info.isSymlink;
}

async function filesOf(directory: string): Promise<readonly string[]> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(directory));
    return entries.filter((entry) => entry.isFile).map((entry) => entry.name);
  } catch (error) {
    throw ioError(error, "read", directory);
  }
}
