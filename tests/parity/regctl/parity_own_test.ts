import { deepEqual, ok } from "node:assert/strict";
import { readRecorded } from "./expected.ts";
import { nameOf } from "./line.ts";
import { linesFor } from "./run_table.ts";
import { lineGroups } from "./table.ts";
import { testTable } from "./test_table.ts";

testTable("own");

Deno.test("the recorded outcomes are those of the table, of which there are enough", async () => {
  let count = 0;
  for (const group of lineGroups) {
    const names = linesFor(group, "own").map(nameOf);
    deepEqual([...(await readRecorded(group.name)).keys()].sort(), [...new Set(names)].sort());
    deepEqual(names.length, new Set(names).size, `${group.name} has a line twice`);
    count += names.length;
  }
  ok(count >= 250, `${count} lines`);
});
