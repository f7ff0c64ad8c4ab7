/**
 * Finds which lines of two lists belong together.
 *
 * @module
 */

import { diffArrays } from "../deps/diff.ts";

/** A line that is in both lists: where it is in the first, and where in the second. */
export type LineMatch = readonly [left: number, right: number];

/** Up to so many lines in both lists together, the comparison is made on all of them. */
const manyLines = 4_000;

/**
 * Finds a longest list of lines that both lists have in the same order (Myers). The time grows with the number of lines times the
 * number of changes, so of long lists those lines are left out first that the other list does not have: they match nothing.
 *
 * @param left The first list.
 * @param right The second list.
 * @returns The matches, in order.
 */
export function matchLines(left: readonly string[], right: readonly string[]): readonly LineMatch[] {
  const isLong = left.length + right.length > manyLines;
  const leftAt = isLong ? positionsOfShared(left, right) : [...left.keys()];
  const rightAt = isLong ? positionsOfShared(right, left) : [...right.keys()];
  const text = (lines: readonly string[], positions: readonly number[]) => positions.map((at) => lines[at] ?? "");
  const matches: LineMatch[] = [];
  let leftIndex = 0;
  let rightIndex = 0;
  for (const { count, added, removed } of diffArrays(text(left, leftAt), text(right, rightAt))) {
    for (let same = 0; !added && !removed && same < count; same++) {
      matches.push([leftAt[leftIndex + same] ?? 0, rightAt[rightIndex + same] ?? 0]);
    }
    if (!added) leftIndex += count;
    if (!removed) rightIndex += count;
  }
  return matches;
}

function positionsOfShared(lines: readonly string[], others: readonly string[]): readonly number[] {
  const known = new Set(others);
  return [...lines.keys()].filter((at) => known.has(lines[at] ?? ""));
}
