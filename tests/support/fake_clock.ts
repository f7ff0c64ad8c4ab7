/**
 * A clock for tests: time stands still until the test advances it, or, when `isAutomatic`, until nothing else is left to do.
 *
 * @module
 */

import type { Clock } from "../../lib/http/http_client.ts";

interface Sleeper {
  readonly at: number;
  readonly wake: () => void;
}

/** Options of a {@linkcode FakeClock}. */
export interface FakeClockOptions {
  /** The time to begin with. */
  readonly now?: number;
  /** What `random()` gives, or how it is found each time. */
  readonly random?: number | (() => number);
  /** Whether the earliest sleeper wakes by itself once the event loop has nothing else to do. */
  readonly isAutomatic?: boolean;
}

/** Time and randomness under the control of a test. */
export class FakeClock implements Clock {
  /** How long each sleep was asked to be, in order. */
  readonly sleeps: number[] = [];
  readonly #sleepers = new Set<Sleeper>();
  readonly #random: () => number;
  readonly #isAutomatic: boolean;
  #now: number;

  /** Creates a clock. */
  constructor(options: FakeClockOptions = {}) {
    this.#now = options.now ?? Date.UTC(2026, 0, 1);
    const random = options.random ?? 0.5;
    this.#random = typeof random === "number" ? () => random : random;
    this.#isAutomatic = options.isAutomatic ?? false;
  }

  /** How many sleepers wait. */
  get waiting(): number {
    return this.#sleepers.size;
  }

  /** The fake time. */
  now(): number {
    return this.#now;
  }

  /** The number that the test chose. */
  random(): number {
    return this.#random();
  }

  /** Waits for the fake time to pass. */
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    this.sleeps.push(ms);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const onAbort = (): void => {
      this.#sleepers.delete(sleeper);
      reject(signal?.reason);
    };
    const sleeper: Sleeper = {
      at: this.#now + ms,
      wake: () => {
        this.#sleepers.delete(sleeper);
        signal?.removeEventListener("abort", onAbort);
        resolve();
      },
    };
    this.#sleepers.add(sleeper);
    signal?.addEventListener("abort", onAbort, { once: true });
    if (this.#isAutomatic) void this.#wakeWhenIdle(sleeper);
    return promise;
  }

  /** Lets time pass, waking sleepers in order, and lets what they started run. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    for (let next = this.#earliest(); next !== undefined && next.at <= end; next = this.#earliest()) {
      this.#now = Math.max(this.#now, next.at);
      next.wake();
      await settle();
    }
    this.#now = end;
    await settle();
  }

  /** Moves the time from sleeper to sleeper until a promise is settled, and gives what it gave. */
  async run<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const mark = (): void => {
      isSettled = true;
    };
    promise.then(mark, mark);
    for (let idle = 0; idle < 500;) {
      await settle();
      if (isSettled) return await promise;
      const next = this.#earliest();
      idle = next === undefined ? idle + 1 : 0;
      if (next !== undefined) this.#now = Math.max(this.#now, next.at);
      for (const sleeper of [...this.#sleepers]) if (sleeper.at <= this.#now) sleeper.wake();
    }
    throw new Error(`the promise is still pending while ${this.waiting} sleep`);
  }

  #earliest(): Sleeper | undefined {
    return [...this.#sleepers].sort((left, right) => left.at - right.at)[0];
  }

  async #wakeWhenIdle(sleeper: Sleeper): Promise<void> {
    await settle();
    while (this.#sleepers.has(sleeper)) {
      if (this.#earliest() === sleeper) {
        this.#now = Math.max(this.#now, sleeper.at);
        sleeper.wake();
        return;
      }
      await settle();
    }
  }
}

/** Lets everything run that can run without time passing. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 4; turn++) await new Promise<void>((resolve) => setTimeout(resolve, 0));
}
