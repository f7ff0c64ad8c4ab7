/**
 * The flags that choose names.
 *
 * @module
 */

import type { FlagTable } from "../command.ts";

/** Chooses tags by regular expressions. */
export const filterFlags = {
  include: {
    kind: "list",
    summary: "Only tags that match this regular expression (RE2) as a whole; repeat it for more",
    completion: "none",
  },
  exclude: {
    kind: "list",
    summary: "No tags that match this regular expression (RE2) as a whole; repeat it for more",
    completion: "none",
  },
} as const satisfies FlagTable;

/** The values of {@linkcode filterFlags}. */
export interface FilterFlags {
  /** A tag must match one of these, if there are any. */
  readonly include: readonly string[];
  /** A tag must match none of these. */
  readonly exclude: readonly string[];
}
