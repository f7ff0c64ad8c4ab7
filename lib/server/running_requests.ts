/**
 * Counts the requests that are being answered.
 *
 * @module
 */

/** The requests that are being answered. */
export class RunningRequests {
  #count = 0;
  #idle: PromiseWithResolvers<void> | undefined;

  /** Notes that one begins. */
  begin(): void {
    this.#count++;
  }

  /** Notes that one has ended, whatever came of it. */
  end(): void {
    if (--this.#count === 0) this.#idle?.resolve();
  }

  /**
   * Waits until none is running.
   *
   * @param ms How long to wait at most, in milliseconds.
   * @returns Whether none was in time.
   */
  async settle(ms: number): Promise<boolean> {
    if (this.#count === 0) return true;
    this.#idle = Promise.withResolvers();
    const timeout = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => timeout.resolve(false), ms);
    const isSettled = await Promise.race([this.#idle.promise.then(() => true), timeout.promise]);
    clearTimeout(timer);
    return isSettled;
  }
}
