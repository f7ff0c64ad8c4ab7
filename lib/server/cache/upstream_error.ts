/**
 * How an upstream can fail, and what clients of the cache are told then.
 *
 * @module
 */

import { hasCode, HttpError } from "../../errors.ts";
import { ApiError, type ApiErrorCode } from "../api_error.ts";

/**
 * What went wrong: it has no such content; it refused the cache's credentials; it asked to wait; it could not be reached or
 * failed; it took too long; it sent something else than asked for; it must not be asked.
 */
export type UpstreamFailure = "absent" | "invalid" | "limited" | "offline" | "refused" | "timeout" | "unreachable";

/** An upstream did not give what was asked for. */
export class UpstreamError extends Error {
  /** The class name, for logs. */
  override name = "UpstreamError";
  /** What went wrong. */
  readonly failure: UpstreamFailure;
  /** How long to wait before asking again, in milliseconds, if that is known. */
  readonly retryAfterMs: number | undefined;

  /**
   * Creates an error.
   *
   * @param failure What went wrong.
   * @param message The same, for people.
   * @param options The error underneath, and how long to wait.
   */
  constructor(
    failure: UpstreamFailure,
    message: string,
    options: { readonly cause?: unknown; readonly retryAfterMs?: number | undefined } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.failure = failure;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/**
 * Tells how an upstream failed.
 *
 * @param error What a repository threw.
 * @returns The failure; the error itself when it is not the upstream's.
 */
export function toUpstreamError(error: unknown): unknown {
  if (error instanceof UpstreamError) return error;
  const failure = failureOf(error);
  if (failure === undefined || !(error instanceof Error)) return error;
  const retryAfterMs = error instanceof HttpError ? error.retryAfterMs : undefined;
  return new UpstreamError(failure, error.message, { cause: error, retryAfterMs });
}

function failureOf(error: unknown): UpstreamFailure | undefined {
  if (error instanceof HttpError) {
    if (error.status === 404) return "absent";
    if (error.status === 429) return "limited";
    if (error.status === 504) return "timeout";
    if (error.status >= 500) return "unreachable";
  }
  if (hasCode(error, "NOT_FOUND")) return "absent";
  if (hasCode(error, "UNAUTHORIZED", "DENIED", "CREDENTIALS")) return "refused";
  if (hasCode(error, "RATE_LIMITED")) return "limited";
  if (hasCode(error, "TIMEOUT", "STALLED")) return "timeout";
  if (hasCode(error, "DNS", "TLS", "TRANSPORT")) return "unreachable";
  if (hasCode(error, "DIGEST_MISMATCH", "SIZE_MISMATCH", "INVALID_MANIFEST", "INVALID_RESPONSE", "TOO_LARGE")) {
    return "invalid";
  }
  if (hasCode(error, "HTTP_STATUS", "UNSUPPORTED_MEDIA_TYPE", "REDIRECT_REFUSED", "LOOP", "UNSUPPORTED")) {
    return "invalid";
  }
  return error instanceof DOMException && error.name === "TimeoutError" ? "timeout" : undefined;
}

/**
 * Builds the answer to a client whose content is not here either. What the upstream said stays in the log, since it may be
 * about the cache's own credentials.
 *
 * @param error What was thrown.
 * @param code The code of an absence.
 * @returns The refusal; the error itself when it is not the upstream's.
 */
export function refusalFor(error: unknown, code: ApiErrorCode): unknown {
  if (!(error instanceof UpstreamError)) return error;
  switch (error.failure) {
    case "absent":
      return new ApiError(404, code, "the upstream registry does not have it");
    case "refused":
      return new ApiError(404, code, "the upstream registry does not give it to this cache");
    case "offline":
      return new ApiError(404, code, "it is not in the cache, and the upstream registry is not asked");
    case "limited": {
      const seconds = Math.max(1, Math.ceil((error.retryAfterMs ?? 1000) / 1000));
      return new ApiError(429, "TOOMANYREQUESTS", "the upstream registry asks to wait", {
        headers: [["retry-after", `${seconds}`]],
      });
    }
    case "timeout":
      return new ApiError(504, "UNKNOWN", "the upstream registry did not answer in time");
    case "invalid":
      return new ApiError(502, "UNKNOWN", "the upstream registry gave something else than was asked for");
    case "unreachable":
      return new ApiError(502, "UNKNOWN", "the upstream registry cannot be reached");
  }
}
