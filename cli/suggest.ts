/**
 * Finds names close to a mistyped one.
 *
 * @module
 */

/**
 * Gives the names within two edits of a word, or that it begins.
 *
 * @param word What was typed.
 * @param names The names there are.
 * @returns The close ones, in their order.
 */
export function closeNames(word: string, names: readonly string[]): readonly string[] {
  const typed = word.toLowerCase();
  return names.filter((name) => name.toLowerCase().startsWith(typed) || editDistance(typed, name.toLowerCase()) <= 2);
}

/** The least number of insertions, deletions and replacements between two texts (Wagner and Fischer). */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let line = 1; line <= from.length; line++) {
    const next = [line];
    for (let column = 1; column <= to.length; column++) {
      const kept = (row[column - 1] ?? 0) + (from[line - 1] === to[column - 1] ? 0 : 1);
      next.push(Math.min(kept, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
