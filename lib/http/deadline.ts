/**
 * Waiting for something, but not for ever.
 *
 * @module
 */

import type { Clock } from "./http_client.ts";

/**
 * Waits for a promise for a limited time.
 *
 * @typeParam T What the promise gives.
 * @param promise What to wait for; when it is late its outcome is dropped.
 * @param ms The longest wait.
 * @param clock Measures it.
 * @param onLate Gives the error to throw when the time is up.
 * @returns What the promise gave.
 */
export async function withDeadline<T>(
  promise: Promise<T>,
  ms: number,
  clock: Clock,
  onLate: () => Error,
): Promise<T> {
  const timer = new AbortController();
  const late = clock.sleep(ms, timer.signal).then(
    () => {
      throw onLate();
    },
    () => promise,
  );
  try {
    return await Promise.race([promise, late]);
  } finally {
    timer.abort();
    promise.catch(ignoreLate);
    late.catch(ignoreLate);
  }
}

/** The race has been decided: what comes after is nobody's concern. */
function ignoreLate(): void {}
