/**
 * The pretty layouts' table: one column of keys, wide enough for the longest, and one of values.
 *
 * @module
 */

/** A line: a key with its indent and colon, and a value; both empty for a separator. */
export type Row = readonly [key: string, value: string];

/** The line between blocks. */
export const separator: Row = ["", ""];

/**
 * Writes rows with their values aligned. Keys without a value keep the padding, as scripts and people know it.
 *
 * @param rows The rows.
 * @returns The lines, each ended.
 */
export function formatTable(rows: readonly Row[]): string {
  const width = Math.max(0, ...rows.map(([key]) => [...key].length)) + 1;
  return rows.map(([key, value]) => `${key}${" ".repeat(width - [...key].length)}${value}\n`).join("");
}
