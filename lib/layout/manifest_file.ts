/**
 * Manifests as files of a layout.
 *
 * @module
 */

import { RegkitError } from "../errors.ts";
import { type Digest, parseDigest } from "../oci/digest.ts";
import { type Manifest, maxManifestBytes, parseManifest } from "../oci/manifest.ts";
import { unlessMissing } from "./io_error.ts";
import { blobPath, blobsDirectory } from "./layout_files.ts";
import type { LayoutSession } from "./layout_session.ts";
import { writeWholeFile } from "./temp_file.ts";

/**
 * Looks up how large a manifest is.
 *
 * @param root The directory of the layout.
 * @param digest The manifest's digest.
 * @returns Its length in bytes.
 * @throws {RegkitError} `NOT_FOUND` when there is no such file.
 */
export async function statManifestFile(root: string, digest: Digest): Promise<number> {
  const path = blobPath(root, digest);
  const info = await unlessMissing("read", path, () => Deno.stat(path));
  if (info === undefined || !info.isFile) throw notFound(path);
  return info.size;
}

/**
 * Reads a manifest and verifies it.
 *
 * @param root The directory of the layout.
 * @param digest The manifest's digest.
 * @param mediaType What the index or a parent says it is; the document tells otherwise.
 * @returns The manifest.
 * @throws {RegkitError} `NOT_FOUND` when there is no such file; `TOO_LARGE` over 8 MiB; what `parseManifest` throws.
 */
export async function readManifestFile(root: string, digest: Digest, mediaType?: string): Promise<Manifest> {
  const path = blobPath(root, digest);
  const size = await statManifestFile(root, digest);
  if (size > maxManifestBytes) {
    throw new RegkitError("TOO_LARGE", `manifest ${path} has ${size} bytes, at most ${maxManifestBytes} are read`);
  }
  const bytes = await unlessMissing("read", path, () => Deno.readFile(path));
  if (bytes === undefined) throw notFound(path);
  return await parseManifest(bytes, { mediaType, digest, name: path });
}

/**
 * Writes a manifest's file. One that is there already with the same content is only made young again.
 *
 * @param session The handle's state, prepared for writing.
 * @param manifest The manifest.
 * @throws {RegkitError} `TOO_LARGE` when nobody could read it again; `IO` when it cannot be written.
 */
export async function writeManifestFile(session: LayoutSession, manifest: Manifest): Promise<void> {
  const { bytes, descriptor: { digest } } = manifest;
  const path = blobPath(session.root, digest);
  if (bytes.length > maxManifestBytes) {
    throw new RegkitError(
      "TOO_LARGE",
      `manifest ${path} would have ${bytes.length} bytes, at most ${maxManifestBytes}`,
    );
  }
  const present = await unlessMissing("read", path, () => Deno.readFile(path));
  if (present !== undefined && isEqual(present, bytes)) return await session.noteFound(digest);
  const { algorithm, hex } = parseDigest(digest);
  const directory = blobsDirectory(session.root, algorithm);
  await writeWholeFile(directory, hex, bytes, session.options.isDurable);
  session.noteRename(directory);
}

function isEqual(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, at) => byte === right[at]);
}

function notFound(path: string): RegkitError {
  return new RegkitError("NOT_FOUND", `failed to open manifest: ${path} does not exist`, {
    tip: "If the index lists it, the layout is incomplete: copy the image to it again.",
  });
}
