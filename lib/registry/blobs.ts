/**
 * The blobs of a registry repository (distribution-spec end-2, end-10).
 *
 * @module
 */

import { inContext, RegkitError } from "../errors.ts";
import type { TransportResponse } from "../http/transport/transport.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { type Digest, parseDigest } from "../oci/digest.ts";
import { mediaTypes } from "../oci/media_type.ts";
import type { BlobBody, BlobGetOptions, BlobInfo, BlobStore, BlobTarget, CallOptions } from "../repository.ts";
import { bytesStream } from "../streams/bytes_stream.ts";
import { verifiedStream } from "../streams/verify.ts";
import { sendDelete } from "./delete_request.ts";
import { inlineData } from "./inline_data.ts";
import { resumingStream } from "./resuming_stream.ts";
import { contentName, isHeadDisabled, type Remote } from "./remote.ts";
import { uploadBlob } from "./upload.ts";

/**
 * Creates the blob store of a registry repository.
 *
 * @param remote The repository.
 * @returns Its blobs.
 */
export function createBlobStore(remote: Remote): BlobStore {
  return {
    head: (blob, options = {}) => headBlob(remote, blob, options),
    get: (blob, options = {}) => getBlob(remote, blob, options),
    put: (blob, source, options = {}) => uploadBlob(remote, blob, source, options),
    delete: (digest, options = {}) => deleteBlob(remote, digest, options),
  };
}

async function headBlob(remote: Remote, blob: BlobTarget, options: CallOptions): Promise<BlobInfo> {
  const method = isHeadDisabled(remote.host) ? "GET" : "HEAD";
  const response = await firstAnswer(remote, method, blob, undefined, options);
  await response.body?.cancel();
  return { descriptor: describe(blob, response), headers: response.headers };
}

async function getBlob(remote: Remote, blob: BlobTarget, options: BlobGetOptions): Promise<BlobBody> {
  const { offset = 0, signal } = options;
  const inline = await inlineData(blob);
  if (inline !== undefined) {
    const descriptor = { mediaType: mediaTypes.octetStream, digest: blob.digest, size: inline.length };
    return { descriptor, stream: bytesStream(inline.subarray(offset)) };
  }
  const what = `blob ${contentName(remote, blob.digest)}`;
  const response = await firstAnswer(remote, "GET", blob, offset, { signal });
  const descriptor = describe(blob, response);
  const size = descriptor.size < 0 ? undefined : descriptor.size;
  const stream = resumingStream({
    first: response,
    offset,
    size,
    what,
    reopen: (from) => firstAnswer(remote, "GET", blob, from, { signal }),
    logger: remote.logger,
  });
  // A part cannot be verified by the digest of the whole: who asks for one verifies the whole elsewhere.
  const digest = offset === 0 ? blob.digest : undefined;
  return {
    descriptor,
    headers: response.headers,
    stream: await verifiedStream(stream, { digest, size: size === undefined ? undefined : size - offset, what }),
  };
}

/** The registry's answer, or that of the first of the blob's other locations that has it. */
async function firstAnswer(
  remote: Remote,
  method: "GET" | "HEAD",
  blob: BlobTarget,
  offset: number | undefined,
  options: CallOptions,
): Promise<TransportResponse> {
  parseDigest(blob.digest);
  try {
    return await requestBlob(remote, method, `blobs/${blob.digest}`, blob, offset, options);
  } catch (error) {
    for (const url of blob.urls ?? []) {
      options.signal?.throwIfAborted();
      const location = URL.parse(url);
      if (location === null || !["http:", "https:"].includes(location.protocol)) continue;
      try {
        return await requestBlob(remote, method, location, blob, offset, options);
      } catch (cause) {
        remote.logger.log("debug", "Blob location failed", { url: location.origin, error: String(cause) });
      }
    }
    throw inContext(error, { op: `${method.toLowerCase()} blob ${contentName(remote, blob.digest)}` });
  }
}

function requestBlob(
  remote: Remote,
  method: "GET" | "HEAD",
  path: string | URL,
  blob: BlobTarget,
  offset: number | undefined,
  options: CallOptions,
): Promise<TransportResponse> {
  const isPart = offset !== undefined && offset > 0;
  return remote.http.send({
    registry: remote.registry,
    repository: remote.repository,
    method,
    path,
    headers: new Headers(isPart ? { range: `bytes=${offset}-` } : {}),
    expect: isPart ? [206, 200] : [200],
    kind: method === "HEAD" ? "head" : "blob",
    canUseMirrors: remote.canUseMirrors && typeof path === "string",
    sizeHint: blob.size,
    signal: options.signal,
  });
}

/** What is known of the blob: a size of -1 when neither side says it. */
function describe(blob: BlobTarget, response: TransportResponse): Descriptor {
  const told = wholeSize(response);
  if (blob.size !== undefined && told !== undefined && told !== blob.size) {
    void response.body?.cancel();
    throw new RegkitError("SIZE_MISMATCH", `blob ${blob.digest} has ${told} bytes, expected ${blob.size}`);
  }
  return { mediaType: mediaTypes.octetStream, digest: blob.digest, size: blob.size ?? told ?? -1 };
}

function wholeSize(response: TransportResponse): number | undefined {
  const text = response.status === 206
    ? /\/(\d+)$/.exec(response.headers.get("content-range") ?? "")?.[1]
    : response.headers.get("content-length");
  const size = text === null || text === undefined || text === "" ? Number.NaN : Number(text);
  return Number.isSafeInteger(size) ? size : undefined;
}

async function deleteBlob(remote: Remote, digest: Digest, options: CallOptions): Promise<void> {
  parseDigest(digest);
  await sendDelete(remote, "blobs", digest, options);
}
