/**
 * The `Content-Range` of upload chunks: `<first>-<last>` (distribution-spec "Pushing a blob in chunks").
 *
 * @module
 */

import { ApiError } from "../api_error.ts";

/** What a request says of the chunk it carries. */
export interface ChunkSize {
  /** The offset of its first byte; `undefined` when the request does not say. */
  readonly first: number | undefined;
  /** Its length in bytes; `undefined` when the request does not say. */
  readonly length: number | undefined;
  /** The length by `Content-Length` alone. */
  readonly contentLength: number | undefined;
}

/**
 * Reads what a request says of its chunk.
 *
 * @param headers The request's headers.
 * @returns Offset and length as far as stated; the length is not checked yet.
 * @throws {ApiError} 400 `BLOB_UPLOAD_INVALID` when `Content-Range` has another form.
 */
export function readChunkSize(headers: Headers): ChunkSize {
  const contentLength = readContentLength(headers);
  const header = headers.get("content-range");
  if (header === null) return { first: undefined, length: contentLength, contentLength };
  const match = /^(?:bytes )?([0-9]+)-([0-9]+)(?:\/\*)?$/.exec(header.trim());
  if (match === null) {
    throw new ApiError(400, "BLOB_UPLOAD_INVALID", "Content-Range is not of the form <first>-<last>", {
      detail: { contentRange: header.slice(0, 100) },
    });
  }
  const first = Number(match[1]);
  return { first, length: Number(match[2]) - first + 1, contentLength };
}

/**
 * Checks the length that a request states of its chunk.
 *
 * @param chunk The chunk.
 * @throws {ApiError} 400 `SIZE_INVALID` when the range is empty, or contradicts `Content-Length`.
 */
export function checkChunkLength({ first, length, contentLength }: ChunkSize): void {
  if (first === undefined || length === undefined) return;
  if (length > 0 && (contentLength ?? length) === length) return;
  throw new ApiError(400, "SIZE_INVALID", "Content-Range states another length than the chunk has", {
    detail: { contentLength, rangeLength: length },
  });
}

/**
 * Reads `Content-Length`.
 *
 * @param headers The request's headers.
 * @returns The length; `undefined` when it is not stated.
 */
export function readContentLength(headers: Headers): number | undefined {
  const header = headers.get("content-length");
  return header !== null && /^[0-9]{1,15}$/.test(header) ? Number(header) : undefined;
}
