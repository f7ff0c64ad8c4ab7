/**
 * Stores a blob in a registry by the way that takes the fewest round trips: mount, single POST, one PUT, or chunks.
 *
 * @module
 */

import { inContext, RegkitError } from "../errors.ts";
import { type Digest, parseDigest } from "../oci/digest.ts";
import { mediaTypes } from "../oci/media_type.ts";
import type { BlobPutOptions, BlobPutResult, BlobSource, BlobTarget, Repository } from "../repository.ts";
import { abortableStream } from "../streams/abortable.ts";
import { readBytes } from "../streams/read_bytes.ts";
import { verifiedStream } from "../streams/verify.ts";
import { contentName, type Remote, remoteName } from "./remote.ts";
import { uploadInChunks } from "./upload_chunked.ts";
import { type ByteStream, type KnownBlob, uploadAtOnce } from "./upload_at_once.ts";
import { beginUpload, type UploadSession } from "./upload_session.ts";

/** Blobs up to this size are read into memory before they are sent: they can be sent again without asking the source. */
const smallBlobBytes = 1024 * 1024;
/** Blobs up to this size are tried with a single POST; a refusal costs their bytes once more. */
const singlePostBytes = 64 * 1024;
/** A single POST is tried once so many small blobs were sent: before that a refusal costs more than it could save. */
const singlePostAfter = 8;

/**
 * Stores a blob.
 *
 * @param remote The repository.
 * @param blob The digest and size, as far as known.
 * @param source Where the bytes come from.
 * @param options Mount source, progress and signal.
 * @returns The stored blob.
 * @throws {RegkitError} `DIGEST_MISMATCH` or `SIZE_MISMATCH` when the source gives other bytes; what the registry fails with.
 */
export async function uploadBlob(
  remote: Remote,
  blob: Partial<Pick<BlobTarget, "digest" | "size">>,
  source: BlobSource,
  options: BlobPutOptions,
): Promise<BlobPutResult> {
  const { digest, size } = blob;
  if (digest !== undefined) parseDigest(digest);
  try {
    if (digest === undefined || size === undefined) {
      return uploaded(await uploadInChunks(remote, await begin(remote, digest, options), blob, source, options));
    }
    return await uploadKnown(remote, { digest, size }, source, options);
  } catch (error) {
    const name = digest === undefined ? remoteName(remote) : contentName(remote, digest);
    throw inContext(error, { op: `put blob ${name}` });
  }
}

async function uploadKnown(
  remote: Remote,
  blob: KnownBlob,
  source: BlobSource,
  options: BlobPutOptions,
): Promise<BlobPutResult> {
  const { traits, host } = remote;
  if (options.mountFrom === undefined && isWorthSinglePost(remote, blob)) {
    return await uploadBySinglePost(remote, blob, source, options);
  }
  // The source is opened beside the POST, unless the registry may well have the blob already.
  const isEager = options.mountFrom === undefined && !traits.mountsAnonymously && source.isRewindable;
  const early = isEager ? opening(source, blob, options.signal) : undefined;
  // It may fail while the POST is waited for; that is met when its turn comes.
  early?.catch(() => undefined);
  let session: UploadSession | undefined;
  try {
    session = await beginByMount(remote, blob.digest, options);
  } catch (error) {
    await discard(early, error);
    throw error;
  }
  if (session === undefined) {
    if (options.mountFrom === undefined) traits.mountsAnonymously = true;
    await discard(early, new RegkitError("ABORTED", "blob was mounted"));
    return { descriptor: described(blob), outcome: "mounted" };
  }
  const first = early ?? opening(source, blob, options.signal);
  const isTooLarge = (host.blobMax !== undefined && host.blobMax > 0 && blob.size > host.blobMax) ||
    (traits.maxBodyBytes !== undefined && blob.size > traits.maxBodyBytes);
  if (isTooLarge) {
    await discard(first, new RegkitError("ABORTED", "blob is sent in chunks"));
    return uploaded(await uploadInChunks(remote, session, blob, source, options));
  }
  if (blob.size > smallBlobBytes) {
    return uploaded(await uploadAtOnce(remote, session, blob, source, await first, options));
  }
  traits.smallUploads++;
  const bytes = await readBytes(await first, smallBlobBytes, `blob ${blob.digest}`);
  return uploaded(await uploadAtOnce(remote, session, blob, bytesSource(bytes), bytes, options));
}

function isWorthSinglePost(remote: Remote, blob: KnownBlob): boolean {
  const { takesSinglePost, smallUploads } = remote.traits;
  if (blob.size > singlePostBytes || blob.size === 0 || takesSinglePost === false) return false;
  if (takesSinglePost === true) return true;
  if (smallUploads < singlePostAfter) return false;
  // One blob tries it; the others go the sure way until the answer is known.
  remote.traits.takesSinglePost = false;
  return true;
}

/** One POST with the whole blob (end-4b); a registry that begins a session instead gets the bytes by PUT. */
async function uploadBySinglePost(
  remote: Remote,
  blob: KnownBlob,
  source: BlobSource,
  options: BlobPutOptions,
): Promise<BlobPutResult> {
  const bytes = await readBytes(await opening(source, blob, options.signal), singlePostBytes, `blob ${blob.digest}`);
  const session = await beginUpload(remote, {
    query: [["digest", blob.digest]],
    headers: new Headers({ "content-type": mediaTypes.octetStream }),
    body: () => bytes,
    sizeHint: bytes.length,
    signal: options.signal,
  });
  remote.traits.takesSinglePost = session === undefined;
  if (session === undefined) {
    options.onProgress?.(bytes.length);
    return { descriptor: described(blob), outcome: "uploaded" };
  }
  return uploaded(await uploadAtOnce(remote, session, blob, bytesSource(bytes), bytes, options));
}

/** Begins with a mount: from the named repository, or from wherever the registry has the blob. */
async function beginByMount(
  remote: Remote,
  digest: Digest,
  options: BlobPutOptions,
): Promise<UploadSession | undefined> {
  const from = options.mountFrom === undefined ? undefined : repositoryOf(options.mountFrom);
  if (from === undefined && !digest.startsWith("sha256:")) return await begin(remote, digest, options);
  return await beginUpload(remote, {
    query: from === undefined ? [["mount", digest]] : [["mount", digest], ["from", from]],
    scopes: from === undefined ? undefined : [{ repository: from, actions: ["pull"] }],
    signal: options.signal,
  });
}

/** Begins a plain session, told the algorithm when it is not the usual one (end-4c). */
async function begin(remote: Remote, digest: Digest | undefined, options: BlobPutOptions): Promise<UploadSession> {
  const algorithm = digest === undefined ? "sha256" : parseDigest(digest).algorithm;
  const session = await beginUpload(remote, {
    query: algorithm === "sha256" ? [] : [["digest-algorithm", algorithm]],
    signal: options.signal,
  });
  if (session !== undefined) return session;
  throw new RegkitError("INVALID_RESPONSE", `${remoteName(remote)} answered an upload without content with 201`);
}

/** The repository part of a registry repository's id, `reg://registry/repository`. */
function repositoryOf(repository: Repository): string {
  return repository.id.slice(repository.id.indexOf("/", "reg://".length) + 1);
}

async function opening(source: BlobSource, blob: KnownBlob, signal: AbortSignal | undefined): Promise<ByteStream> {
  const stream = abortableStream(await source.open(0, signal), signal);
  // Content that was verified on its way here is not hashed twice.
  if (source.isVerified === true) return stream;
  return await verifiedStream(stream, { ...blob, what: `blob ${blob.digest}` });
}

async function discard(early: Promise<ByteStream> | undefined, reason: unknown): Promise<void> {
  // Whatever the unneeded source fails with is of no interest beside the reason.
  await early?.then((stream) => stream.cancel(reason)).catch(() => undefined);
}

function bytesSource(bytes: Uint8Array<ArrayBuffer>): BlobSource {
  return {
    isRewindable: true,
    open: (offset) => Promise.resolve(new Blob([bytes.subarray(offset)]).stream()),
  };
}

function described(blob: KnownBlob): BlobPutResult["descriptor"] {
  return { mediaType: mediaTypes.octetStream, ...blob };
}

function uploaded(blob: KnownBlob): BlobPutResult {
  return { descriptor: described(blob), outcome: "uploaded" };
}
