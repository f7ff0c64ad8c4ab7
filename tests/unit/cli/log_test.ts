import { deepEqual, equal, throws } from "node:assert/strict";
import { createLogger } from "../../../cli/log.ts";
import { formatLogLevel, parseLogLevel } from "../../../cli/log_level.ts";
import type { LogFields, LogLevel } from "../../../lib/log.ts";

const noon = Date.UTC(2026, 10, 21, 12, 0, 4, 103);

function line(level: LogLevel, message: string, fields: LogFields = {}, isJson = false): string {
  let text = "";
  const logger = createLogger({ write: (part) => text += part, threshold: -8, isJson, now: () => noon });
  logger.log(level, message, fields);
  return text;
}

/** The line without its time, which depends on the zone. */
const rest = (text: string) => text.replace(/^time=2026-11-2\dT\d\d:\d\d:04\.103(Z|[+-]\d\d:\d\d) /, "");

Deno.test("createLogger() writes text lines with the time in RFC 3339", () => {
  equal(
    rest(line("debug", "Listing tags", { host: "reg.example.org", repository: "a/b" })),
    'level=DEBUG msg="Listing tags" host=reg.example.org repository=a/b\n',
  );
});

const values: readonly (readonly [value: unknown, text: string])[] = [
  ["", '""'],
  ["a b", '"a b"'],
  ["a=b", '"a=b"'],
  ['say "x"', '"say \\"x\\""'],
  ["back\\slash", "back\\slash"],
  ["two\nlines\t\x07\x01", '"two\\nlines\\t\\a\\x01"'],
  ["ünï", "ünï"],
  ["zero\u200bwidth", '"zero\\u200bwidth"'],
  [3, "3"],
  [1.5, "1.5"],
  [true, "true"],
  [null, "<nil>"],
  [["a", "b"], '"[a b]"'],
  [{ a: ["b"] }, "map[a:[b]]"],
  [new Error("went wrong"), '"went wrong"'],
  [new Headers({ accept: "x" }), "map[accept:[x]]"],
];

for (const [value, text] of values) {
  Deno.test(`createLogger() writes the value ${String(JSON.stringify(value))} as ${text}`, () => {
    equal(rest(line("info", "m", { key: value })), `level=INFO msg=m key=${text}\n`);
  });
}

Deno.test("createLogger() leaves out fields that are undefined", () => {
  equal(rest(line("info", "m", { gone: undefined })), "level=INFO msg=m\n");
});

Deno.test("createLogger() writes JSON lines with types kept", () => {
  const { time, ...others } = JSON.parse(line("trace", "a message", { n: 3, list: ["a"], err: new Error("x") }, true));
  equal(new Date(time).getTime(), noon);
  deepEqual(others, { level: "DEBUG-4", msg: "a message", n: 3, list: ["a"], err: "x" });
});

Deno.test("createLogger() drops what is below the threshold", () => {
  const lines: string[] = [];
  const logger = createLogger({ write: (text) => lines.push(text), threshold: 4, now: () => noon });
  logger.log("info", "no");
  logger.log("warn", "yes");
  deepEqual(lines.map(rest), ["level=WARN msg=yes\n"]);
  deepEqual([logger.isEnabled("info"), logger.isEnabled("error")], [false, true]);
});

const levels: readonly (readonly [text: string, number: number])[] = [
  ["trace", -8],
  ["TRACE", -8],
  ["debug", -4],
  ["Info", 0],
  ["WARN", 4],
  ["warning", 4],
  ["error", 8],
  ["fatal", 8],
  ["panic", 8],
  ["info+2", 2],
  ["DEBUG-4", -8],
];

for (const [text, number] of levels) {
  Deno.test(`parseLogLevel() reads ${text}`, () => equal(parseLogLevel(text), number));
}

for (const text of ["", "loud", "info+", "+2", "info 2", "constructor", "4"]) {
  Deno.test(`parseLogLevel() refuses ${JSON.stringify(text)}`, () => {
    throws(() => parseLogLevel(text), { code: "INVALID_ARGUMENT", message: /^unable to parse verbosity / });
  });
}

Deno.test("formatLogLevel() counts from the next lower name", () => {
  deepEqual([-8, -4, -2, 0, 2, 4, 8, 9].map(formatLogLevel), [
    "DEBUG-4",
    "DEBUG",
    "DEBUG+2",
    "INFO",
    "INFO+2",
    "WARN",
    "ERROR",
    "ERROR+1",
  ]);
});
