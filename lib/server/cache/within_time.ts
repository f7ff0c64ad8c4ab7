/**
 * Work that may take a certain time only.
 *
 * @module
 */

import type { CacheClock } from "./cache_options.ts";
import { UpstreamError } from "./upstream_error.ts";

/** Given more time so often while something moves, so that nothing waits for ever. */
const mostTurns = 10;

/** How a time is limited. */
export interface TimeLimitOptions {
  /** Says what did not happen; `no answer` by default. */
  readonly what?: string;
  /** Asked when the time is over: while it tells that something moves, the time begins anew, ten times at most. */
  readonly isMoving?: () => boolean;
}

/** A time that runs until it is disposed of. */
export interface TimeLimit extends AsyncDisposable {
  /** Aborted when the time is over, with an {@linkcode UpstreamError} `timeout`, or with the signal it was made from. */
  readonly signal: AbortSignal;
}

/**
 * Lets a time begin.
 *
 * @param clock The time.
 * @param ms How long it is, in milliseconds.
 * @param signal Ends it early.
 * @param options What is said in the end, and what makes it longer.
 * @returns The running time.
 */
export function limitTime(
  clock: CacheClock,
  ms: number,
  signal: AbortSignal,
  options: TimeLimitOptions = {},
): TimeLimit {
  const { what = "no answer", isMoving } = options;
  const end = new AbortController();
  const timer = new AbortController();
  // Not `AbortSignal.any`: the signal lives as long as the registry, and would have to remember each of these.
  const onAbort = (): void => end.abort(signal.reason);
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
  const run = async (): Promise<void> => {
    let turns = 0;
    do await clock.sleep(ms, timer.signal); while (++turns < mostTurns && isMoving?.() === true);
    end.abort(new UpstreamError("timeout", `${what} within ${ms * turns} ms`));
  };
  const running = run().catch(() => undefined);
  return {
    signal: end.signal,
    async [Symbol.asyncDispose]() {
      signal.removeEventListener("abort", onAbort);
      timer.abort();
      await running;
    },
  };
}

/**
 * Waits for work as long as nobody ends that.
 *
 * @typeParam T What it gives.
 * @param work The work; it is left alone when it does not heed the signal.
 * @param signal Ends the waiting.
 * @returns What it gave.
 * @throws The signal's reason.
 */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const ended = Promise.withResolvers<never>();
  const onAbort = (): void => ended.reject(signal.reason);
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([work, ended.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/**
 * Does something that may take a certain time.
 *
 * @typeParam T What it gives.
 * @param clock The time.
 * @param ms How long it may take, in milliseconds.
 * @param signal Ends it early.
 * @param work What to do; it is left alone when it does not heed its signal.
 * @param options What is said when it took too long, and what gives it longer.
 * @returns What it gave.
 * @throws {UpstreamError} `timeout` when it took too long.
 */
export async function withinTime<T>(
  clock: CacheClock,
  ms: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
  options?: TimeLimitOptions,
): Promise<T> {
  signal.throwIfAborted();
  await using limit = limitTime(clock, ms, signal, options);
  return await unlessAborted(work(limit.signal), limit.signal);
}
