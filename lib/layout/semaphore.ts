/**
 * Lets a limited number of tasks of this process through at a time, in the order in which they came.
 *
 * @module
 */

/** A counter of free places with a queue. */
export class Semaphore {
  #free: number;
  readonly #queue = new Set<() => void>();

  /**
   * Creates a semaphore.
   *
   * @param places How many may be in at a time, at least 1.
   */
  constructor(places: number) {
    this.#free = Math.max(1, Math.floor(places));
  }

  /**
   * Waits for a free place.
   *
   * @param signal Ends the waiting; its reason is thrown.
   * @returns Gives the place back, once.
   */
  async acquire(signal?: AbortSignal): Promise<() => void> {
    signal?.throwIfAborted();
    if (this.#free > 0) this.#free--;
    else await this.#wait(signal);
    let isHeld = true;
    return () => {
      if (isHeld) this.#release();
      isHeld = false;
    };
  }

  #wait(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#queue.delete(enter);
        reject(signal?.reason);
      };
      const enter = () => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      };
      this.#queue.add(enter);
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  }

  /** Hands the place straight to the next in the queue, so that nobody who comes later can take it. */
  #release(): void {
    const [next] = this.#queue;
    if (next === undefined) {
      this.#free++;
      return;
    }
    this.#queue.delete(next);
    next();
  }
}
