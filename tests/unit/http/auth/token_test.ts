import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { RegkitError } from "../../../../lib/errors.ts";
import { parseToken } from "../../../../lib/http/auth/token.ts";

const NOW = Date.UTC(2026, 5, 1, 12);
const at = (seconds: number): string => new Date(NOW + seconds * 1000).toISOString();

function lifetime(fields: Record<string, unknown>): { expiresIn: number; refreshIn: number } {
  const token = parseToken(JSON.stringify({ token: "t", ...fields }), NOW, "service");
  equal(token.obtainedAt, NOW);
  return { expiresIn: (token.expiresAt - NOW) / 1000, refreshIn: (token.refreshAt - NOW) / 1000 };
}

const LIFETIMES: readonly (readonly [fields: Record<string, unknown>, expiresIn: number, refreshIn: number])[] = [
  [{}, 60, 30],
  [{ expires_in: 300 }, 300, 270],
  [{ expires_in: "300" }, 300, 270],
  [{ expires_in: 3600 }, 3600, 3240],
  [{ expires_in: 10 }, 60, 30],
  [{ expires_in: -5 }, 60, 30],
  [{ expires_in: "soon" }, 60, 30],
  [{ expires_in: "" }, 60, 30],
  [{ expires_in: null }, 60, 30],
  [{ expires_in: [300] }, 60, 30],
  [{ expires_in: 1e300 }, 365 * 86400, 365 * 86400 * 0.9],
  [{ expires_in: 300, issued_at: at(-100) }, 200, 170],
  [{ expires_in: 300, issued_at: at(-290) }, 10, -20],
  [{ expires_in: 300, issued_at: at(-297) }, 300, 270],
  [{ expires_in: 300, issued_at: at(-5000) }, 300, 270],
  [{ expires_in: 300, issued_at: at(100) }, 300, 270],
  [{ expires_in: 300, issued_at: "yesterday" }, 300, 270],
  [{ expires_in: 300, issued_at: 17 }, 300, 270],
];

for (const [fields, expiresIn, refreshIn] of LIFETIMES) {
  Deno.test(`parseToken() makes ${expiresIn} s of ${JSON.stringify(fields)}`, () => {
    deepEqual(lifetime(fields), { expiresIn, refreshIn });
  });
}

Deno.test("parseToken() prefers access_token and reads the refresh token", () => {
  const token = parseToken('{"token":"a","access_token":"b","refresh_token":"c"}', NOW, "service");
  equal(token.value, "b");
  equal(token.refreshToken, "c");
  equal(parseToken('{"token":"a","access_token":"","refresh_token":""}', NOW, "service").value, "a");
  equal(parseToken('{"token":"a","refresh_token":7}', NOW, "service").refreshToken, undefined);
});

const BAD = [
  "",
  "s3cret",
  '"s3cret"',
  '["s3cret"]',
  "null",
  "{}",
  '{"token":7}',
  '{"token":""}',
  '{"token":"s3cret\\r\\nX-Injected: 1"}',
  '{"token":"s3cret\\u0000"}',
  '{"token":"s3cret x"}',
  '{"token":"s3cret\\u00e9"}',
  '{"token":"s3cret\\u2028"}',
  '{"token":"s3cret",}',
];

for (const text of BAD) {
  Deno.test(`parseToken() refuses ${JSON.stringify(text)} without repeating it`, () => {
    throws(() => parseToken(text, NOW, "https://auth.example.org/token"), (error) => {
      ok(error instanceof RegkitError);
      equal(error.code, "INVALID_RESPONSE");
      equal(error.cause, undefined);
      ok(error.message.includes("https://auth.example.org/token"));
      ok(!error.message.includes("s3cret"));
      return true;
    });
  });
}
