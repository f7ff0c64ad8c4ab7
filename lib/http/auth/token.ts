/**
 * Bearer tokens as token services give them.
 *
 * @module
 */

import { RegkitError } from "../../errors.ts";

/** A bearer token and how long it serves. */
export interface Token {
  /** The token, fit for a header. Secret. */
  readonly value: string;
  /** When it came, in milliseconds since 1970. */
  readonly obtainedAt: number;
  /** When it ends. */
  readonly expiresAt: number;
  /** When to ask for the next one, while this one still works. */
  readonly refreshAt: number;
  /** What the next one can be asked with. Secret. */
  readonly refreshToken?: string | undefined;
}

/** So long before its end a token is not used any more: the request still has to arrive. */
export const EXPIRY_MARGIN_MS = 5_000;

/** Shorter lifetimes, and none at all, count as this one (Docker token specification). */
const LEAST_LIFETIME_S = 60;
/** Longer ones are not believed. */
const MOST_LIFETIME_S = 365 * 24 * 3600;

/**
 * Reads the answer of a token service.
 *
 * @param text The body.
 * @param now The time, in milliseconds since 1970.
 * @param service Names the token service in errors.
 * @returns The token.
 * @throws {RegkitError} `INVALID_RESPONSE` when it is not a JSON object with a token fit for a header; nothing of the
 *   body is repeated.
 */
export function parseToken(text: string, now: number, service: string): Token {
  const answer = parseObject(text);
  if (answer === undefined) {
    throw new RegkitError("INVALID_RESPONSE", `token service ${service} did not answer with a JSON object`);
  }
  const value = nonEmpty(answer["access_token"]) ?? nonEmpty(answer["token"]);
  if (value === undefined) {
    throw new RegkitError("INVALID_RESPONSE", `token service ${service} answered without a token`);
  }
  if (!/^[\x21-\x7e]+$/.test(value)) {
    throw new RegkitError("INVALID_RESPONSE", `token service ${service} gave a token that no header may carry`);
  }
  const lifetimeMs = lifetimeSeconds(answer["expires_in"]) * 1000;
  const issuedAt = issueTime(answer["issued_at"]);
  const isPlausible = issuedAt !== undefined && issuedAt <= now && issuedAt + lifetimeMs - EXPIRY_MARGIN_MS > now;
  const expiresAt = (isPlausible ? issuedAt : now) + lifetimeMs;
  return {
    value,
    obtainedAt: now,
    expiresAt,
    refreshAt: expiresAt - Math.max(lifetimeMs / 10, 30_000),
    refreshToken: nonEmpty(answer["refresh_token"]),
  };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    // The parser's message quotes the text, and that may hold a token.
    return undefined;
  }
}

function nonEmpty(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** The specification wants a number; some services send it as text. */
function lifetimeSeconds(value: unknown): number {
  const seconds = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  if (typeof seconds !== "number" || Number.isNaN(seconds)) return LEAST_LIFETIME_S;
  return Math.min(Math.max(seconds, LEAST_LIFETIME_S), MOST_LIFETIME_S);
}

function issueTime(value: unknown): number | undefined {
  const time = typeof value === "string" ? Date.parse(value) : NaN;
  return Number.isNaN(time) ? undefined : time;
}
