/**
 * Lets several callers share one piece of work.
 *
 * @module
 */

/** Work in progress by key. */
export class SingleFlight<T> {
  readonly #running = new Map<string, Promise<T>>();

  /**
   * Does something, or waits for the one who does it already.
   *
   * @param key What it is.
   * @param work Does it.
   * @returns What it gave.
   */
  run(key: string, work: () => Promise<T>): Promise<T> {
    const running = this.#running.get(key);
    if (running !== undefined) return running;
    const started = work().finally(() => this.#running.delete(key));
    this.#running.set(key, started);
    return started;
  }

  /** Waits until nothing runs. */
  async settle(): Promise<void> {
    await Promise.allSettled([...this.#running.values()]);
  }
}
