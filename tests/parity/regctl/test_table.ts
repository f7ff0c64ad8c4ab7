/**
 * The table as tests: a group of commands on a fixture is a test, a line a step of it.
 *
 * @module
 */

import { deepEqual, ok } from "node:assert/strict";
import { compareOutcomes, pick } from "./compare.ts";
import { readRecorded, type Recorded } from "./expected.ts";
import { findPlace, type Fixture, type FixturePlace, readFixture } from "./fixture.ts";
import { type LineGroup, nameOf, type ParityLine } from "./line.ts";
import { type Outcome, realRegctl, runOurs, runReal } from "./programs.ts";
import { linesFor, runLines } from "./run_table.ts";
import { lineGroups } from "./table.ts";
import { storeTemplate } from "./world.ts";
import type { RegistryStore } from "../../../lib/server/store/store.ts";

/** A fixture that is read once for all groups. */
interface Prepared {
  readonly fixture: Fixture;
  readonly createStore: () => Promise<RegistryStore>;
}

const prepared = new Map<string, Promise<Prepared>>();

async function prepare(place: FixturePlace): Promise<Prepared> {
  const fixture = await readFixture(place);
  return { fixture, createStore: await storeTemplate(fixture) };
}

/** Checks a line on the shared data: ours beside the real one. */
function checkLive(line: ParityLine, ours: Outcome, real: Outcome | undefined): void {
  ok(real);
  compareOutcomes(line, ours, real);
}

/** Checks a line on the own fixture: against what is recorded, which has to be what the real one does if it is there. */
function checkRecorded(line: ParityLine, ours: Outcome, real: Outcome | undefined, recorded?: Recorded): void {
  ok(recorded, "nothing is recorded: run tests/parity/regctl/record.ts");
  const { ours: ownWay, ...expected } = recorded;
  if (real !== undefined) deepEqual(expected, real, "the recorded outcome is not what the real regctl does");
  compareOutcomes(line, ours, expected);
  if (line.differs?.varies !== true) {
    deepEqual(pick(ours, line.differs?.in ?? []), ownWay ?? {}, "ours does something else than recorded");
  }
}

async function testGroup(t: Deno.TestContext, place: FixturePlace, group: LineGroup): Promise<void> {
  const preparing = prepared.get(place.name) ?? prepare(place);
  prepared.set(place.name, preparing);
  const { fixture, createStore } = await preparing;
  const isOwn = place.name === "own";
  const recorded = isOwn ? await readRecorded(group.name) : new Map<string, Recorded>();
  const runners = realRegctl.ignore ? [runOurs] : [runOurs, runReal];
  for (const { line, outcomes } of await runLines(linesFor(group, place.name), fixture, createStore, runners)) {
    const name = nameOf(line);
    await t.step(name, () => {
      const [ours, real] = outcomes.map((outcome) => {
        if (outcome.status === "rejected") throw outcome.reason;
        return outcome.value;
      });
      ok(ours);
      if (isOwn) checkRecorded(line, ours, real, recorded.get(name));
      else checkLive(line, ours, real);
    });
  }
}

/** Tests all groups on a fixture. */
export function testTable(name: FixturePlace["name"]): void {
  const place = findPlace(name);
  const isOwn = name === "own";
  const where = isOwn ? "the project's own fixture" : name;
  const recordedNote = realRegctl.ignore ? " (by recorded outcomes: regctl not found)" : "";
  for (const group of lineGroups) {
    const count = linesFor(group, name).length;
    if (count === 0) continue;
    Deno.test({
      name: `regctl ${group.name}: ${count} lines do on ${where} what the real one does` +
        (isOwn ? recordedNote : place.note + realRegctl.note),
      ignore: place.ignore || (!isOwn && realRegctl.ignore),
      fn: (t) => testGroup(t, place, group),
    });
  }
}
