/**
 * Reading blobs, whole or in part (distribution-spec "end-2").
 *
 * @module
 */

import type { Digest } from "../../oci/digest.ts";
import { ApiError, type HeaderList } from "../api_error.ts";
import { readByteRange } from "./byte_range.ts";
import { isNotModified } from "./conditions.ts";
import type { Exchange } from "../exchange.ts";
import { requireDigest } from "../names.ts";
import type { Bytes } from "../store/store.ts";

/**
 * Answers GET and HEAD of a blob.
 *
 * @param exchange The request.
 * @returns 200, 206 or 304.
 * @throws {ApiError} 404 `BLOB_UNKNOWN`; 400 `DIGEST_INVALID`; 416 when no byte of the blob is in the range.
 */
export async function getBlob(exchange: Exchange): Promise<Response> {
  const digest = requireDigest(exchange.reference);
  const repository = await exchange.findRepository();
  const size = await repository?.statBlob(digest);
  if (repository === undefined || size === undefined) throw blobUnknown(digest);
  return await sendBlob(exchange, {
    digest,
    size,
    open: (start, length) => repository.openBlob(digest, start, length),
  });
}

/** A blob to be sent. */
export interface SentBlob {
  /** Its digest. */
  readonly digest: Digest;
  /** Its length in bytes. */
  readonly size: number;
  /** Opens `length` bytes from `start` on. */
  readonly open: (start: number, length: number) => Promise<ReadableStream<Bytes> | Bytes>;
}

/**
 * Answers GET and HEAD of a blob that was found.
 *
 * @param exchange The request.
 * @param blob The blob.
 * @returns 200, 206 or 304.
 * @throws {ApiError} 416 when no byte of the blob is in the range.
 */
export async function sendBlob(exchange: Exchange, { digest, size, open }: SentBlob): Promise<Response> {
  const headers: HeaderList = [
    ["docker-content-digest", digest],
    ["etag", `"${digest}"`],
    ["accept-ranges", "bytes"],
    ["cache-control", "max-age=31536000, immutable"],
  ];
  if (isNotModified(exchange.request, digest)) return exchange.reply(304, headers);
  const range = exchange.isHead ? undefined : wantedRange(exchange.request, digest, size);
  const length = range?.length ?? size;
  const sized: [string, string][] = [
    ["content-type", "application/octet-stream"],
    ["content-length", `${length}`],
  ];
  if (range !== undefined) {
    sized.push(["content-range", `bytes ${range.start}-${range.start + range.length - 1}/${size}`]);
  }
  const body = exchange.isHead || length === 0 ? new Uint8Array(0) : await open(range?.start ?? 0, length);
  return exchange.reply(range === undefined ? 200 : 206, [...headers, ...sized], body);
}

/**
 * Builds the refusal for a blob that is not there.
 *
 * @param digest The blob.
 * @returns The refusal.
 */
export function blobUnknown(digest: Digest): ApiError {
  return new ApiError(404, "BLOB_UNKNOWN", "the blob is not in the repository", { detail: { digest } });
}

function wantedRange(
  request: Request,
  digest: Digest,
  size: number,
): { readonly start: number; readonly length: number } | undefined {
  const header = request.headers.get("range");
  if (header === null) return undefined;
  const ifRange = request.headers.get("if-range");
  // One strong tag, or the whole: a list, a weak one or a date is never right.
  if (ifRange !== null && ifRange.trim() !== `"${digest}"`) return undefined;
  const range = readByteRange(header, size);
  if (range !== "unsatisfiable") return range;
  throw new ApiError(416, "SIZE_INVALID", "no byte of the blob is in the range", {
    headers: [["content-range", `bytes */${size}`]],
  });
}
