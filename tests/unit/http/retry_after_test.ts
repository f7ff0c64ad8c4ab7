import assert from "node:assert/strict";
import { maxRetryAfterMs, parseRetryAfter } from "../../../lib/http/retry_after.ts";

const now = Date.UTC(2026, 0, 1);

Deno.test.each([
  { value: "0", want: 0 },
  { value: "1", want: 1000 },
  { value: " 2 ", want: 2000 },
  { value: "1.5", want: 1500 },
  { value: "86400", want: maxRetryAfterMs },
  { value: "99999999999999999999", want: maxRetryAfterMs },
  { value: "Thu, 01 Jan 2026 00:00:10 GMT", want: 10_000 },
  { value: "Thursday, 01-Jan-26 00:00:10 GMT", want: 10_000 },
  { value: "Wed, 31 Dec 2025 23:00:00 GMT", want: 0 },
  { value: "Fri, 01 Jan 2027 00:00:00 GMT", want: maxRetryAfterMs },
  { value: "-5", want: undefined },
  { value: "soon", want: undefined },
  { value: "", want: undefined },
  { value: "5 seconds", want: undefined },
  { value: "0x10", want: undefined },
])("parseRetryAfter() reads $value as $want", ({ value, want }) => {
  assert.equal(parseRetryAfter(new Headers({ "retry-after": value }), now), want);
});

Deno.test("parseRetryAfter() gives undefined without the header", () => {
  assert.equal(parseRetryAfter(new Headers(), now), undefined);
});
