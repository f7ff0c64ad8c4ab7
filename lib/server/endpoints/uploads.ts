/**
 * Pushing blobs through an upload: append, ask, finish, cancel (distribution-spec "end-5", "end-6", "end-13", "end-14").
 *
 * @module
 */

import type { Digest } from "../../oci/digest.ts";
import { ApiError, type HeaderList } from "../api_error.ts";
import { checkChunkLength, type ChunkSize, readChunkSize } from "./chunk_range.ts";
import type { Exchange } from "../exchange.ts";
import { requireDigest } from "../names.ts";
import type { Upload } from "./upload.ts";

/**
 * Answers PATCH: adds a chunk, or a stream of unknown length.
 *
 * @param exchange The request.
 * @returns 202 with the new offset.
 * @throws {ApiError} 404 `BLOB_UPLOAD_UNKNOWN`; 416 and 400 `BLOB_UPLOAD_INVALID`; 400 `SIZE_INVALID`; 409 while another
 *   request adds to it.
 */
export async function appendToUpload(exchange: Exchange): Promise<Response> {
  exchange.requireWritable();
  const upload = await requireUpload(exchange);
  return await exclusively(upload, async () => {
    await receiveChunk(exchange, upload);
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
  return await exclusively(upload, async () => {
    await receiveChunk(exchange, upload, digest.slice(0, digest.indexOf(":")));
    await storeBlob(exchange, upload, digest);
    return blobCreated(exchange, digest);
  });
}

/**
 * Ends an upload: verifies it and makes it a blob, if there is room for it.
 *
 * @param exchange The request.
 * @param upload The upload.
 * @param digest The digest it must have.
 * @throws {ApiError} 400 `DIGEST_INVALID`; 507.
 */
export async function storeBlob(exchange: Exchange, upload: Upload, digest: Digest): Promise<void> {
  const { quota, uploads } = exchange.parts;
  const finish = async () => {
    uploads.forget(upload);
    await upload.finish(digest);
  };
  await (quota === undefined ? finish() : quota.claim(exchange.repository, upload.size, finish));
}

/**
 * Answers GET of an upload.
 *
 * @param exchange The request.
 * @returns 204 with the offset.
 * @throws {ApiError} 404 `BLOB_UPLOAD_UNKNOWN`.
 */
export async function askUpload(exchange: Exchange): Promise<Response> {
  return exchange.reply(204, uploadHeaders(exchange, await requireUpload(exchange)));
}

/**
 * Answers DELETE of an upload.
 *
 * @param exchange The request.
 * @returns 204.
 * @throws {ApiError} 404 `BLOB_UPLOAD_UNKNOWN`.
 */
export async function cancelUpload(exchange: Exchange): Promise<Response> {
  exchange.requireWritable();
  const upload = await requireUpload(exchange);
  return await exclusively(upload, async () => {
    exchange.parts.uploads.forget(upload);
    await upload.file.discard();
    return exchange.reply(204, []);
  });
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

/**
 * Runs a change of an upload while no other request can change it.
 *
 * @typeParam T What the change gives.
 * @param upload The upload.
 * @param change The change.
 * @returns What it gave.
 * @throws {ApiError} 409 `BLOB_UPLOAD_INVALID` when another request is at it.
 */
export async function exclusively<T>(upload: Upload, change: () => Promise<T>): Promise<T> {
  if (upload.isBusy) {
    throw new ApiError(409, "BLOB_UPLOAD_INVALID", "another request is using the upload");
  }
  upload.isBusy = true;
  try {
    return await change();
  } finally {
    upload.isBusy = false;
  }
}

async function requireUpload(exchange: Exchange): Promise<Upload> {
  const repository = await exchange.findRepository();
  const upload = await exchange.parts.uploads.find(repository, exchange.reference, exchange.caller.user);
  if (upload !== undefined) return upload;
  throw new ApiError(404, "BLOB_UPLOAD_UNKNOWN", "there is no such upload in the repository");
}

async function receiveChunk(exchange: Exchange, upload: Upload, algorithm?: string): Promise<void> {
  const chunk = readChunkSize(exchange.request.headers);
  if (chunk.first !== undefined && chunk.first !== upload.size) throw outOfOrder(exchange, upload, chunk);
  checkChunkLength(chunk);
  const { body } = exchange.request;
  if (body === null) {
    if ((chunk.length ?? 0) === 0) return;
    throw new ApiError(400, "SIZE_INVALID", "the request has no body");
  }
  const { maxBlobBytes, bodyIdleMs } = exchange.settings;
  const room = await exchange.parts.quota?.room(exchange.repository);
  await upload.receive(body, { length: chunk.length, maxBytes: maxBlobBytes, room, idleMs: bodyIdleMs, algorithm });
}

function outOfOrder(exchange: Exchange, upload: Upload, chunk: ChunkSize): ApiError {
  return new ApiError(416, "BLOB_UPLOAD_INVALID", "the chunk does not begin where the upload ends", {
    headers: uploadHeaders(exchange, upload),
    detail: { first: chunk.first, offset: upload.size },
  });
}
