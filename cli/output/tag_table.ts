/**
 * Shows tags with what they point at.
 *
 * @module
 */

import type { TagDescription } from "../../lib/image/describe_tags.ts";
import { formatBytes } from "./size.ts";

/**
 * Writes a line for each tag: name, digest, size, time; the columns are aligned.
 *
 * @param tags The tags.
 * @returns The lines, each ended.
 */
export function formatTags(tags: readonly TagDescription[]): string {
  const rows = tags.map(({ tag, digest, size, created }) => [
    tag,
    digest,
    formatBytes(size),
    created?.toISOString().replace(/\.\d+Z$/, "Z") ?? "-",
  ]);
  const widths = [0, 1, 2].map((at) => Math.max(0, ...rows.map((row) => row[at]?.length ?? 0)));
  // Sizes are numbers, and read best when they end at one place.
  const cell = (text: string, at: number) => at === 2 ? text.padStart(widths[at] ?? 0) : text.padEnd(widths[at] ?? 0);
  return rows.map((row) => `${row.map(cell).join("  ")}\n`).join("");
}
