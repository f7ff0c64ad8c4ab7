import assert from "node:assert/strict";
import { RegkitError } from "../../../lib/errors.ts";
import { parseKeyValueList } from "../../../lib/oci/key_value_list.ts";

Deno.test("parseKeyValueList() reads keys, values, quotes and escapes", () => {
  const cases: readonly (readonly [text: string, pairs: readonly (readonly [string, string])[]])[] = [
    ["", []],
    [",", []],
    ["a=1", [["a", "1"]]],
    ["a=1,b=2,", [["a", "1"], ["b", "2"]]],
    ["a,,b=", [["a", ""], ["b", ""]]],
    ["a=1=2", [["a", "1=2"]]],
    ["a=1,a=2", [["a", "2"]]],
    ['a="x,y=z"w', [["a", "x,y=zw"]]],
    ['"a,b"=1', [["a,b", "1"]]],
    ['"a=b"=c', [["a=b", "c"]]],
    ['a="1,2",b=3', [["a", "1,2"], ["b", "3"]]],
    ["a=x\\,y\\\\", [["a", "x,y\\"]]],
    ['a="say \\"hi\\""', [["a", 'say "hi"']]],
    ["re\\g=h", [["reg", "h"]]],
    [" a = b ", [[" a ", " b "]]],
    ['a=""', [["a", ""]]],
    ["=x", [["", "x"]]],
  ];
  for (const [text, pairs] of cases) assert.deepEqual([...parseKeyValueList(text)], pairs, text);
});

Deno.test("parseKeyValueList() refuses open quotes and escapes without showing the text", () => {
  const cases: readonly (readonly [text: string, state: string])[] = [
    ['reg=a,pass=s3cret"y', "valQuote"],
    ['"reg', "keyQuote"],
    ["pass=s3cret\\", "valEscape"],
    ["a=b,c\\", "keyEscape"],
  ];
  for (const [text, state] of cases) {
    assert.throws(() => parseKeyValueList(text), (error) => {
      assert(error instanceof RegkitError);
      assert.equal(error.code, "INVALID_ARGUMENT");
      assert.equal(error.message, `string parsing failed, end state: ${state}`);
      return true;
    });
  }
});
