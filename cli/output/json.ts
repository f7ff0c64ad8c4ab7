/**
 * Prints results as JSON for programs: `--json`. The forms are in docs/json.md, and stay.
 *
 * @module
 */

import type { OutputWriter } from "../context.ts";

/** The flag as commands read it. */
export interface JsonFlag {
  /** Whether the result is wanted as JSON. */
  readonly json: boolean;
}

/**
 * Prints a result as one JSON document, indented, its line ended.
 *
 * @typeParam Shape What the command promises to print.
 * @param stdout Where to.
 * @param result The result; keys that are `undefined` are left out.
 */
export async function printJson<Shape extends object | null>(stdout: OutputWriter, result: Shape): Promise<void> {
  await stdout.write(`${JSON.stringify(result, null, 2)}\n`);
}
