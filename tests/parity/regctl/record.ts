/**
 * Records what the real regctl does with the project's own fixture, for where it is not installed:
 * `deno run -A tests/parity/regctl/record.ts`, with the program in `$REGKIT_PEERS` or `$PATH`.
 *
 * Of its help only the structure is kept, no text.
 *
 * @module
 */

import type { Recorded } from "./expected.ts";
import { recordUrl } from "./expected.ts";
import { pick } from "./compare.ts";
import { findPlace, readFixture } from "./fixture.ts";
import { nameOf } from "./line.ts";
import { type Outcome, realRegctl, runOurs, runReal } from "./programs.ts";
import { linesFor, runLines } from "./run_table.ts";
import { readRealStructure, structureUrl } from "./structure.ts";
import { lineGroups } from "./table.ts";
import { storeTemplate } from "./world.ts";

if (import.meta.main) {
  if (realRegctl.ignore) throw new Error(`nothing to record:${realRegctl.note}`);
  const place = findPlace("own");
  const fixture = await readFixture(place);
  const createStore = await storeTemplate(fixture);
  for (const group of lineGroups) {
    const lines = linesFor(group, place.name);
    const recorded: Record<string, Recorded> = {};
    for (const { line, outcomes } of await runLines(lines, fixture, createStore, [runReal, runOurs])) {
      const [real, ours] = outcomes.map(valueOf);
      if (real === undefined || ours === undefined) continue;
      const differs = line.differs === undefined || line.differs.varies ? {} : { ours: pick(ours, line.differs.in) };
      recorded[nameOf(line)] = { ...real, ...differs };
    }
    await write(recordUrl(group.name), recorded);
  }
  await write(structureUrl, await readRealStructure());
}

function valueOf(result: PromiseSettledResult<Outcome>): Outcome {
  if (result.status === "rejected") throw result.reason;
  return result.value;
}

async function write(url: URL, data: unknown): Promise<void> {
  await Deno.mkdir(new URL(".", url), { recursive: true });
  await Deno.writeTextFile(url, `${JSON.stringify(data, null, 1)}\n`);
}
