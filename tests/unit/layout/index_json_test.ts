import assert from "node:assert/strict";
import { formatIndexJson, parseIndexJson } from "../../../lib/layout/index_json.ts";
import { bytesOf } from "../../contract/contract_subject.ts";

function roundTrip(text: string): string {
  return new TextDecoder().decode(formatIndexJson(parseIndexJson(bytesOf(text))));
}

Deno.test.each([
  { name: "the order of keys", text: `{"z":1,"a":{"y":[],"b":null},"m":[{"k":true}]}` },
  { name: "escaped signs of HTML", text: `{"a":"\\u003cb\\u003e \\u0026 \\u2028"}` },
  { name: "other letters", text: `{"a":"Grüße 🚢"}` },
  { name: "large numbers", text: `{"a":12345678901234567890,"b":-9007199254740993}` },
  { name: "fractions", text: `{"a":1.0,"b":[2.50,1e3,1.5E+2]}` },
])("formatIndexJson() keeps $name", ({ text }) => {
  assert.equal(roundTrip(text), text);
});

Deno.test("formatIndexJson() escapes what other tools escape", () => {
  const text = new TextDecoder().decode(formatIndexJson({ a: "<b> & c\u2029" }));
  assert.equal(text, `{"a":"\\u003cb\\u003e \\u0026 c\\u2029"}`);
});

Deno.test("parseIndexJson() gives sizes as numbers however they are written", () => {
  assert.deepEqual(parseIndexJson(bytesOf(`{"size":1e3}`)), { size: 1000 });
});

Deno.test("parseIndexJson() refuses what is not UTF-8", () => {
  assert.throws(() => parseIndexJson(new Uint8Array([0x22, 0xff, 0x22])), TypeError);
});
