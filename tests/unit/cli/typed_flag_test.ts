import { equal } from "node:assert/strict";
import { isFlagTyped, readSwitch } from "../../../cli/typed_flag.ts";

const lines: readonly (readonly [argv: readonly string[], wanted: boolean | undefined])[] = [
  [[], undefined],
  [["tag", "ls"], undefined],
  [["tag", "--json"], true],
  [["--json=true", "tag"], true],
  [["--json=0"], false],
  [["--json=maybe"], false],
  [["--json", "--json=false"], false],
  [["--json=false", "--json"], true],
  [["--jsonx"], undefined],
  [["tag", "--", "--json"], undefined],
  [["--json", "--", "x"], true],
];

for (const [argv, wanted] of lines) {
  Deno.test(`isFlagTyped() reads ${JSON.stringify(argv.join(" "))}`, () => equal(isFlagTyped(argv, "json"), wanted));
}

Deno.test("readSwitch() knows the words of switches and no others", () => {
  equal(readSwitch("T"), true);
  equal(readSwitch("FALSE"), false);
  equal(readSwitch("yes"), undefined);
  equal(readSwitch(""), undefined);
});
