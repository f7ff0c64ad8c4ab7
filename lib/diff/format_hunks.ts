/**
 * Writes comparisons as text.
 *
 * @module
 */

import type { DiffHunk, LineChange } from "./line_diff.ts";

const prefixes: Readonly<Record<LineChange, string>> = { same: "  ", removed: "- ", added: "+ " };

/**
 * Writes hunks with their positions, each line behind two characters that tell what became of it.
 *
 * @param hunks The hunks.
 * @returns The lines, without the end of the last one; empty without hunks.
 */
export function formatHunks(hunks: readonly DiffHunk[]): string {
  return hunks.flatMap(({ leftStart, leftCount, rightStart, rightCount, lines }) => [
    `@@ -${leftStart + 1},${leftCount} +${rightStart + 1},${rightCount} @@`,
    ...lines.map(({ change, text }) => prefixes[change] + text),
  ]).join("\n");
}
