/**
 * Flags that several commands take, each concern declared once and spread into the commands' data.
 *
 * @module
 */

import type { FlagTable, StringFlag } from "../command.ts";

/** Picks one image of an index. */
export const platformFlags = {
  platform: {
    kind: "string",
    short: "p",
    summary: "Platform to pick from an index, such as linux/arm64 or local",
    completion: "platforms",
  },
} as const satisfies FlagTable;

/** Prints the result as JSON of a form that stays: docs/json.md. */
export const jsonFlags = {
  json: { kind: "bool", summary: "Print the result as JSON" },
} as const satisfies FlagTable;

/** Bounds a list. */
export const pageFlags = {
  limit: { kind: "int", summary: "How many to list at most", completion: "none" },
  last: { kind: "string", summary: "List only what comes after this name", completion: "none" },
} as const satisfies FlagTable;

/** Brings referrers and digest tags along. */
export const referrersFlags = {
  referrers: { kind: "bool", summary: "Include everything that refers to it, recursively" },
  "digest-tags": { kind: "bool", summary: "Include tags made of its digest (sha256-<hex>.*)" },
} as const satisfies FlagTable;

/**
 * Makes the flag that chooses how a result is printed.
 *
 * @param template The template that is used without the flag.
 * @param words The format words that the command knows.
 * @returns The flags to spread.
 */
export function formatFlags(template: string, words: readonly string[] = []): { readonly format: StringFlag } {
  const also = words.length === 0 ? "" : ` (or ${words.join(", ")})`;
  return {
    format: {
      kind: "string",
      default: template,
      summary: `How to print the result: a Go template${also}`,
      completion: "none",
    },
  };
}
