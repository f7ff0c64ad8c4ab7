/**
 * Sends a blob with one PUT (distribution-spec end-6). A broken PUT goes on where the registry says it stopped.
 *
 * @module
 */

import { hasCode, HttpError, RegkitError } from "../errors.ts";
import type { Digest } from "../oci/digest.ts";
import { mediaTypes } from "../oci/media_type.ts";
import type { BlobPutOptions, BlobSource } from "../repository.ts";
import { mapStreamError } from "../streams/map_error.ts";
import { tapStream } from "../streams/tap.ts";
import { contentName, type Remote } from "./remote.ts";
import { uploadInChunks } from "./upload_chunked.ts";
import {
  beginUpload,
  cancelUpload,
  finalLocation,
  refreshUpload,
  uploadRequest,
  type UploadSession,
} from "./upload_session.ts";

/** Bytes on their way. */
export type ByteStream = ReadableStream<Uint8Array<ArrayBuffer>>;

/** A blob whose digest and size are known before it is sent. */
export interface KnownBlob {
  /** The digest. */
  readonly digest: Digest;
  /** The length in bytes. */
  readonly size: number;
}

/** How often in a row a PUT may break without the registry having got further; each was sent several times already. */
const maxFruitless = 2;

/**
 * Sends a blob with one PUT, and what is missing with further ones when it breaks.
 *
 * @param remote The repository.
 * @param session The upload.
 * @param blob The blob.
 * @param source Where the bytes come from when they are needed again.
 * @param first The bytes, or the opened and verified source.
 * @param options Progress and signal.
 * @returns The blob.
 * @throws {RegkitError} What the source fails with; what the registry fails with.
 */
export async function uploadAtOnce(
  remote: Remote,
  session: UploadSession,
  blob: KnownBlob,
  source: BlobSource,
  first: ByteStream | Uint8Array<ArrayBuffer>,
  options: BlobPutOptions,
): Promise<KnownBlob> {
  let body: ByteStream | Uint8Array<ArrayBuffer> | undefined = first;
  let fruitless = 0;
  for (;;) {
    const sourceFailure: { error?: unknown } = {};
    const start: number = session.offset;
    try {
      body ??= await source.open(session.offset, options.signal);
      await put(remote, session, blob, body, sourceFailure, options);
      return blob;
    } catch (error) {
      if ("error" in sourceFailure || !source.isRewindable) {
        await cancelUpload(remote, session, options);
        throw sourceFailure.error ?? error;
      }
      if (error instanceof HttpError && error.status === 413) {
        remote.traits.maxBodyBytes = blob.size - 1;
        return await uploadInChunks(remote, await renewed(remote, session, options), blob, source, options);
      }
      const isBroken = isBreak(error, start === 0 && first instanceof Uint8Array);
      if (!isBroken || fruitless >= maxFruitless) {
        await cancelUpload(remote, session, options);
        throw isBroken ? error : asMismatch(error, blob);
      }
      remote.logger.log("info", "Resuming upload", {
        blob: contentName(remote, blob.digest),
        error: String(error),
      });
      await resume(remote, session, blob, options);
      fruitless = session.offset > start ? 0 : fruitless + 1;
      body = undefined;
    }
  }
}

/**
 * Whether the upload can go on: after transport faults and passing refusals, unless the client has repeated the whole
 * request already, and when the session went away (404) or has another offset than assumed (416).
 */
function isBreak(error: unknown, wasRepeated: boolean): boolean {
  if (error instanceof HttpError && [404, 416].includes(error.status)) return true;
  if (wasRepeated) return false;
  if (hasCode(error, "TRANSPORT", "STALLED", "TIMEOUT", "RATE_LIMITED")) return true;
  return error instanceof HttpError && (error.status >= 500 || error.status === 408);
}

/** A registry that finds another digest says so on the PUT: the same as finding it here. */
function asMismatch(error: unknown, blob: KnownBlob): unknown {
  if (!(error instanceof HttpError) || !error.hasEntry("DIGEST_INVALID")) return error;
  return new RegkitError("DIGEST_MISMATCH", `registry received other bytes than those of ${blob.digest}`, {
    cause: error,
  });
}

async function put(
  remote: Remote,
  session: UploadSession,
  blob: KnownBlob,
  body: ByteStream | Uint8Array<ArrayBuffer>,
  sourceFailure: { error?: unknown },
  options: BlobPutOptions,
): Promise<void> {
  const length = blob.size - session.offset;
  const headers = new Headers({ "content-type": mediaTypes.octetStream });
  if (session.offset > 0 && length > 0) headers.set("content-range", `${session.offset}-${blob.size - 1}`);
  const sending = body instanceof Uint8Array || length === 0
    ? undefined
    : watched(body, session.offset, sourceFailure, options);
  if (length === 0 && !(body instanceof Uint8Array)) await body.cancel();
  const bytes = body instanceof Uint8Array ? body : new Uint8Array(0);
  const response = await remote.http.send({
    ...uploadRequest(remote, session, "PUT", options),
    path: finalLocation(session.location, blob.digest),
    headers,
    body: () => sending === undefined ? bytes : { stream: sending, length },
    // A stream is gone once it was read; what is missing is then sent by a request of its own.
    isRepeatable: sending === undefined,
    expect: [201, 204],
    sizeHint: length,
  });
  await response.body?.cancel();
  options.onProgress?.(blob.size);
}

/** The body as sent: counted, and remembering whether it was the source that failed. */
function watched(
  body: ByteStream,
  offset: number,
  sourceFailure: { error?: unknown },
  options: BlobPutOptions,
): ByteStream {
  let sent = offset;
  const remembering = mapStreamError(body, (error) => {
    sourceFailure.error = error;
    return error;
  });
  return tapStream(remembering, (chunk) => {
    sent += chunk.length;
    options.onProgress?.(sent);
  });
}

/** Brings the session up to date after a break; begins a new one when the registry forgot it. */
async function resume(
  remote: Remote,
  session: UploadSession,
  blob: KnownBlob,
  options: BlobPutOptions,
): Promise<void> {
  if (await refreshUpload(remote, session, options) && session.offset <= blob.size) return;
  Object.assign(session, await renewed(remote, undefined, options));
}

async function renewed(
  remote: Remote,
  stale: UploadSession | undefined,
  options: BlobPutOptions,
): Promise<UploadSession> {
  if (stale !== undefined) await cancelUpload(remote, stale, options);
  const session = await beginUpload(remote, { query: [], signal: options.signal });
  if (session !== undefined) return session;
  throw new RegkitError("INVALID_RESPONSE", `${remote.registry} answered an upload without content with 201`);
}
