/**
 * Work that may take a certain time only.
 *
 * @module
 */

import type { CacheClock } from "./cache_options.ts";
import { UpstreamError } from "./upstream_error.ts";

/**
 * Does something that may take a certain time.
 *
 * @typeParam T What it gives.
 * @param clock The time.
 * @param ms How long it may take, in milliseconds.
 * @param signal Ends it early.
 * @param work What to do; it is left alone when it does not heed its signal.
 * @returns What it gave.
 * @throws {UpstreamError} `timeout` when it took too long.
 */
export async function withinTime<T>(
  clock: CacheClock,
  ms: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const end = new AbortController();
  const timer = new AbortController();
  const ended = Promise.withResolvers<never>();
  const both = AbortSignal.any([signal, end.signal]);
  const onAbort = (): void => ended.reject(both.reason);
  both.addEventListener("abort", onAbort, { once: true });
  const sleeping = clock.sleep(ms, timer.signal).then(
    () => end.abort(new UpstreamError("timeout", `no answer within ${ms} ms`)),
    () => undefined,
  );
  try {
    return await Promise.race([work(both), ended.promise]);
  } finally {
    both.removeEventListener("abort", onAbort);
    timer.abort();
    await sleeping;
  }
}
