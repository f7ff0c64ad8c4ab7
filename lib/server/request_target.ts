/**
 * Reads the target of a request as it stood on the wire: split first, each segment decoded once, so that an encoded
 * separator never becomes a real one.
 *
 * @module
 */

import { ApiError } from "./api_error.ts";

/** A request's target in parts. */
export interface RequestTarget {
  /** The raw path. */
  readonly path: string;
  /** The decoded segments after the first slash; a trailing slash leaves an empty last one. */
  readonly segments: readonly string[];
  /** The raw query, without its question mark. */
  readonly query: string;
  /** The length of host and port. */
  readonly hostLength: number;
}

const maxUrlLength = 8 * 1024;

/**
 * Splits a request's URL. It is not parsed as a URL, since that would resolve `..` and hide what was asked.
 *
 * @param url The URL as the server got it.
 * @returns Its parts.
 * @throws {ApiError} 414 when it is too long; 400 `NAME_INVALID` when a segment is empty, `.`, `..`, or holds a separator.
 */
export function readTarget(url: string): RequestTarget {
  if (url.length > maxUrlLength) {
    throw new ApiError(414, "UNSUPPORTED", `the URL is longer than ${maxUrlLength} characters`);
  }
  const host = url.indexOf("//") + 2;
  const start = url.indexOf("/", host);
  if (start < 0) return { path: "/", segments: [""], query: "", hostLength: url.length - host };
  const hash = url.indexOf("#", start);
  const end = hash < 0 ? url.length : hash;
  const mark = url.indexOf("?", start);
  const pathEnd = mark < 0 || mark > end ? end : mark;
  const path = url.slice(start, pathEnd);
  const segments = path.slice(1).split("/");
  const last = segments.length - 1;
  for (const [at, raw] of segments.entries()) {
    if (raw === "" && at === last) break;
    segments[at] = decodeSegment(raw);
  }
  return { path, segments, query: pathEnd < end ? url.slice(pathEnd + 1, end) : "", hostLength: start - host };
}

function decodeSegment(raw: string): string {
  let segment = raw;
  if (raw.includes("%")) {
    try {
      segment = decodeURIComponent(raw);
    } catch {
      throw badSegment("holds a malformed percent encoding");
    }
  }
  if (segment === "" || segment === "." || segment === "..") throw badSegment("is empty or relative");
  if (segment.includes("/") || segment.includes("\\") || segment.includes("\0")) throw badSegment("holds a separator");
  return segment;
}

function badSegment(problem: string): ApiError {
  return new ApiError(400, "NAME_INVALID", `a segment of the path ${problem}`);
}
