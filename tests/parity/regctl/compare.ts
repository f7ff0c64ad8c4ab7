/**
 * Compares what both programs did with a line.
 *
 * @module
 */

import { deepEqual, notDeepEqual } from "node:assert/strict";
import type { Aspect, ParityLine } from "./line.ts";
import type { Outcome } from "./programs.ts";

const aspects: readonly Aspect[] = ["code", "stdout", "state"];

/**
 * Checks that ours did what the real one did, but for what the line says differs; that has to differ indeed.
 *
 * @throws {AssertionError} When it is otherwise.
 */
export function compareOutcomes(line: ParityLine, ours: Outcome, real: Outcome): void {
  const listed = line.differs?.in ?? [];
  const equal = aspects.filter((aspect) => !listed.includes(aspect));
  deepEqual(pick(ours, equal), pick(real, equal));
  for (const aspect of listed) {
    notDeepEqual(ours[aspect], real[aspect], `${aspect} is listed as a difference (${line.differs?.id}) and is equal`);
  }
}

/** Gives some aspects of an outcome. */
export function pick(outcome: Outcome, wanted: readonly Aspect[]): Partial<Pick<Outcome, Aspect>> {
  return Object.fromEntries(wanted.map((aspect) => [aspect, outcome[aspect]]));
}
