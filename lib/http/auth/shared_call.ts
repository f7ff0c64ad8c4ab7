/**
 * One piece of work that several callers wait for.
 *
 * @module
 */

import { untilAborted } from "../transport/time_limit.ts";

/**
 * Work that is done once for all who wait. A waiter that gives up does not disturb the others; when the last one gives
 * up, the work is aborted.
 *
 * @typeParam T What the work gives.
 */
export class SharedCall<T> {
  readonly #controller = new AbortController();
  readonly #result: Promise<T>;
  #waiters = 0;
  #isSettled = false;

  /**
   * Starts the work.
   *
   * @param run The work; its signal is aborted when nobody waits any more.
   */
  constructor(run: (signal: AbortSignal) => Promise<T>) {
    this.#result = run(this.#controller.signal).finally(() => {
      this.#isSettled = true;
    });
    // A failure is for those who wait; when all have left, it is nobody's.
    this.#result.catch(() => undefined);
  }

  /** Whether everybody has left before the end, so that nobody should join. */
  get isAbandoned(): boolean {
    return this.#controller.signal.aborted;
  }

  /**
   * Waits for the result.
   *
   * @param signal Ends this wait only.
   * @returns What the work gave.
   * @throws The signal's reason, or whatever the work failed with.
   */
  async wait(signal?: AbortSignal): Promise<T> {
    this.#waiters++;
    try {
      return await (signal === undefined ? this.#result : untilAborted(this.#result, signal));
    } finally {
      this.#waiters--;
      if (this.#waiters === 0 && !this.#isSettled) this.#controller.abort(signal?.reason);
    }
  }

  /**
   * Ends the work for everybody.
   *
   * @param reason What waiters get.
   */
  abort(reason: unknown): void {
    this.#controller.abort(reason);
  }
}
