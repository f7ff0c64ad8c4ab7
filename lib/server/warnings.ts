/**
 * `Warning` headers with texts for the users of clients (distribution-spec "Warnings").
 *
 * @module
 */

import type { Logger } from "../log.ts";
import type { HeaderList } from "./api_error.ts";

const maxBytes = 4096;

/**
 * Builds the headers. Texts beyond 4096 bytes together are left out as a whole and logged.
 *
 * @param texts The texts.
 * @param logger Takes the line about what was left out.
 * @returns The headers.
 */
export function warningHeaders(texts: readonly string[], logger: Logger): HeaderList {
  const headers: [string, string][] = [];
  let size = 0;
  for (const text of texts) {
    // Header values are bytes: what is not printable ASCII would be refused, or read as something else.
    const clean = text.replaceAll(/[^\x20-\x7e]/g, "?").replaceAll(/["\\]/g, (character) => `\\${character}`);
    const value = `299 - "${clean}"`;
    if (size + value.length > maxBytes) {
      logger.log("warn", "warning left out, all together are longer than 4096 bytes", { text });
      continue;
    }
    size += value.length;
    headers.push(["warning", value]);
  }
  return headers;
}
