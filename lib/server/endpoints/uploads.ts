/**
 * Pushing blobs through an upload: append, ask, finish, cancel (distribution-spec "end-5", "end-6", "end-13", "end-14").
 *
 * @module
 */

import type { Digest } from "../../oci/digest.ts";
import { ApiError, type HeaderList } from "../api_error.ts";
import { checkChunkLength, type ChunkSize, readChunkSize } from "./chunk_range.ts";
import type { Exchange } from "../exchange.ts";
import { isNoRoom } from "../limits/quota.ts";
import { requireDigest } from "../names.ts";
import type { Bytes } from "../store/store.ts";
import type { ReceiveOptions, Upload } from "./upload.ts";

/**
 * Answers PATCH: adds a chunk, or a stream of unknown length.
 *
 * @param exchange The request.
 * @returns 202 with the new offset.
 * @throws {ApiError} 404 `BLOB_UPLOAD_UNKNOWN`; 416 and 400 `BLOB_UPLOAD_INVALID`; 400 `SIZE_INVALID`; 409 while another
 *   request adds to it; 507.
 */
export async function appendToUpload(exchange: Exchange): Promise<Response> {
  exchange.requireWritable();
  const upload = await requireUpload(exchange);
  return await exchange.parts.uploads.change(upload, async () => {
    const chunk = requireChunk(exchange, upload);
    if (chunk !== undefined) await upload.receive(chunk.body, chunk.options);
    return exchange.reply(202, [...uploadHeaders(exchange, upload), ["content-length", "0"]]);
  });
}

/**
 * Answers PUT: adds the last chunk, if there is one, verifies and stores the blob.
 *
 * @param exchange The request.
 * @returns 201.
 * @throws {ApiError} As for PATCH, and 400 `DIGEST_INVALID`.
 */
export async function finishUpload(exchange: Exchange): Promise<Response> {
  exchange.requireWritable();
  const upload = await requireUpload(exchange);
  const digest = requireDigest(exchange.params.get("digest") ?? "");
  const { uploads } = exchange.parts;
  return await uploads.change(upload, async () => {
    const chunk = requireChunk(exchange, upload, digest.slice(0, digest.indexOf(":")));
    if (chunk !== undefined && await isSpare(exchange, upload, digest)) {
      await upload.compare(chunk.body, digest, chunk.options);
    } else {
      if (chunk !== undefined) await upload.receive(chunk.body, chunk.options);
      await uploads.store(upload, digest);
    }
    return blobCreated(exchange, digest);
  });
}

/**
 * Answers GET of an upload.
 *
 * @param exchange The request.
 * @returns 204 with the offset.
 * @throws {ApiError} 404 `BLOB_UPLOAD_UNKNOWN`.
 */
export async function askUpload(exchange: Exchange): Promise<Response> {
  const upload = await requireUpload(exchange);
  if (!await exchange.parts.uploads.look(upload)) throw uploadUnknown();
  return exchange.reply(204, uploadHeaders(exchange, upload));
}

/**
 * Answers DELETE of an upload. A request that is still adding to it fails.
 *
 * @param exchange The request.
 * @returns 204.
 * @throws {ApiError} 404 `BLOB_UPLOAD_UNKNOWN`.
 */
export async function cancelUpload(exchange: Exchange): Promise<Response> {
  exchange.requireWritable();
  const upload = await requireUpload(exchange);
  const cancelled = new ApiError(404, "BLOB_UPLOAD_UNKNOWN", "the upload was cancelled");
  if (!await exchange.parts.uploads.end(upload, cancelled)) throw uploadUnknown();
  return exchange.reply(204, []);
}

/**
 * Builds the headers that tell a client where and how far an upload is.
 *
 * @param exchange The request.
 * @param upload The upload.
 * @returns The headers.
 */
export function uploadHeaders(exchange: Exchange, upload: Upload): HeaderList {
  const path = `/v2/${exchange.repository}/blobs/uploads/${upload.file.id}?_state=${upload.size}`;
  return [
    ["location", exchange.location(path)],
    ["range", `0-${Math.max(upload.size - 1, 0)}`],
    ["docker-upload-uuid", upload.file.id],
  ];
}

/**
 * Builds the answer to a push that made a blob available.
 *
 * @param exchange The request.
 * @param digest The blob.
 * @returns 201.
 */
export function blobCreated(exchange: Exchange, digest: string): Response {
  return exchange.reply(201, [
    ["location", exchange.location(`/v2/${exchange.repository}/blobs/${digest}`)],
    ["docker-content-digest", digest],
    ["content-length", "0"],
  ]);
}

async function requireUpload(exchange: Exchange): Promise<Upload> {
  const repository = await exchange.findRepository();
  const upload = await exchange.parts.uploads.find(repository, exchange.reference, exchange.caller.user);
  if (upload !== undefined) return upload;
  throw uploadUnknown();
}

function uploadUnknown(): ApiError {
  return new ApiError(404, "BLOB_UPLOAD_UNKNOWN", "there is no such upload in the repository");
}

interface Chunk {
  readonly body: ReadableStream<Bytes>;
  readonly options: ReceiveOptions;
}

/** Gives the chunk that a request brings, if any, once it is clear that it goes to the end of what is there. */
function requireChunk(exchange: Exchange, upload: Upload, algorithm?: string): Chunk | undefined {
  const chunk = readChunkSize(exchange.request.headers);
  if (chunk.first !== undefined && chunk.first !== upload.size) throw outOfOrder(exchange, upload, chunk);
  checkChunkLength(chunk);
  const { body } = exchange.request;
  if (body === null) {
    if ((chunk.length ?? 0) === 0) return undefined;
    throw new ApiError(400, "SIZE_INVALID", "the request has no body");
  }
  const { maxBlobBytes: maxBytes, bodyIdleMs: idleMs } = exchange.settings;
  return { body, options: { length: chunk.length, maxBytes, idleMs, algorithm } };
}

/** Tells whether bytes for which there is no room need none, since the blob that they are is here already. */
async function isSpare(exchange: Exchange, upload: Upload, digest: Digest): Promise<boolean> {
  const { quota } = exchange.parts;
  const size = quota === undefined ? undefined : await upload.repository.statBlob(digest);
  if (quota === undefined || size === undefined) return false;
  try {
    return size - upload.size > await quota.room(exchange.repository);
  } catch (error) {
    // The disk is as good as full.
    if (isNoRoom(error)) return true;
    throw error;
  }
}

function outOfOrder(exchange: Exchange, upload: Upload, chunk: ChunkSize): ApiError {
  return new ApiError(416, "BLOB_UPLOAD_INVALID", "the chunk does not begin where the upload ends", {
    headers: uploadHeaders(exchange, upload),
    detail: { first: chunk.first, offset: upload.size },
  });
}
