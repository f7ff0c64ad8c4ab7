/**
 * Notices when something that should go on does not.
 *
 * @module
 */

import type { Clock } from "./http_client.ts";

/** Calls back once when an expected thing has not happened in time. Moving the limit is cheap: it sets a number. */
export class Watchdog {
  readonly #clock: Clock;
  readonly #onLate: () => void;
  #deadline = Infinity;
  #timer: AbortController | undefined;
  #isClosed = false;

  /**
   * Creates a watchdog that rests.
   *
   * @param clock Measures the time.
   * @param onLate Called at most once, when the time is up.
   */
  constructor(clock: Clock, onLate: () => void) {
    this.#clock = clock;
    this.#onLate = onLate;
  }

  /**
   * Something is to happen from now on within a time; replaces what was expected before.
   *
   * @param ms The longest wait.
   */
  expect(ms: number): void {
    if (this.#isClosed) return;
    const deadline = this.#clock.now() + ms;
    const isSooner = deadline < this.#deadline;
    this.#deadline = deadline;
    // A timer that runs finds a later deadline by itself when it ends.
    if (this.#timer === undefined || (isSooner && this.#wakesAt > deadline)) this.#start();
  }

  /** Nothing is expected until {@linkcode expect} is called again. */
  rest(): void {
    this.#deadline = Infinity;
  }

  /** Ends the watch for good. */
  close(): void {
    this.#isClosed = true;
    this.#timer?.abort();
    this.#timer = undefined;
  }

  #wakesAt = Infinity;

  #start(): void {
    this.#timer?.abort();
    const timer = new AbortController();
    this.#timer = timer;
    this.#wakesAt = this.#deadline;
    this.#clock.sleep(this.#deadline - this.#clock.now(), timer.signal).then(
      () => {
        if (this.#timer === timer) this.#wake();
      },
      () => {
        // Only close() and #start() abort the timer, and both have put something in its place.
      },
    );
  }

  #wake(): void {
    this.#timer = undefined;
    this.#wakesAt = Infinity;
    if (this.#isClosed || this.#deadline === Infinity) return;
    if (this.#clock.now() < this.#deadline) return this.#start();
    this.close();
    this.#onLate();
  }
}
