/**
 * A signal that goes off when the caller's does or when time is up, whichever comes first.
 *
 * @module
 */

import type { Clock } from "../http_client.ts";

/** A limited time for one step; disposing of it stops the clock, so that the signal can then only follow the caller's. */
export class TimeLimit implements Disposable {
  /** Goes off when time is up or the caller's signal does. */
  readonly signal: AbortSignal;
  readonly #done = new AbortController();

  /**
   * Starts the clock.
   *
   * @param ms How long the step may take; 0 and less for no limit.
   * @param parent The caller's signal.
   * @param clock Measures the time.
   * @param onLate Gives the error that is the signal's reason when time is up.
   */
  constructor(ms: number, parent: AbortSignal | undefined, clock: Pick<Clock, "sleep">, onLate: () => Error) {
    const late = new AbortController();
    this.signal = parent === undefined ? late.signal : AbortSignal.any([parent, late.signal]);
    if (ms <= 0) return;
    clock.sleep(ms, this.#done.signal).then(
      () => {
        if (!this.#done.signal.aborted) late.abort(onLate());
      },
      ignoreStopped,
    );
  }

  /** Stops the clock. */
  [Symbol.dispose](): void {
    this.#done.abort();
  }
}

/** A stopped clock rejects: that is its only way to end early. */
function ignoreStopped(): void {}

/**
 * Waits for a promise until a signal goes off.
 *
 * @typeParam T What the promise gives.
 * @param promise What is waited for.
 * @param signal Ends the wait.
 * @param onLate Receives what the promise gave after the wait had ended, such as a connection to close.
 * @returns What the promise gave.
 * @throws The signal's reason when it went off first.
 */
export function untilAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal,
  onLate: (value: T) => void = ignoreStopped,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      reject(signal.reason);
      promise.then(onLate, ignoreStopped);
    };
    if (signal.aborted) return onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
