/**
 * Pages of sorted names by `n` and `last` (distribution-spec "Listing Tags").
 *
 * @module
 */

import { ApiError, type HeaderList } from "../api_error.ts";

/** One page of names. */
export interface NamePage {
  /** The names. */
  readonly names: readonly string[];
  /** The `Link` header to the next page; empty on the last page. */
  readonly headers: HeaderList;
}

const maxPage = 10_000;

/**
 * Cuts a page out of sorted names.
 *
 * @param names All names, sorted by bytes.
 * @param params The request's parameters.
 * @param path The path of the list, for the link to the next page; may have a query that the link keeps.
 * @returns The page.
 * @throws {ApiError} 400 `UNSUPPORTED` when `n` is no number of names.
 */
export function pageOf(names: readonly string[], params: URLSearchParams, path: string): NamePage {
  const wanted = params.get("n");
  if (wanted !== null && !/^[0-9]+$/.test(wanted)) {
    throw new ApiError(400, "UNSUPPORTED", "the parameter n is not a number of 0 or more");
  }
  const limit = wanted === null ? maxPage : Math.min(Number(wanted), maxPage);
  const last = params.get("last");
  const start = last === null || last === "" ? 0 : firstAfter(names, last);
  const page = names.slice(start, start + limit);
  const end = page.at(-1);
  if (end === undefined || start + limit >= names.length) return { names: page, headers: [] };
  const link = `<${path}${path.includes("?") ? "&" : "?"}last=${encodeURIComponent(end)}&n=${limit}>; rel="next"`;
  return { names: page, headers: [["link", link]] };
}

function firstAfter(names: readonly string[], last: string): number {
  let low = 0;
  let high = names.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((names[middle] ?? "") <= last) low = middle + 1;
    else high = middle;
  }
  return low;
}
