import { equal } from "node:assert/strict";
import { indentJson } from "../../../cli/output/indent_json.ts";

const documents: readonly string[] = [
  "{}",
  "[]",
  "null",
  '"a b"',
  '{"a":{},"b":[],"c":[1,{"d":null}],"e":"x\\"{},[]:\\\\"}',
  '[[[]],{"a":[{}]}]',
];

for (const text of documents) {
  Deno.test(`indentJson() spreads ${text} as JSON.stringify() does`, () => {
    equal(indentJson(text), JSON.stringify(JSON.parse(text), null, 2));
    equal(indentJson(indentJson(text)), indentJson(text));
  });
}

Deno.test("indentJson() keeps numbers, escapes, order and keys that stand twice", () => {
  equal(
    indentJson(' {"b" : 1.50,\n"a":1e3,"b":"\\u00fc\\/"} '),
    '{\n  "b": 1.50,\n  "a": 1e3,\n  "b": "\\u00fc\\/"\n}',
  );
});

Deno.test("indentJson() escapes what HTML would read, if told to", () => {
  equal(indentJson('"<a>&\u2028"'), '"<a>&\u2028"');
  equal(indentJson('"<a>&\u2028"', { escapesHtml: true }), '"\\u003ca\\u003e\\u0026\\u2028"');
});
