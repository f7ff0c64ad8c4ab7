import assert from "node:assert/strict";
import { parseLinkNext } from "../../../lib/http/link_header.ts";

const base = new URL("https://reg.example.org/v2/app/tags/list?n=2");

Deno.test.each([
  { value: '</v2/app/tags/list?last=b&n=2>; rel="next"', want: "https://reg.example.org/v2/app/tags/list?last=b&n=2" },
  { value: "</v2/x>; rel=next", want: "https://reg.example.org/v2/x" },
  { value: "</v2/x> ;  REL = NEXT", want: "https://reg.example.org/v2/x" },
  { value: '/v2/bare?n=1; rel="next"', want: "https://reg.example.org/v2/bare?n=1" },
  { value: '<?last=b>; rel="next"', want: "https://reg.example.org/v2/app/tags/list?last=b" },
  { value: '<https://other.example.org/x>; rel="next"', want: "https://other.example.org/x" },
  { value: '</a>; rel="prev", </b>; title="a, \\"b\\"; c"; rel="last next"', want: "https://reg.example.org/b" },
  { value: '</a>; rel="first"; rel="next"', want: undefined },
  { value: "</a>; rel*=next", want: "https://reg.example.org/a" },
  { value: "</a,b;c>; rel=next", want: "https://reg.example.org/a,b;c" },
  { value: "</a>; rel=next;", want: "https://reg.example.org/a" },
  { value: "</a>", want: undefined },
  { value: ", ,", want: undefined },
])("parseLinkNext() reads $value", ({ value, want }) => {
  assert.equal(parseLinkNext(new Headers({ link: value }), base)?.href, want);
});

Deno.test.each([
  { value: '</a; rel="next"' },
  { value: '</a>; rel="next' },
  { value: "</a> rel=next" },
  { value: "; rel=next" },
  { value: '<http://[>; rel="next"' },
])("parseLinkNext() refuses $value", ({ value }) => {
  assert.throws(() => parseLinkNext(new Headers({ link: value }), base), { code: "INVALID_RESPONSE" });
});

Deno.test("parseLinkNext() gives undefined without the header", () => {
  assert.equal(parseLinkNext(new Headers(), base), undefined);
});

Deno.test("parseLinkNext() stays linear on hostile headers", () => {
  const hostile = `</a>${"; x".repeat(20_000)} !`;
  assert.throws(() => parseLinkNext(new Headers({ link: hostile }), base), { code: "INVALID_RESPONSE" });
});
