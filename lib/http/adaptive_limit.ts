/**
 * How many requests at a time a host takes, found out by trying: one more while all goes well, half when it is too much.
 *
 * @module
 */

/**
 * Requests at a time to begin with. Copying 42 blobs at 50 ms round trip took 2.2 s with 3, 1.2 s with 8, 0.93 s with 16
 * and 0.85 s with 48: from 16 on there is little left to win, and public registries take that many.
 */
export const initialLimit = 16;

/** Requests at a time at most, when the settings do not say. */
export const highestLimit = 64;

/** After refusals, so many rounds of success are needed at most before one more is tried. */
const mostPatience = 64;

/** A limit that follows what a host can bear (additive increase, multiplicative decrease). */
export class AdaptiveLimit {
  readonly #highest: number;
  #limit: number;
  #successes = 0;
  #epoch = 0;
  /** How many rounds of success one more request at a time is worth; a host that refused is tried more rarely. */
  #patience = 1;

  /**
   * Creates a limit.
   *
   * @param configured The number of the host's settings; absent, 0 and less let it adapt up to {@linkcode highestLimit}.
   */
  constructor(configured?: number) {
    this.#highest = configured !== undefined && configured > 0 ? configured : highestLimit;
    this.#limit = Math.min(initialLimit, this.#highest);
  }

  /** Requests at a time now. */
  get current(): number {
    return this.#limit;
  }

  /** Changes with every decrease; a request is judged by the epoch in which it started. */
  get epoch(): number {
    return this.#epoch;
  }

  /**
   * A request succeeded.
   *
   * @param isSaturated Whether the limit was reached: what is not used teaches nothing.
   */
  succeeded(isSaturated: boolean): void {
    if (!isSaturated || this.#limit >= this.#highest) return;
    if (++this.#successes < this.#limit * this.#patience) return;
    this.#successes = 0;
    this.#limit++;
    this.#patience = Math.max(1, this.#patience / 2);
  }

  /**
   * The host was asked too much. Requests that were under way when the limit was last lowered do not lower it again: they
   * say nothing about the new one.
   *
   * @param epoch The epoch in which the refused request started.
   */
  overloaded(epoch: number): void {
    if (epoch !== this.#epoch) return;
    this.#epoch++;
    this.#successes = 0;
    this.#limit = Math.max(1, Math.ceil(this.#limit / 2));
    this.#patience = Math.min(mostPatience, this.#patience * 4);
  }
}
