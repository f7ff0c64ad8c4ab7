import assert from "node:assert/strict";
import { RegkitError } from "../../../lib/errors.ts";
import { formatDuration, parseDuration } from "../../../lib/schedule/duration.ts";

Deno.test("parseDuration() reads every unit, fractions, sums and signs", () => {
  const cases: readonly (readonly [text: string, ms: number])[] = [
    ["0", 0],
    ["0s", 0],
    ["-0", 0],
    ["30s", 30_000],
    ["1h15m", 4_500_000],
    ["1.5h", 5_400_000],
    [".5s", 500],
    ["5.s", 5_000],
    ["300ms", 300],
    ["1us", 0.001],
    ["1\u00b5s", 0.001],
    ["1\u03bcs", 0.001],
    ["1ns", 0.000001],
    ["-1m", -60_000],
    ["+1m", 60_000],
    ["1m1m", 120_000],
    ["0.1s", 100],
    ["2562047h", 2562047 * 3_600_000],
  ];
  for (const [text, ms] of cases) assert.equal(parseDuration(text), ms, text);
});

Deno.test("parseDuration() refuses what is no duration and says why", () => {
  const cases: readonly (readonly [text: string, message: string])[] = [
    ["", 'time: invalid duration ""'],
    ["foo", 'time: invalid duration "foo"'],
    ["-", 'time: invalid duration "-"'],
    [".", 'time: invalid duration "."'],
    [".s", 'time: invalid duration ".s"'],
    [" 1s", 'time: invalid duration " 1s"'],
    ["--1s", 'time: invalid duration "--1s"'],
    ["5", 'time: missing unit in duration "5"'],
    ["1m5", 'time: missing unit in duration "1m5"'],
    ["1d", 'time: unknown unit "d" in duration "1d"'],
    ["1s ", 'time: unknown unit "s " in duration "1s "'],
    ["2562048h", 'time: invalid duration "2562048h"'],
  ];
  for (const [text, message] of cases) {
    assert.throws(
      () => parseDuration(text),
      (error) => error instanceof RegkitError && error.code === "INVALID_ARGUMENT" && error.message === message,
      text,
    );
  }
});

Deno.test("formatDuration() writes Go's form", () => {
  const cases: readonly (readonly [ms: number, text: string])[] = [
    [0, "0s"],
    [0.000001, "1ns"],
    [0.0015, "1.5\u00b5s"],
    [300, "300ms"],
    [1.5, "1.5ms"],
    [1_500, "1.5s"],
    [30_000, "30s"],
    [60_000, "1m0s"],
    [90_000, "1m30s"],
    [3_600_000, "1h0m0s"],
    [4_500_000, "1h15m0s"],
    [-90_000, "-1m30s"],
    [3_600_000 + 1.5, "1h0m0.0015s"],
  ];
  for (const [ms, text] of cases) assert.equal(formatDuration(ms), text);
});

Deno.test("formatDuration() writes what parseDuration() reads", () => {
  for (const ms of [0.001, 1, 999, 1_000, 59_999.5, 3_599_999, 86_400_000, 1_234_567.891]) {
    assert.equal(parseDuration(formatDuration(ms)), ms);
  }
});
