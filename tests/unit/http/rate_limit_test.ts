import assert from "node:assert/strict";
import { parseRateLimit } from "../../../lib/http/rate_limit.ts";

Deno.test.each([
  {
    what: "limit, window and reset",
    headers: { "ratelimit-limit": "100;w=21600", "ratelimit-remaining": "76;w=21600", "ratelimit-reset": "60" },
    want: { limit: 100, remain: 76, reset: 60, isSet: true, policies: ["100;w=21600"] },
  },
  {
    what: "a limit with policies after it",
    headers: { "ratelimit-limit": "10, 10;w=1, 50;w=60", "ratelimit-remaining": "9" },
    want: { limit: 10, remain: 9, reset: 0, isSet: true, policies: [" 10;w=1", " 50;w=60"] },
  },
  {
    what: "several policies without a limit before them",
    headers: { "ratelimit-limit": "10;w=1, 50;w=60", "ratelimit-remaining": "0" },
    want: { limit: 10, remain: 0, reset: 0, isSet: true, policies: ["10;w=1", " 50;w=60"] },
  },
  {
    what: "blanks and empty policies as they are",
    headers: { "ratelimit-limit": "10;w=1;b=2,, 20 ", "ratelimit-remaining": "5,3", "ratelimit-reset": "5;x" },
    want: { limit: 10, remain: 0, reset: 0, isSet: false, policies: ["10;w=1;b=2", "", " 20"] },
  },
  {
    what: "no number with blanks behind it",
    headers: { "ratelimit-limit": "10 , 10;w=1", "ratelimit-remaining": "-1", "ratelimit-reset": "7" },
    want: { limit: 0, remain: -1, reset: 7, isSet: true, policies: [" 10;w=1"] },
  },
  {
    what: "a limit without what remains",
    headers: { "ratelimit-limit": "100" },
    want: { limit: 100, remain: 0, reset: 0, isSet: false, policies: [] },
  },
  {
    what: "nonsense",
    headers: { "ratelimit-limit": "many", "ratelimit-remaining": "few" },
    want: { limit: 0, remain: 0, reset: 0, isSet: false, policies: [] },
  },
  { what: "nothing", headers: {}, want: { limit: 0, remain: 0, reset: 0, isSet: false, policies: [] } },
])("parseRateLimit() reads $what", ({ headers, want }) => {
  assert.deepEqual(parseRateLimit(new Headers(headers as Record<string, string>)), want);
});
