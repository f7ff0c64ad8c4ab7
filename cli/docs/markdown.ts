/**
 * Writes Markdown in the form that the formatter leaves alone.
 *
 * @module
 */

/**
 * Writes a table.
 *
 * @param head The headings.
 * @param rows The lines, as many cells each.
 * @returns The lines, each ended.
 */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll("|", "\\|")));
  const widths = head.map((_, column) => Math.max(1, ...cells.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) => `| ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(" | ")} |\n`;
  const [first = [], ...others] = cells;
  return line(first) + line(widths.map((width) => "-".repeat(width))) + others.map(line).join("");
}

/**
 * Writes text as Markdown that shows it as it is.
 *
 * @param text The text.
 * @returns The text, with angle brackets and words that look like emphasis in code.
 */
export function markdownText(text: string): string {
  return text.replaceAll(/\S*(?:<[^>]*>|\*|_)\S*/g, (word) => `\`${word}\``);
}
