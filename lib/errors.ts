/**
 * The errors that every part of regkit throws: one base class with a code, and what was being done on which side.
 *
 * Codes, not texts, decide retries, tips and exit codes.
 *
 * @module
 */

/** What kind of failure an error is; stable, for programs to test. */
export type ErrorCode =
  | "ABORTED"
  | "CONFLICT"
  | "CREDENTIALS"
  | "DENIED"
  | "DIGEST_MISMATCH"
  | "DNS"
  | "HTTP_STATUS"
  | "INVALID_ARCHIVE"
  | "INVALID_ARGUMENT"
  | "INVALID_DIGEST"
  | "INVALID_LAYOUT"
  | "INVALID_MANIFEST"
  | "INVALID_PLATFORM"
  | "INVALID_REFERENCE"
  | "INVALID_RESPONSE"
  | "INVALID_SETTINGS"
  | "IO"
  | "LOOP"
  | "NOT_FOUND"
  | "RATE_LIMITED"
  | "REDIRECT_REFUSED"
  | "SIZE_MISMATCH"
  | "STALLED"
  | "TEMPLATE"
  | "TIMEOUT"
  | "TLS"
  | "TOO_LARGE"
  | "TRANSPORT"
  | "UNAUTHORIZED"
  | "UNSUPPORTED"
  | "UNSUPPORTED_MEDIA_TYPE";

/** Which side of a transfer failed. */
export type Side = "source" | "target";

/** What an error carries beside its code and message. */
export interface ErrorContext {
  /** What was being done, such as `get manifest registry.example.org/app:v1`. */
  readonly op?: string | undefined;
  /** The side of a copy on which it happened. */
  readonly side?: Side | undefined;
  /** The error underneath. */
  readonly cause?: unknown;
  /** What the user can do about it, as a sentence. */
  readonly tip?: string | undefined;
}

/**
 * The base of all errors thrown on purpose by regkit.
 *
 * @example
 * ```ts
 * import { parseReference, RegkitError } from "@regkit/regkit";
 * try {
 *   parseReference("Not A Reference");
 * } catch (error) {
 *   if (error instanceof RegkitError && error.code !== "INVALID_REFERENCE") throw error;
 * }
 * ```
 */
export class RegkitError extends Error {
  /** The class name, for logs. */
  override name = "RegkitError";
  /** The kind of failure. */
  readonly code: ErrorCode;
  /** What was being done, if known. */
  op: string | undefined;
  /** The side of a copy on which it happened, if known. */
  side: Side | undefined;
  /** What the user can do about it, if there is anything to say. */
  readonly tip: string | undefined;

  /**
   * Creates an error.
   *
   * @param code The kind of failure.
   * @param message What was wrong, with which value; never a secret.
   * @param context What was being done, on which side, and the error underneath.
   */
  constructor(code: ErrorCode, message: string, context: ErrorContext = {}) {
    super(message, context.cause === undefined ? undefined : { cause: context.cause });
    this.code = code;
    this.op = context.op;
    this.side = context.side;
    this.tip = context.tip;
  }
}

/** One entry of a registry's error document (distribution-spec, "Error Codes"). */
export interface RegistryErrorEntry {
  /** The registry's code, such as `MANIFEST_UNKNOWN`. */
  readonly code: string;
  /** The registry's text; empty when it gave none. */
  readonly message: string;
}

/** What an {@linkcode HttpError} knows of the answer. */
export interface HttpErrorDetails extends ErrorContext {
  /** The HTTP status. */
  readonly status: number;
  /** The request's method. */
  readonly method: string;
  /** The request's URL without credentials and query values. */
  readonly url: string;
  /** The start of the answer's body as text. */
  readonly body?: string | undefined;
  /** The registry's own error entries, when the body held any. */
  readonly entries?: readonly RegistryErrorEntry[] | undefined;
  /** The answer's headers. */
  readonly headers?: Headers | undefined;
  /** How long the registry asked to wait, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
}

/** A registry answered with a status that the operation does not accept. */
export class HttpError extends RegkitError {
  /** The class name, for logs. */
  override name = "HttpError";
  /** The HTTP status. */
  readonly status: number;
  /** The request's method. */
  readonly method: string;
  /** The request's URL without credentials and query values. */
  readonly url: string;
  /** The start of the answer's body as text; empty when there was none. */
  readonly body: string;
  /** The registry's own error entries; empty when the body held none. */
  readonly entries: readonly RegistryErrorEntry[];
  /** The answer's headers. */
  readonly headers: Headers;
  /** How long the registry asked to wait, in milliseconds, if it did. */
  readonly retryAfterMs: number | undefined;

  /**
   * Creates an error from an answer.
   *
   * @param code The kind of failure.
   * @param message What was wrong.
   * @param details What is known of request and answer.
   */
  constructor(code: ErrorCode, message: string, details: HttpErrorDetails) {
    super(code, message, details);
    this.status = details.status;
    this.method = details.method;
    this.url = details.url;
    this.body = details.body ?? "";
    this.entries = details.entries ?? [];
    this.headers = details.headers ?? new Headers();
    this.retryAfterMs = details.retryAfterMs;
  }

  /**
   * Tells whether the registry's error document names a code.
   *
   * @param code The registry's code, such as `BLOB_UNKNOWN`.
   * @returns Whether an entry has it.
   */
  hasEntry(code: string): boolean {
    return this.entries.some((entry) => entry.code === code);
  }
}

/**
 * Tells whether something thrown is a {@linkcode RegkitError} with one of the given codes.
 *
 * @param error Anything that was thrown.
 * @param codes The codes to look for.
 * @returns Whether it has one of them.
 *
 * @example
 * ```ts
 * import { hasCode, RegkitError } from "@regkit/regkit";
 * import assert from "node:assert/strict";
 *
 * assert(hasCode(new RegkitError("NOT_FOUND", "no such tag"), "NOT_FOUND"));
 * assert(!hasCode(new Error("other"), "NOT_FOUND"));
 * ```
 */
export function hasCode(error: unknown, ...codes: readonly ErrorCode[]): error is RegkitError {
  return error instanceof RegkitError && codes.includes(error.code);
}

/**
 * Turns "not found" into `undefined`, so that absence reads as an answer at the call.
 *
 * @typeParam T What the promise gives.
 * @param found The promise of something that may be absent.
 * @returns What it gave, or `undefined` when it failed with `NOT_FOUND`.
 * @throws Whatever else the promise was rejected with.
 */
export async function orAbsent<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if (hasCode(error, "NOT_FOUND")) return undefined;
    throw error;
  }
}

/**
 * Adds what was being done, and on which side, to an error that does not say so yet.
 *
 * @param error Anything that was thrown; only a {@linkcode RegkitError} is changed.
 * @param context The operation and side.
 * @returns The same error, to be thrown again.
 */
export function inContext(error: unknown, context: Pick<ErrorContext, "op" | "side">): unknown {
  if (error instanceof RegkitError) {
    error.op ??= context.op;
    error.side ??= context.side;
  }
  return error;
}

/**
 * Removes what may be secret from a URL: user name, password and every query value.
 *
 * @param url The URL.
 * @returns The URL as text, its query values replaced by `…`.
 */
export function redactUrl(url: URL | string): string {
  const copy = new URL(url);
  copy.username = "";
  copy.password = "";
  const keys = [...copy.searchParams.keys()];
  copy.search = "";
  copy.hash = "";
  return keys.length === 0 ? copy.href : `${copy.href}?${keys.map((key) => `${encodeURIComponent(key)}=…`).join("&")}`;
}
