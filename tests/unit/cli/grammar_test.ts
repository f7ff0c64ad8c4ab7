import { deepEqual, equal, throws } from "node:assert/strict";
import { parseLine } from "../../../cli/grammar.ts";
import { RegkitError } from "../../../lib/errors.ts";
import { sampleProgram } from "./sample_program.ts";

const read = (line: readonly string[]) => {
  const { node, args, occurrences, wantsHelp } = parseLine(sampleProgram, line);
  return { path: node.path, args, flags: occurrences.map(({ name, value }) => [name, value]), wantsHelp };
};
const copy = ["image", "copy"];

const good: readonly (readonly [line: readonly string[], args: readonly string[], flags: readonly unknown[]])[] = [
  [[...copy, "a", "b"], ["a", "b"], []],
  [["img", "cp", "a", "b"], ["a", "b"], []],
  [["--fast", ...copy, "a", "b"], ["a", "b"], [["fast", true]]],
  [["image", "--platform", "linux", "copy", "a"], ["a"], [["platform", "linux"]]],
  [["--limit", "5", "image", "copy", "a"], ["a"], [["limit", 5]]],
  [["-vdebug", ...copy], [], [["verbosity", "debug"]]],
  [["-v", "debug", ...copy], [], [["verbosity", "debug"]]],
  [[...copy, "-v=debug"], [], [["verbosity", "debug"]]],
  [[...copy, "a", "--verbosity=debug", "b"], ["a", "b"], [["verbosity", "debug"]]],
  [[...copy, "--verbosity", "debug", "b"], ["b"], [["verbosity", "debug"]]],
  [[...copy, "-fplinux/arm64"], [], [["fast", true], ["platform", "linux/arm64"]]],
  [[...copy, "-f=false", "-fp=x"], [], [["fast", false], ["fast", true], ["platform", "x"]]],
  [[...copy, "--fast=0", "--fast=T", "--fast=False"], [], [["fast", false], ["fast", true], ["fast", false]]],
  [[...copy, "--fast", "true"], ["true"], [["fast", true]]],
  [[...copy, "--limit=0x10", "--limit", "-0b11", "--limit=0o17", "--limit=017", "--limit=1_000"], [], [
    ["limit", 16],
    ["limit", -3],
    ["limit", 15],
    ["limit", 15],
    ["limit", 1000],
  ]],
  [[...copy, "--rate=1.5e3", "--size=7"], [], [["rate", 1500], ["size", 7]]],
  [[...copy, "--label", "a,b", "--label=c=d"], [], [["label", "a,b"], ["label", "c=d"]]],
  [[...copy, "--platform="], [], [["platform", ""]]],
  [[...copy, "-p", "--fast"], [], [["platform", "--fast"]]],
  [[...copy, "--", "--fast", "-x"], ["--fast", "-x"], []],
  [[...copy, "-", "b"], ["-", "b"], []],
];

for (const [line, args, flags] of good) {
  Deno.test(`parseLine() reads ${JSON.stringify(line.join(" "))}`, () => {
    deepEqual(read(line), { path: "image copy", args, flags, wantsHelp: false });
  });
}

const bad: readonly (readonly [line: readonly string[], message: string])[] = [
  [["--x"], "unknown flag: --x"],
  [["--x=1", "imag"], "unknown flag: --x"],
  [[...copy, "--x=1"], "unknown flag: --x"],
  [["image", "--limit", "5"], "unknown flag: --limit"],
  [["--limit", "5", "tag"], "unknown flag: --limit"],
  [["-f", "tag"], "unknown shorthand flag: 'f' in -f"],
  [["-z"], "unknown shorthand flag: 'z' in -z"],
  [[...copy, "-fz"], "unknown shorthand flag: 'z' in -z"],
  [["-="], "unknown shorthand flag: '=' in -="],
  [["---"], "bad flag syntax: ---"],
  [["--=x"], "bad flag syntax: --=x"],
  [[...copy, "--limit"], "flag needs an argument: --limit"],
  [[...copy, "-p"], "flag needs an argument: 'p' in -p"],
  [[...copy, "-fp"], "flag needs an argument: 'p' in -p"],
  [[...copy, "--limit", "x"], `invalid argument "x" for "--limit" flag: strconv.ParseInt: parsing "x": invalid syntax`],
  [[...copy, "--limit="], `invalid argument "" for "--limit" flag: strconv.ParseInt: parsing "": invalid syntax`],
  [[...copy, "--limit=0x"], `invalid argument "0x" for "--limit" flag: strconv.ParseInt: parsing "0x": invalid syntax`],
  [[...copy, "--limit=08"], `invalid argument "08" for "--limit" flag: strconv.ParseInt: parsing "08": invalid syntax`],
  [[...copy, "--limit=1a"], `invalid argument "1a" for "--limit" flag: strconv.ParseInt: parsing "1a": invalid syntax`],
  [
    [...copy, "--limit=9223372036854775808"],
    'invalid argument "9223372036854775808" for "--limit" flag: ' +
    'strconv.ParseInt: parsing "9223372036854775808": value out of range',
  ],
  [[...copy, "--size=-1"], `invalid argument "-1" for "--size" flag: strconv.ParseUint: parsing "-1": invalid syntax`],
  [
    [...copy, "--rate=fast"],
    'invalid argument "fast" for "--rate" flag: strconv.ParseFloat: parsing "fast": invalid syntax',
  ],
  [
    [...copy, "--fast=yes"],
    'invalid argument "yes" for "-f, --fast" flag: strconv.ParseBool: parsing "yes": invalid syntax',
  ],
  [["imag"], `unknown command "imag" for "tool"\n\nDid you mean this?\n\timage\n\ttag\n`],
  [["Image"], `unknown command "Image" for "tool"\n\nDid you mean this?\n\timage\n`],
  [["image", "bogus"], `unknown command "bogus" for "tool image"`],
  [["image", "c"], `unknown command "c" for "tool image"\n\nDid you mean this?\n\tcopy\n\tls\n`],
  [["help", "bogus"], `unknown command "bogus" for "tool"`],
  [["sec"], `unknown command "sec" for "tool"`],
];

for (const [line, message] of bad) {
  Deno.test(`parseLine() refuses ${JSON.stringify(line.join(" "))}`, () => {
    throws(() => parseLine(sampleProgram, line), (error) => {
      equal(error instanceof RegkitError && error.code, "INVALID_ARGUMENT");
      equal(error instanceof Error && error.message, message);
      return true;
    });
  });
}

const help: readonly (readonly [line: readonly string[], path: string])[] = [
  [["--help"], ""],
  [["-h"], ""],
  [["help"], ""],
  [["help", "image", "copy"], "image copy"],
  [["help", "img", "cp"], "image copy"],
  [["image", "--help", "copy"], "image copy"],
  [["image", "copy", "-fh", "x"], "image copy"],
];

for (const [line, path] of help) {
  Deno.test(`parseLine() sees the wish for help in ${JSON.stringify(line.join(" "))}`, () => {
    const parsed = read(line);
    equal(parsed.wantsHelp, true);
    equal(parsed.path, path);
  });
}

Deno.test("parseLine() takes --help=false for no wish", () => {
  equal(read(["image", "copy", "--help=false"]).wantsHelp, false);
});
