import { deepEqual, throws } from "node:assert/strict";
import { compareOutcomes } from "./compare.ts";
import { listedDifferences, usedDifferences } from "./differences.ts";
import { changes } from "./line.ts";

Deno.test("docs/differences.md lists each difference that the table allows, and no other", async () => {
  const listed = await listedDifferences();
  deepEqual([...listed].sort(), [...usedDifferences()].sort());
  deepEqual(listed.length, new Set(listed).size);
});

const outcome = { code: 0, stdout: "a\n", state: ["+ tag"] };

Deno.test("compareOutcomes() fails on a difference that is not listed", () => {
  const line = changes("image copy a b");
  compareOutcomes(line, outcome, outcome);
  throws(() => compareOutcomes(line, { ...outcome, code: 1 }, outcome));
  throws(() => compareOutcomes(line, { ...outcome, stdout: "b\n" }, outcome));
  throws(() => compareOutcomes(line, { ...outcome, state: [] }, outcome));
});

Deno.test("compareOutcomes() fails where a listed difference is none", () => {
  const line = changes("image copy a b", { differs: { id: "x", in: ["code"] } });
  compareOutcomes(line, { ...outcome, code: 1 }, outcome);
  throws(() => compareOutcomes(line, outcome, outcome));
  throws(() => compareOutcomes(line, { ...outcome, code: 1, stdout: "b\n" }, outcome));
});
