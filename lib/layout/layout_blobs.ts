/**
 * The blobs of an OCI layout.
 *
 * @module
 */

import { RegkitError } from "../errors.ts";
import { parseDigest } from "../oci/digest.ts";
import { mediaTypes } from "../oci/media_type.ts";
import type { BlobBody, BlobGetOptions, BlobInfo, BlobStore, BlobTarget, CallOptions } from "../repository.ts";
import { verifiedStream } from "../streams/verify.ts";
import { putBlob } from "./blob_write.ts";
import { fileStream } from "./file_stream.ts";
import { unlessMissing } from "./io_error.ts";
import { blobPath } from "./layout_files.ts";
import type { LayoutSession } from "./layout_session.ts";

/**
 * Creates the blob store over a session.
 *
 * @param session The handle's state.
 * @returns The store.
 */
export function createLayoutBlobs(session: LayoutSession): BlobStore {
  return {
    head: (blob, options) => headBlob(session, blob, options),
    get: (blob, options) => getBlob(session, blob, options),
    put: (blob, source, options) => putBlob(session, blob, source, options),
    async delete(digest, options) {
      const path = blobPath(session.root, digest);
      // Asked first, so that a wrong path does not become a layout.
      await statBlob(session, { digest });
      await session.beginWrite(options?.signal);
      const isDeleted = await unlessMissing("delete", path, async () => (await Deno.remove(path), true));
      if (isDeleted !== true) throw notFound(path);
    },
  };
}

async function headBlob(session: LayoutSession, blob: BlobTarget, options: CallOptions = {}): Promise<BlobInfo> {
  parseDigest(blob.digest);
  await session.beginRead(options.signal);
  const size = await statBlob(session, blob);
  if (blob.size !== undefined && blob.size !== size) {
    // Called missing, so that a copy puts the right content in its place.
    const path = blobPath(session.root, blob.digest);
    throw new RegkitError("NOT_FOUND", `blob ${path} has ${size} bytes, expected ${blob.size}: it is damaged`);
  }
  await session.noteFound(blob.digest);
  return { descriptor: { mediaType: mediaTypes.octetStream, digest: blob.digest, size } };
}

async function statBlob(session: LayoutSession, blob: BlobTarget): Promise<number> {
  const path = blobPath(session.root, blob.digest);
  const info = await unlessMissing("read", path, () => Deno.stat(path));
  if (info === undefined || !info.isFile) throw notFound(path);
  return info.size;
}

async function getBlob(session: LayoutSession, blob: BlobTarget, options: BlobGetOptions = {}): Promise<BlobBody> {
  const path = blobPath(session.root, blob.digest);
  await session.beginRead(options.signal);
  const file = await unlessMissing("read", path, () => Deno.open(path, { read: true }));
  if (file === undefined) throw notFound(path);
  const offset = options.offset ?? 0;
  let size: number;
  try {
    const info = await file.stat();
    if (!info.isFile) throw notFound(path);
    size = info.size;
    checkSize(path, size, blob.size);
    if (offset > 0) await file.seek(offset, Deno.SeekMode.Start);
  } catch (error) {
    file.close();
    throw error;
  }
  const stream = await verifiedStream(fileStream(file, path, Math.max(size - offset, 0), options.signal), {
    ...(offset === 0 ? { digest: blob.digest } : {}),
    size: Math.max(size - offset, 0),
    what: `blob ${path}`,
  });
  return { descriptor: { mediaType: mediaTypes.octetStream, digest: blob.digest, size }, stream };
}

function checkSize(path: string, size: number, expected: number | undefined): void {
  if (expected === undefined || expected === size) return;
  throw new RegkitError("SIZE_MISMATCH", `unexpected blob length, expected ${expected}, received ${size}: ${path}`, {
    tip: "The file is damaged. Copy the image to the layout again; damaged files are replaced.",
  });
}

function notFound(path: string): RegkitError {
  return new RegkitError("NOT_FOUND", `blob ${path} does not exist`, {
    tip: "If a manifest lists it, the layout is incomplete: copy the image to it again.",
  });
}
