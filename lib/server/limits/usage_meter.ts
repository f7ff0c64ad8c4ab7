/**
 * How much repositories hold: measured, and counted along until it is measured again.
 *
 * @module
 */

import type { RegistryStore } from "../store/store.ts";

/** The key of all repositories together: no repository has this name. */
export const wholeStore = "";

interface Usage {
  bytes: number;
  /** When it was measured, in milliseconds since the epoch. */
  readonly measuredAt: number;
  /** When it is to be measured again, in milliseconds since the epoch. */
  dueAt: number;
}

interface Measurement {
  readonly done: Promise<void>;
  /** What came meanwhile, and may have been seen or not. */
  added: number;
  isDisturbed: boolean;
  /** Whether something went of which nobody said how much. */
  isStale: boolean;
}

/** Garbage collection and other programs change what is used behind our back. */
const measureAgainMs = 60_000;
/** What was measured while it changed is not quite right. */
const disturbedMs = 5000;
/** How old a measurement may be for which something is refused. */
const renewMs = 5000;

/** Measures and counts. */
export class UsageMeter {
  readonly #store: RegistryStore;
  readonly #now: () => number;
  readonly #usages = new Map<string, Usage>();
  readonly #running = new Map<string, Measurement>();

  /**
   * Creates a meter that knows nothing yet.
   *
   * @param store The store, which must be able to tell its usage.
   * @param now The time in milliseconds since the epoch.
   */
  constructor(store: RegistryStore, now: () => number) {
    this.#store = store;
    this.#now = now;
  }

  /**
   * Tells how much is used, as far as that is known.
   *
   * @param key The repository, or {@linkcode wholeStore}.
   * @returns The bytes.
   */
  bytes(key: string): number {
    return this.#usages.get(key)?.bytes ?? 0;
  }

  /**
   * Counts what came or went.
   *
   * @param name The repository.
   * @param bytes How much came; negative for what went.
   */
  add(name: string, bytes: number): void {
    for (const key of [name, wholeStore]) {
      const usage = this.#usages.get(key);
      if (usage !== undefined) usage.bytes = Math.max(usage.bytes + bytes, 0);
      const running = this.#running.get(key);
      if (running === undefined) continue;
      running.isDisturbed = true;
      // Too much for a moment is better than more than is allowed.
      running.added += Math.max(bytes, 0);
    }
  }

  /**
   * Makes a measurement due, after something changed of which nobody knows how much it is.
   *
   * @param name The repository.
   */
  forget(name: string): void {
    for (const key of [name, wholeStore]) {
      const usage = this.#usages.get(key);
      if (usage !== undefined) usage.dueAt = -Infinity;
      const running = this.#running.get(key);
      if (running !== undefined) running.isStale = true;
    }
  }

  /**
   * Makes sure that a usage is known. One that is due is measured beside, and counts as it is as long as it is not tight.
   *
   * @param key The repository, or {@linkcode wholeStore}.
   * @param isTight Tells whether it matters how much it is exactly.
   */
  async require(key: string, isTight: () => boolean): Promise<void> {
    for (let tries = 0;; tries++) {
      const known = this.#usages.get(key);
      // Where something goes all the time, what is known is as good as it gets.
      if (known !== undefined && (this.#now() < known.dueAt || tries > 2)) return;
      const measuring = this.#measure(key);
      if (known !== undefined && !isTight()) return;
      await measuring;
    }
  }

  /**
   * Measures again before something is refused, unless that was done a moment ago: garbage collection tells nobody what it
   * removed.
   *
   * @param key The repository, or {@linkcode wholeStore}.
   */
  async renew(key: string): Promise<void> {
    const known = this.#usages.get(key);
    if (known === undefined || this.#now() - known.measuredAt >= renewMs) await this.#measure(key);
  }

  /** Of several that ask at the same time, one measures. A failure is told to those who wait. */
  #measure(key: string): Promise<void> {
    const running = this.#running.get(key);
    if (running !== undefined) return running.done;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    promise.catch(() => undefined);
    const measurement: Measurement = { done: promise, added: 0, isDisturbed: false, isStale: false };
    this.#running.set(key, measurement);
    void this.#run(key, measurement).finally(() => {
      // Before those that wait go on, who may begin the next one.
      this.#running.delete(key);
    }).then(resolve, reject);
    return promise;
  }

  async #run(key: string, measurement: Measurement): Promise<void> {
    const measuredAt = this.#now();
    const names = key === wholeStore ? await this.#store.names() : [key];
    let bytes = 0;
    for (const name of names) bytes += await this.#store.usage?.bytesOf(name) ?? 0;
    const wait = measurement.isStale ? 0 : measurement.isDisturbed ? disturbedMs : measureAgainMs;
    this.#usages.set(key, { bytes: bytes + measurement.added, measuredAt, dueAt: measuredAt + wait });
  }
}
