/**
 * What becomes of a refused token request: an error that repeats the service's words, and none of its secrets.
 *
 * @module
 */

import { type ErrorCode, HttpError, type RegistryErrorEntry } from "../../errors.ts";
import { redactSecrets } from "./redact.ts";

/** What is known of a failed token request. */
export interface TokenFailure {
  /** The status. */
  readonly status: number;
  /** The method. */
  readonly method: string;
  /** The token service, without query. */
  readonly service: string;
  /** The registry that the token was for. */
  readonly registry: string;
  /** The user that asked; empty for nobody. */
  readonly user: string;
  /** The body, already bounded. */
  readonly body: string;
  /** What must not appear in the error. */
  readonly secrets: readonly string[];
  /** Why the credential is missing, when it should not be. */
  readonly cause?: unknown;
  /** How long the service asked to wait. */
  readonly retryAfterMs?: number | undefined;
}

/** The most characters of the service's words in a message. */
const TEXT_LIMIT = 256;

/**
 * Makes the error of a failed token request.
 *
 * @param failure What is known.
 * @returns The error: `UNAUTHORIZED` for 401 and 403, `RATE_LIMITED` for 429, `HTTP_STATUS` otherwise.
 */
export function tokenError(failure: TokenFailure): HttpError {
  const entries = readEntries(failure);
  const said = entries.map((entry) => [entry.code, entry.message].filter((part) => part !== "").join(": ")).join("; ");
  const who = failure.user === "" ? "an anonymous user" : `user ${JSON.stringify(failure.user)}`;
  const message = `no token for ${failure.registry} as ${who} from ${failure.service}: ${reasonOf(failure.status)} ` +
    `[http ${failure.status}]${said === "" ? "" : `: ${said}`}`;
  return new HttpError(codeOf(failure.status), message, {
    status: failure.status,
    method: failure.method,
    url: failure.service,
    body: said,
    entries,
    retryAfterMs: failure.retryAfterMs,
    cause: failure.cause,
  });
}

function codeOf(status: number): ErrorCode {
  if (status === 401 || status === 403) return "UNAUTHORIZED";
  return status === 429 ? "RATE_LIMITED" : "HTTP_STATUS";
}

function reasonOf(status: number): string {
  if (status === 401 || status === 403) return "unauthorized";
  return status === 429 ? "rate limit exceeded" : "unexpected answer";
}

/** Takes only known fields: anything else could hold a token. */
function readEntries(failure: TokenFailure): RegistryErrorEntry[] {
  let answer: unknown;
  try {
    answer = JSON.parse(failure.body);
  } catch {
    return []; // a page for people, or nothing
  }
  const text = (value: unknown): string =>
    typeof value === "string" ? plainText(redactSecrets(value, failure.secrets)) : "";
  const entry = (value: unknown): RegistryErrorEntry => {
    const fields: Record<string, unknown> = typeof value === "object" && value !== null ? { ...value } : {};
    const message = fields["message"] ?? fields["error_description"] ?? fields["details"];
    return { code: text(fields["code"] ?? fields["error"]), message: text(message) };
  };
  const listed: unknown = typeof answer === "object" && answer !== null && "errors" in answer
    ? answer.errors
    : undefined;
  return (Array.isArray(listed) ? listed.slice(0, 4) : [answer]).map(entry)
    .filter(({ code, message }) => code !== "" || message !== "");
}

/** One bounded line without control characters, which could drive a terminal. */
function plainText(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\s]+/gu, " ").trim();
  return line.length > TEXT_LIMIT ? `${line.slice(0, TEXT_LIMIT)}…` : line;
}
