/**
 * Compares two texts line by line.
 *
 * @module
 */

/** What became of a line: it is in both, only in the first, or only in the second text. */
export type LineChange = "same" | "removed" | "added";

/** A line of a comparison. */
export interface DiffLine {
  /** What became of it. */
  readonly change: LineChange;
  /** The line, without its end. */
  readonly text: string;
}

/** A stretch of changes with lines that did not change around them. */
export interface DiffHunk {
  /** Its first line in the first text, counted from 0. */
  readonly leftStart: number;
  /** How many lines of the first text it covers. */
  readonly leftCount: number;
  /** Its first line in the second text, counted from 0. */
  readonly rightStart: number;
  /** How many lines of the second text it covers. */
  readonly rightCount: number;
  /** Its lines. */
  readonly lines: readonly DiffLine[];
}

/** Options of {@linkcode diffLines}. */
export interface DiffOptions {
  /** How many unchanged lines are kept around changes; none below 1, and all with `Infinity`. 3 by default. */
  readonly context?: number | undefined;
}

/**
 * Compares two lists of lines by a shortest edit (Myers).
 *
 * @param left The first list.
 * @param right The second list.
 * @param options How much is kept around changes.
 * @returns The changes; none when both are equal.
 */
export async function diffLines(
  left: readonly string[],
  right: readonly string[],
  options: DiffOptions = {},
): Promise<readonly DiffHunk[]> {
  const { matchLines } = await import("./match_lines.ts");
  const changes = mergeLines(left, right, matchLines(left, right));
  return makeHunks(changes, Math.max(options.context ?? 3, 0));
}

/** Between two lines that are in both, those that went come before those that came. */
function mergeLines(
  left: readonly string[],
  right: readonly string[],
  matches: readonly (readonly [left: number, right: number])[],
): readonly DiffLine[] {
  const lines: DiffLine[] = [];
  let leftAt = 0;
  let rightAt = 0;
  for (const [nextLeft, nextRight] of [...matches, [left.length, right.length] as const]) {
    for (const text of left.slice(leftAt, nextLeft)) lines.push({ change: "removed", text });
    for (const text of right.slice(rightAt, nextRight)) lines.push({ change: "added", text });
    const same = left[nextLeft];
    if (same !== undefined) lines.push({ change: "same", text: same });
    leftAt = nextLeft + 1;
    rightAt = nextRight + 1;
  }
  return lines;
}

/** Changes that lie no further apart than the context share a hunk; the context of others may overlap, as regctl's does. */
function makeHunks(lines: readonly DiffLine[], context: number): readonly DiffHunk[] {
  const hunks: DiffHunk[] = [];
  const positions = positionsOf(lines);
  let first = 0;
  for (;;) {
    first = nextChange(lines, first);
    if (first >= lines.length) return hunks;
    let last = first;
    for (let next = nextChange(lines, last + 1); next < lines.length; next = nextChange(lines, last + 1)) {
      if (next - last - 1 > context) break;
      last = next;
    }
    const from = Math.max(first - context, 0);
    const until = Math.min(last + 1 + context, lines.length);
    const [leftStart = 0, rightStart = 0] = positions[from] ?? [];
    const [leftEnd = 0, rightEnd = 0] = positions[until] ?? [];
    hunks.push({
      leftStart,
      leftCount: leftEnd - leftStart,
      rightStart,
      rightCount: rightEnd - rightStart,
      lines: lines.slice(from, until),
    });
    first = last + 1;
  }
}

function nextChange(lines: readonly DiffLine[], from: number): number {
  let at = from;
  while (lines[at]?.change === "same") at++;
  return at;
}

/** For each line, and the end, how many lines of either text come before it. */
function positionsOf(lines: readonly DiffLine[]): readonly (readonly [left: number, right: number])[] {
  let left = 0;
  let right = 0;
  const positions: (readonly [number, number])[] = [[0, 0]];
  for (const { change } of lines) {
    if (change !== "added") left++;
    if (change !== "removed") right++;
    positions.push([left, right]);
  }
  return positions;
}
