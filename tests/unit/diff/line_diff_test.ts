import { deepEqual, equal } from "node:assert/strict";
import { formatHunks } from "../../../lib/diff/format_hunks.ts";
import { diffLines } from "../../../lib/diff/line_diff.ts";

async function diff(left: string, right: string, context?: number): Promise<readonly string[]> {
  return formatHunks(await diffLines([...left], [...right], { context })).split("\n");
}

Deno.test("diffLines() finds nothing in equal lists", async () => {
  deepEqual(await diffLines(["a", "b"], ["a", "b"]), []);
  equal(formatHunks(await diffLines([], [])), "");
});

Deno.test("diffLines() keeps three lines around a change", async () => {
  deepEqual(await diff("abcdefgh", "abcdXfgh"), [
    "@@ -2,7 +2,7 @@",
    "  b",
    "  c",
    "  d",
    "- e",
    "+ X",
    "  f",
    "  g",
    "  h",
  ]);
});

Deno.test("diffLines() keeps nothing around a change with a context of 0 or less", async () => {
  for (const context of [0, -5]) deepEqual(await diff("abc", "aXc", context), ["@@ -2,1 +2,1 @@", "- b", "+ X"]);
});

Deno.test("diffLines() keeps everything with an infinite context", async () => {
  deepEqual(await diff("abcdefghijkl", "Xbcdefghijkl", Infinity), [
    "@@ -1,12 +1,12 @@",
    "- a",
    "+ X",
    ..."bcdefghijkl".split("").map((line) => `  ${line}`),
  ]);
});

Deno.test("diffLines() counts positions from the next line where there are none", async () => {
  deepEqual(await diff("", "ab"), ["@@ -1,0 +1,2 @@", "+ a", "+ b"]);
  deepEqual(await diff("abc", "ac", 0), ["@@ -2,1 +2,0 @@", "- b"]);
});

Deno.test("diffLines() joins changes no further apart than the context", async () => {
  equal((await diffLines([..."aXbcdXe"], [..."aYbcdYe"], { context: 3 })).length, 1);
  const apart = await diffLines([..."aXbcdeXf"], [..."aYbcdeYf"], { context: 3 });
  deepEqual(apart.map(({ leftStart, leftCount }) => [leftStart, leftCount]), [[0, 5], [3, 5]], "contexts overlap");
});

Deno.test("diffLines() tells how to get from the first list to the second", async () => {
  const words = ["", "a", "ab", "abcabba", "cbabac", "xyzzy", "abcdefg", "gfedcba"];
  for (const left of words) {
    for (const right of words) {
      const hunks = await diffLines([...left], [...right], { context: Infinity });
      const lines = hunks.flatMap((hunk) => hunk.lines);
      const side = (skipped: string) =>
        lines.filter(({ change }) => change !== skipped).map(({ text }) => text).join("");
      if (left === right) deepEqual(hunks, []);
      else deepEqual([side("added"), side("removed")], [left, right]);
    }
  }
});

Deno.test("diffLines() compares long lists that have little in common", async () => {
  const lines = (name: string) =>
    Array.from({ length: 50_000 }, (_, at) => at % 1000 === 0 ? `shared ${at}` : `${name} ${at}`);
  const hunks = await diffLines(lines("left"), lines("right"), { context: 0 });
  deepEqual(hunks.map(({ leftCount, rightCount }) => [leftCount, rightCount]), Array(50).fill([999, 999]));
});
