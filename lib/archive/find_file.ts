/**
 * Takes one file out of a layer.
 *
 * @module
 */

import { RegkitError } from "../errors.ts";
import { decompress } from "./compression.ts";
import { cleanTarPath, isDeletedBy, whiteoutPrefix, whiteoutTarget } from "./tar_path.ts";
import { readTar, type TarHeader } from "./tar_read.ts";

/** Options of {@linkcode findFile}. */
export interface FindFileOptions {
  /** Follow symbolic and hard links inside the layer, and refuse what has no content of its own. `false` by default. */
  readonly followsLinks?: boolean | undefined;
}

/** A file that was found. */
export interface FoundFile {
  /** What the archive says of it. */
  readonly header: TarHeader;
}

/** A link to a link to a link ... ends somewhere, or is a circle. */
const maxLinks = 40;

/**
 * Finds a file in a layer and hands its content over. The layer is read to its end, so that all of it is verified before this
 * settles; following a link reads it once more.
 *
 * @param open Opens the layer, as it is stored.
 * @param path The file.
 * @param take Reads the content; called once, when the file is found.
 * @param options Whether links are followed.
 * @returns The file.
 * @throws {RegkitError} `NOT_FOUND` when the layer does not have the file or deletes it, `INVALID_ARGUMENT` for a name that
 *   stands for a deletion, `INVALID_ARCHIVE` when the layer is no archive, `LOOP` for links that lead nowhere.
 */
export async function findFile(
  open: () => Promise<ReadableStream<Uint8Array<ArrayBuffer>>>,
  path: string,
  take: (body: ReadableStream<Uint8Array<ArrayBuffer>>, header: TarHeader) => Promise<void>,
  options: FindFileOptions = {},
): Promise<FoundFile> {
  let wanted = cleanTarPath(path);
  checkName(wanted);
  for (let links = 0; links <= maxLinks; links++) {
    const found = await scan(await open(), wanted, take, options);
    if (found.kind === "file") return { header: found.header };
    wanted = found.path;
  }
  throw new RegkitError("LOOP", `too many links from ${path}`);
}

/**
 * Refuses names that stand for a deletion.
 *
 * @param path The path, cleaned.
 * @throws {RegkitError} `INVALID_ARGUMENT` for such a name.
 */
function checkName(path: string): void {
  if (!path.startsWith(whiteoutPrefix)) return;
  throw new RegkitError(
    "INVALID_ARGUMENT",
    `${whiteoutPrefix} prefix is reserved for whiteout files, received ${path}`,
    {
      tip: `Give the name of the file itself, without ${whiteoutPrefix}`,
    },
  );
}

type Scanned = { readonly kind: "file"; readonly header: TarHeader } | { readonly kind: "link"; readonly path: string };

async function scan(
  layer: ReadableStream<Uint8Array<ArrayBuffer>>,
  wanted: string,
  take: (body: ReadableStream<Uint8Array<ArrayBuffer>>, header: TarHeader) => Promise<void>,
  { followsLinks = false }: FindFileOptions,
): Promise<Scanned> {
  let found: Scanned | undefined;
  let isDeleted = false;
  for await (const { header, body } of readTar(await decompress(layer))) {
    if (found !== undefined) continue;
    const path = cleanTarPath(header.name);
    const deletes = whiteoutTarget(path);
    isDeleted ||= deletes !== undefined && isDeletedBy(deletes, wanted);
    if (followsLinks) found = linkOnTheWay(header, path, wanted);
    if (found !== undefined || path !== wanted) continue;
    if (followsLinks) refuseWithoutContent(header);
    await take(body, header);
    found = { kind: "file", header };
  }
  if (found !== undefined) return found;
  throw new RegkitError("NOT_FOUND", isDeleted ? `file deleted: ${wanted}` : `file not found: ${wanted}`);
}

/** The path to look for instead, when an entry is a link that the path is or leads through. */
function linkOnTheWay(header: TarHeader, path: string, wanted: string): Scanned | undefined {
  if (header.type === "link" && path === wanted) return { kind: "link", path: cleanTarPath(header.linkname) };
  if (header.type !== "symlink" || (path !== wanted && !wanted.startsWith(`${path}/`))) return undefined;
  const base = header.linkname.startsWith("/") ? "" : path.slice(0, path.lastIndexOf("/") + 1);
  return { kind: "link", path: cleanTarPath(`${base}${header.linkname}/${wanted.slice(path.length)}`) };
}

function refuseWithoutContent({ name, type }: TarHeader): void {
  if (type === "file" || type === "link") return;
  throw new RegkitError("INVALID_ARGUMENT", `${name} is a ${type.replace("-", " ")} and has no content`, {
    tip: "Name a file",
  });
}
