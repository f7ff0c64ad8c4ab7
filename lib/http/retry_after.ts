/**
 * `Retry-After` (RFC 9110 §10.2.3).
 *
 * @module
 */

/** The longest wait that a registry can ask for, in milliseconds. */
export const maxRetryAfterMs = 5 * 60_000;

/**
 * Reads how long a registry asks to wait.
 *
 * @param headers The answer's headers.
 * @param nowMs The time now, in milliseconds since 1970; dates are compared with it.
 * @returns The wait in milliseconds, at most {@linkcode maxRetryAfterMs}; `undefined` when none is asked for or it cannot be read.
 */
export function parseRetryAfter(headers: Headers, nowMs: number): number | undefined {
  const value = headers.get("retry-after")?.trim();
  if (value === undefined || value === "") return undefined;
  const waitMs = /^\d+(\.\d+)?$/.test(value) ? Number(value) * 1000 : dateOf(value) - nowMs;
  if (Number.isNaN(waitMs)) return undefined;
  return Math.min(Math.max(Math.ceil(waitMs), 0), maxRetryAfterMs);
}

/** HTTP dates always name a weekday or month; `Date.parse` alone would also take `-5` or `2`. */
function dateOf(value: string): number {
  return /^[A-Za-z]{3,9},? /.test(value) ? Date.parse(value) : NaN;
}
