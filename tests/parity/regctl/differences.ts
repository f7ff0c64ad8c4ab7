/**
 * The allowed differences, as `docs/differences.md` lists them.
 *
 * @module
 */

import { lineGroups } from "./table.ts";

/** Differences that the harness itself leaves aside, and those of `structure_test.ts`. */
export const structureDifferences = {
  laterCommands: "later-commands",
  moreCommands: "more-commands",
  moreFlags: "more-flags",
  shownDefaults: "shown-defaults",
  words: "own-words",
  locks: "layout-locks",
  helpCommand: "help-command",
} as const;

/** Reads the names of all listed differences. */
export async function listedDifferences(): Promise<readonly string[]> {
  const text = await Deno.readTextFile(new URL("../../../docs/differences.md", import.meta.url));
  return Array.from(text.matchAll(/^\| `([\w-]+)` +\|/gm), ([, id = ""]) => id);
}

/** Gives the names of all differences that the table and the harness rely on. */
export function usedDifferences(): ReadonlySet<string> {
  const lines = lineGroups.flatMap((group) => group.lines);
  return new Set([
    ...lines.flatMap(({ differs, unordered }) => [...(differs ? [differs.id] : []), ...(unordered ? [unordered] : [])]),
    ...Object.values(structureDifferences),
  ]);
}
