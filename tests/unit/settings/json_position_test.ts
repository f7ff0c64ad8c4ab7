import assert from "node:assert/strict";
import { findJsonFault, findJsonValue } from "../../../lib/settings/json_position.ts";

Deno.test("findJsonFault() finds nothing in JSON", () => {
  const texts = ["{}", ' [1, -2.5e3, "a\\u00e9\\n", {"b": [true, false, null]}] ', '"x"', '{"a":{},"b":[]}', "\n0\n"];
  for (const text of texts) {
    assert.doesNotThrow(() => JSON.parse(text));
    assert.equal(findJsonFault(text), undefined, text);
  }
});

Deno.test("findJsonFault() finds where a text stops being JSON", () => {
  const cases: readonly (readonly [text: string, line: number, column: number])[] = [
    ["", 1, 1],
    ["{", 1, 2],
    ['{"a": 1,}', 1, 9],
    ['{\n  "a": tru\n}', 2, 8],
    ['{\n  "a": 1\n  "b": 2\n}', 3, 3],
    ['{"a" 1}', 1, 6],
    ["{'a': 1}", 1, 2],
    ["[1 2]", 1, 4],
    ["01", 1, 2],
    ['"open', 1, 1],
    ['"line\nbreak"', 1, 1],
    ['"\\x"', 1, 1],
    ["{} {}", 1, 4],
  ];
  for (const [text, line, column] of cases) {
    assert.throws(() => JSON.parse(text), SyntaxError);
    assert.deepEqual(findJsonFault(text), { line, column }, text);
  }
});

Deno.test("findJsonValue() finds values by their keys", () => {
  const text =
    '{\n  "hosts": {\n    "a.example": { "tls": "x" },\n    "b\\u002eexample": { "mirrors": ["m", 7] }\n  }\n}';
  assert.deepEqual(findJsonValue(text, []), { line: 1, column: 1 });
  assert.deepEqual(findJsonValue(text, ["hosts", "a.example", "tls"]), { line: 3, column: 27 });
  assert.deepEqual(findJsonValue(text, ["hosts", "b.example", "mirrors", 1]), { line: 4, column: 42 });
  assert.equal(findJsonValue(text, ["hosts", "c.example"]), undefined);
  assert.equal(findJsonValue(text, ["hosts", "a.example", "tls", "deeper"]), undefined);
});
