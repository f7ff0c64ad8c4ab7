/**
 * What the original lets pass though it is a mistake: it is warned of, and an error with `--strict`.
 *
 * @module
 */

import { RegkitError } from "../lib/errors.ts";
import type { Logger } from "../lib/log.ts";

/** The environment variable that stands for `--strict`. */
export const strictVariable = "REGKIT_STRICT";

/** What decides about a mistake. */
export interface Strictness {
  /** The global flags. */
  readonly globals: { readonly isStrict: boolean };
  /** Where it is warned of. */
  readonly logger: Logger;
}

/**
 * Does something that may find a mistake which the original lets pass.
 *
 * @typeParam T What it gives.
 * @param strictness The global flags and the logger.
 * @param message The warning.
 * @param work Throws a {@linkcode RegkitError} for the mistake.
 * @returns What it gave, or `undefined` when the mistake was let pass.
 * @throws {RegkitError} The mistake, with `--strict`.
 */
export async function unlessStrict<T>(
  { globals, logger }: Strictness,
  message: string,
  work: () => T | Promise<T>,
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (globals.isStrict || !(error instanceof RegkitError)) throw error;
    logger.log("warn", message, { err: error.message });
    return undefined;
  }
}
