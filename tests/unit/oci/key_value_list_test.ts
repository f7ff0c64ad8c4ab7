import assert from "node:assert/strict";
import { parseKeyValueList } from "../../../lib/oci/key_value_list.ts";

Deno.test.each([
  { text: "", want: [] },
  { text: "a=1", want: [["a", "1"]] },
  { text: "a=1,b=2", want: [["a", "1"], ["b", "2"]] },
  { text: "a=1=2", want: [["a", "1=2"]] },
  { text: "a,b=", want: [["a", ""], ["b", ""]] },
  { text: 'a="1,2",b=3', want: [["a", "1,2"], ["b", "3"]] },
  { text: '"a=b"=c', want: [["a=b", "c"]] },
  { text: "a=1\\,2\\\\", want: [["a", "1,2\\"]] },
  { text: "a=1,a=2", want: [["a", "2"]] },
  { text: "a=1,", want: [["a", "1"]] },
])("parseKeyValueList() reads '$text'", ({ text, want }) => {
  assert.deepEqual([...parseKeyValueList(text)], want);
});

Deno.test("parseKeyValueList() refuses an open quote and a last backslash", () => {
  assert.throws(() => parseKeyValueList('a="1'), SyntaxError);
  assert.throws(() => parseKeyValueList("a=1\\"), SyntaxError);
});
