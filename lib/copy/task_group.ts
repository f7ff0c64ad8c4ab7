/**
 * Runs many things at once: the first failure is the failure, cancels the rest, and nothing is left running.
 *
 * @module
 */

/** Things that run at the same time and end together. */
export class TaskGroup {
  readonly #controller = new AbortController();
  readonly #running = new Set<Promise<unknown>>();
  readonly #outer: AbortSignal | undefined;
  #failure: { readonly error: unknown } | undefined;
  /** Aborted by the caller's signal, or by the first failure with its error as the reason. */
  readonly signal: AbortSignal;

  /**
   * Creates a group without members.
   *
   * @param signal The caller's signal.
   */
  constructor(signal: AbortSignal | undefined) {
    this.#outer = signal;
    this.signal = signal === undefined ? this.#controller.signal : AbortSignal.any([signal, this.#controller.signal]);
  }

  /**
   * Makes a promise a member: its failure is the group's.
   *
   * @typeParam T What it gives.
   * @param work The promise.
   * @returns The same promise; it may be awaited or not.
   */
  add<T>(work: Promise<T>): Promise<T> {
    this.keep(work);
    work.catch((error: unknown) => this.#fail(error));
    return work;
  }

  /**
   * Makes a promise a member whose failure matters to nobody but those who await it.
   *
   * @typeParam T What it gives.
   * @param work The promise.
   * @returns The same promise.
   */
  keep<T>(work: Promise<T>): Promise<T> {
    this.#running.add(work);
    const forget = () => this.#running.delete(work);
    work.then(forget, forget);
    return work;
  }

  /**
   * Runs the group's first member and waits until all members, also those added meanwhile, have ended.
   *
   * @typeParam T What it gives.
   * @param work The member.
   * @returns What it gave.
   * @throws The first failure of any member; the reason of the caller's signal when that was aborted.
   */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const [result] = await Promise.allSettled([this.add(Promise.try(work))]);
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
    if (this.#failure !== undefined) throw this.#failure.error;
    if (result.status === "rejected") throw result.reason;
    return result.value;
  }

  #fail(error: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = { error: this.#outer?.aborted === true ? this.#outer.reason : error };
    this.#controller.abort(error);
  }
}
