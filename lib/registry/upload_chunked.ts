/**
 * Sends a blob in chunks (distribution-spec end-5, end-6, end-13): for bytes of unknown length or digest, and for registries
 * that limit a request's body. One chunk is held in memory, so that it can be sent again.
 *
 * @module
 */

import { HttpError, RegkitError } from "../errors.ts";
import { createHasher, type Digest, parseDigest } from "../oci/digest.ts";
import { mediaTypes } from "../oci/media_type.ts";
import type { BlobPutOptions, BlobSource, BlobTarget } from "../repository.ts";
import { abortableStream } from "../streams/abortable.ts";
import { fixedChunks } from "../streams/fixed_chunks.ts";
import type { Remote } from "./remote.ts";
import type { KnownBlob } from "./upload_at_once.ts";
import {
  advance,
  cancelUpload,
  finalLocation,
  offsetOf,
  refreshUpload,
  uploadRequest,
  type UploadSession,
} from "./upload_session.ts";

/** Bytes per chunk unless the host or registry says otherwise. */
const defaultChunkBytes = 1024 * 1024;
/** Chunks are not made smaller than this when a registry refuses them for their size. */
const leastChunkBytes = 64 * 1024;
/** How often one chunk may fail to get the registry further. */
const maxFruitless = 10;

/**
 * Sends a blob in chunks and ends the upload with its digest.
 *
 * @param remote The repository.
 * @param session The upload.
 * @param blob The digest and size, as far as known: verified before the upload is ended.
 * @param source Where the bytes come from; opened once.
 * @param options Progress and signal.
 * @returns The digest and size of what was sent.
 * @throws {RegkitError} `DIGEST_MISMATCH` or `SIZE_MISMATCH` when the source gives other bytes; what the registry fails with.
 */
export async function uploadInChunks(
  remote: Remote,
  session: UploadSession,
  blob: Partial<Pick<BlobTarget, "digest" | "size">>,
  source: BlobSource,
  options: BlobPutOptions,
): Promise<KnownBlob> {
  try {
    const hasher = await createHasher(blob.digest === undefined ? "sha256" : parseDigest(blob.digest).algorithm);
    const stream = abortableStream(await source.open(0, options.signal), options.signal);
    let size = 0;
    const chunks = fixedChunks(stream, () => chunkBytes(remote));
    for await (const chunk of chunks) {
      hasher.update(chunk);
      await sendChunk(remote, session, chunk, size, options);
      size += chunk.length;
      options.onProgress?.(size);
    }
    const sent = { digest: hasher.digest(), size };
    verify(blob, sent);
    await finish(remote, session, sent.digest, options);
    return sent;
  } catch (error) {
    await cancelUpload(remote, session, options);
    throw error;
  }
}

function chunkBytes(remote: Remote): number {
  const wanted = Math.max(remote.host.blobChunk ?? defaultChunkBytes, remote.traits.minChunkBytes);
  return Math.min(wanted, remote.traits.maxBodyBytes ?? wanted);
}

function verify(expected: Partial<Pick<BlobTarget, "digest" | "size">>, sent: KnownBlob): void {
  if (expected.size !== undefined && expected.size !== sent.size) {
    throw new RegkitError("SIZE_MISMATCH", `blob has ${sent.size} bytes, expected ${expected.size}`);
  }
  if (expected.digest !== undefined && expected.digest !== sent.digest) {
    throw new RegkitError("DIGEST_MISMATCH", `digest mismatch, expected ${expected.digest}, computed ${sent.digest}`);
  }
}

/** Sends the chunk that begins at `start` of the blob until the registry has all of it. */
async function sendChunk(
  remote: Remote,
  session: UploadSession,
  chunk: Uint8Array<ArrayBuffer>,
  start: number,
  options: BlobPutOptions,
): Promise<void> {
  const end = start + chunk.length;
  let fruitless = 0;
  while (session.offset < end) {
    if (session.offset < start) {
      throw new RegkitError(
        "INVALID_RESPONSE",
        `registry lost ${start - session.offset} bytes of an upload it had accepted`,
      );
    }
    const before = session.offset;
    const limit = remote.traits.maxBodyBytes ?? chunk.length;
    const part = chunk.subarray(before - start, Math.min(chunk.length, before - start + limit));
    await patch(remote, session, part, options);
    fruitless = session.offset > before ? 0 : fruitless + 1;
    if (fruitless > maxFruitless) {
      throw new RegkitError("TRANSPORT", `registry accepted no byte of an upload in ${maxFruitless} attempts`);
    }
  }
}

async function patch(
  remote: Remote,
  session: UploadSession,
  part: Uint8Array<ArrayBuffer>,
  options: BlobPutOptions,
): Promise<void> {
  const end = session.offset + part.length;
  try {
    const response = await remote.http.send({
      ...uploadRequest(remote, session, "PATCH", options),
      headers: new Headers({
        "content-type": mediaTypes.octetStream,
        "content-range": `${session.offset}-${end - 1}`,
      }),
      body: () => part,
      expect: [202, 201],
      sizeHint: part.length,
    });
    await response.body?.cancel();
    advance(remote, session, response, end);
  } catch (error) {
    await recover(remote, session, part, error, options);
  }
}

/** Finds out where the upload stands after a refused or broken chunk. */
async function recover(
  remote: Remote,
  session: UploadSession,
  part: Uint8Array<ArrayBuffer>,
  error: unknown,
  options: BlobPutOptions,
): Promise<void> {
  options.signal?.throwIfAborted();
  if (!(error instanceof RegkitError)) throw error;
  if (error instanceof HttpError) {
    if (["UNAUTHORIZED", "DENIED"].includes(error.code)) throw error;
    if (error.status === 413) {
      if (part.length <= leastChunkBytes) throw error;
      remote.traits.maxBodyBytes = Math.max(leastChunkBytes, Math.ceil(part.length / 2));
      return;
    }
    const offset = offsetOf(error.headers.get("range"));
    if (offset !== undefined && error.headers.has("location")) {
      advance(remote, session, { headers: error.headers, url: session.location }, offset);
      return;
    }
  }
  if (!await refreshUpload(remote, session, options)) throw error;
}

async function finish(remote: Remote, session: UploadSession, digest: Digest, options: BlobPutOptions): Promise<void> {
  const response = await remote.http.send({
    ...uploadRequest(remote, session, "PUT", options),
    path: finalLocation(session.location, digest),
    body: () => new Uint8Array(0),
    expect: [201, 204],
  });
  await response.body?.cancel();
}
