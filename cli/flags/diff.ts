/**
 * The flags of commands that compare.
 *
 * @module
 */

import type { FlagTable } from "../command.ts";

/** How a comparison is shown. */
export const diffFlags = {
  context: { kind: "int", default: 3, summary: "How many lines to show around changes", completion: "none" },
  "context-full": { kind: "bool", summary: "Show all lines" },
  "fail-if-different": { kind: "bool", summary: "End with exit code 1 when there is a difference" },
} as const satisfies FlagTable;

/** The values of {@linkcode diffFlags}. */
export interface DiffFlags {
  /** How many lines are shown around changes. */
  readonly context: number;
  /** Whether all lines are shown. */
  readonly "context-full": boolean;
  /** Whether a difference counts as a failure. */
  readonly "fail-if-different": boolean;
}
