/**
 * Arguments that several blob commands take.
 *
 * @module
 */

import type { Argument } from "../../command.ts";

/** The arguments: repository and digest, twice. */
export const twoBlobArgs: readonly Argument[] = [
  { name: "repository", completion: "files" },
  { name: "digest", completion: "files" },
  { name: "repository", completion: "files" },
  { name: "digest", completion: "files" },
];
