/**
 * A clock for tests: time stands still until the test moves it, and every sleep is recorded.
 *
 * @module
 */

import type { Clock } from "../../lib/http/http_client.ts";

interface Sleeper {
  readonly at: number;
  readonly wake: () => void;
}

/** Time that only moves when told to. */
export class FakeClock implements Clock {
  /** The length of every sleep that was asked for, in order. */
  readonly slept: number[] = [];
  #now: number;
  #sleepers: Sleeper[] = [];
  #random: () => number;

  /**
   * Creates a clock.
   *
   * @param options `now` is where it starts; `random` gives every random number, or computes it.
   */
  constructor(options: { now?: number; random?: number | (() => number) } = {}) {
    this.#now = options.now ?? Date.UTC(2026, 0, 1);
    const random = options.random ?? 0.5;
    this.#random = typeof random === "number" ? () => random : random;
  }

  /** Milliseconds since 1970. */
  now(): number {
    return this.#now;
  }

  /** The random number that the test chose. */
  random(): number {
    return this.#random();
  }

  /** How many sleeps are waiting. */
  get waiting(): number {
    return this.#sleepers.length;
  }

  /** Waits until the test has moved the time far enough. */
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    this.slept.push(ms);
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        reject(signal?.reason);
      };
      const sleeper: Sleeper = {
        at: this.#now + ms,
        wake: () => {
          signal?.removeEventListener("abort", onAbort);
          resolve();
        },
      };
      this.#sleepers.push(sleeper);
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  }

  /** Lets everything that needs no time run to where it waits. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
  }

  /** Moves the time on, waking every sleeper on the way in its order. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await this.settle();
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#wake(next);
      await this.settle();
    }
    this.#now = end;
  }

  /** Moves the time from sleep to sleep until a promise is settled, and gives what it gave. */
  async run<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const mark = (): void => {
      isSettled = true;
    };
    promise.then(mark, mark);
    for (let step = 0; step < 10_000; step++) {
      await this.settle();
      if (isSettled) return await promise;
      const next = this.#next(Infinity);
      if (next !== undefined) this.#wake(next);
    }
    throw new Error(`the promise is still pending; ${this.waiting} sleeping`);
  }

  #next(end: number): Sleeper | undefined {
    let first: Sleeper | undefined;
    for (const sleeper of this.#sleepers) {
      if (sleeper.at <= end && (first === undefined || sleeper.at < first.at)) first = sleeper;
    }
    return first;
  }

  #wake(sleeper: Sleeper): void {
    this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
    this.#now = Math.max(this.#now, sleeper.at);
    sleeper.wake();
  }
}
