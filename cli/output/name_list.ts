/**
 * Lists of names that come page by page from a registry: tags, repositories.
 *
 * @module
 */

import type { OutputWriter } from "../context.ts";
import type { PlainFormat } from "./format_words.ts";
import { formatHeaders } from "./headers.ts";

/** One page. */
export interface NamePage {
  /** The names on it. */
  readonly names: readonly string[];
  /** The exact document, when a registry gave it. */
  readonly document?: Uint8Array<ArrayBuffer> | undefined;
  /** The response headers, when a registry gave it. */
  readonly headers?: Headers | undefined;
}

/** A whole list. */
export interface NameList {
  /** All names, sorted. */
  readonly names: readonly string[];
  /** The document: the registry's own when there was one page and nothing was cut, else made of the names. */
  readonly document: Uint8Array<ArrayBuffer>;
  /** The headers of the last page. */
  readonly headers: Headers | undefined;
}

/**
 * Collects pages up to a limit.
 *
 * @param pages The pages.
 * @param limit How many names at most; 0 for all.
 * @param toBody Makes the document's JSON out of the names.
 * @returns The list.
 */
export async function collectNames(
  pages: AsyncIterable<NamePage>,
  limit: number,
  toBody: (names: readonly string[]) => unknown,
): Promise<NameList> {
  const names: string[] = [];
  let count = 0;
  let only: Uint8Array<ArrayBuffer> | undefined;
  let headers: Headers | undefined;
  for await (const page of pages) {
    for (const name of page.names) names.push(name);
    only = count++ === 0 ? page.document : undefined;
    headers = page.headers;
    if (limit > 0 && names.length >= limit) break;
  }
  const isCut = limit > 0 && names.length > limit;
  if (isCut) names.length = limit;
  const document = isCut || only === undefined ? new TextEncoder().encode(JSON.stringify(toBody(names))) : only;
  return { names: names.sort(), document, headers };
}

/**
 * Prints a list.
 *
 * @param stdout Where to.
 * @param format How.
 * @param list The list.
 */
export async function printNames(stdout: OutputWriter, format: PlainFormat, list: NameList): Promise<void> {
  if (format === "default") await stdout.write(list.names.map((name) => `${name}\n`).join(""));
  if (format === "raw" || format === "headers") await stdout.write(formatHeaders(list.headers));
  if (format === "raw") await stdout.write("\n");
  if (format === "raw" || format === "body") await stdout.write(list.document);
}
