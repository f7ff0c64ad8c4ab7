/**
 * Runs the lines of a group over a fixture, several at a time.
 *
 * @module
 */

import type { RegistryStore } from "../../../lib/server/store/store.ts";
import type { Fixture } from "./fixture.ts";
import type { LineGroup, ParityLine } from "./line.ts";
import type { Outcome, Runner } from "./programs.ts";
import { openWorld, type World } from "./world.ts";

/** What a line came to with each program. */
export interface LineResult {
  readonly line: ParityLine;
  /** One for each runner; an error of the harness itself is thrown when its line is looked at. */
  readonly outcomes: readonly PromiseSettledResult<Outcome>[];
}

/** How many lines run at a time: each waits for programs and registries more than it works. */
const atOnce = 4;

/** The lines of a group that are for a fixture. */
export function linesFor(group: LineGroup, fixtureName: string): readonly ParityLine[] {
  return group.lines.filter(({ only = fixtureName }) => only === fixtureName);
}

/** Runs lines. Those that change nothing share a place; of the others each run has its own. */
export async function runLines(
  lines: readonly ParityLine[],
  fixture: Fixture,
  createStore: () => Promise<RegistryStore>,
  runners: readonly Runner[],
): Promise<readonly LineResult[]> {
  await using common = await openWorld(fixture, createStore);
  const before = await common.state();
  const results = new Map<ParityLine, LineResult>();
  const waiting = [...lines];
  const work = async (): Promise<void> => {
    for (let line = waiting.shift(); line !== undefined; line = waiting.shift()) {
      const current = line;
      const outcomes = await Promise.allSettled(runners.map((run) => inPlace(current, run)));
      results.set(line, { line, outcomes });
    }
  };
  const inPlace = async (line: ParityLine, run: Runner): Promise<Outcome> => {
    if (!line.changes && line.files === undefined) return await run(line, common);
    const hasLayout = line.text.includes("{lay}");
    await using world: World = await openWorld(fixture, createStore, { files: line.files ?? {}, hasLayout });
    return await run(line, world);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  const after = await common.state();
  if (after.join("\n") !== before.join("\n")) throw new Error("a line that is said to change nothing did");
  return lines.flatMap((line) => results.get(line) ?? []);
}
