/**
 * How often and how long a token service is tried.
 *
 * @module
 */

import { hasCode, HttpError, RegkitError } from "../../errors.ts";
import type { Clock } from "../http_client.ts";
import { TimeLimit } from "../transport/time_limit.ts";

/** What is tried, and under which limits. */
export interface TokenRetryOptions {
  /** Time and randomness. */
  readonly clock: Clock;
  /** Ends everything early. */
  readonly signal: AbortSignal;
  /** Names the token service in errors. */
  readonly service: string;
}

const ATTEMPTS = 3;
const TIMEOUT_MS = 30_000;
const FIRST_DELAY_MS = 500;
/** A service that asks for more is not waited for. */
const LONGEST_WAIT_MS = 60_000;

/**
 * Tries up to three times, each for at most 30 s, while the failure is one that may pass.
 *
 * @typeParam T What an attempt gives.
 * @param options The limits.
 * @param attempt One attempt; its signal ends it.
 * @returns What the first successful attempt gave.
 * @throws {RegkitError} What the last attempt failed with; `TIMEOUT` when it took too long.
 */
export async function withRetries<T>(
  options: TokenRetryOptions,
  attempt: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  for (let count = 1;; count++) {
    options.signal.throwIfAborted();
    try {
      return await withTimeout(options, attempt);
    } catch (error) {
      options.signal.throwIfAborted();
      const delay = retryDelay(error, count, options.clock);
      if (delay === undefined || count === ATTEMPTS) throw error;
      await options.clock.sleep(delay, options.signal);
    }
  }
}

/** Gives the wait before the next attempt, or `undefined` when there is no use in one. */
function retryDelay(error: unknown, count: number, clock: Clock): number | undefined {
  const backoff = FIRST_DELAY_MS * 2 ** (count - 1) * (0.5 + clock.random());
  if (hasCode(error, "TRANSPORT", "TIMEOUT", "STALLED")) return backoff;
  if (!(error instanceof HttpError) || (error.status !== 429 && error.status < 500)) return undefined;
  const wait = Math.max(error.retryAfterMs ?? 0, backoff);
  return wait > LONGEST_WAIT_MS ? undefined : wait;
}

async function withTimeout<T>(
  options: TokenRetryOptions,
  attempt: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  using limit = new TimeLimit(TIMEOUT_MS, options.signal, options.clock, () => {
    const text = `token service ${options.service} did not answer within ${TIMEOUT_MS / 1000} s`;
    return new RegkitError("TIMEOUT", text);
  });
  try {
    return await attempt(limit.signal);
  } catch (error) {
    // Transports may wrap the reason.
    throw limit.signal.aborted ? limit.signal.reason : error;
  }
}
