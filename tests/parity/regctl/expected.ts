/**
 * What the real regctl did with the project's own fixture, as recorded by `record.ts`.
 *
 * @module
 */

import type { Aspect } from "./line.ts";
import type { Outcome } from "./programs.ts";

/** What came of a line. */
export interface Recorded extends Outcome {
  /** Where ours is meant to differ: what ours does. */
  readonly ours?: Partial<Pick<Outcome, Aspect>>;
}

/** The file of a group. */
export function recordUrl(group: string): URL {
  return new URL(`../../fixtures/parity/expected/${group.replaceAll(" ", "_")}.json`, import.meta.url);
}

/** Reads the outcomes of a group, by the names of its lines. */
export async function readRecorded(group: string): Promise<ReadonlyMap<string, Recorded>> {
  return new Map(Object.entries(JSON.parse(await Deno.readTextFile(recordUrl(group)))));
}
