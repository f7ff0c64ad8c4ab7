/**
 * How much repositories and the whole store may hold, and how much of the disk stays free.
 *
 * @module
 */

import { ApiError } from "../api_error.ts";
import type { RegistryStore } from "../store/store.ts";

/** The limits; each is off by default. */
export interface QuotaLimits {
  /** How many bytes each repository may hold. */
  readonly maxRepositoryBytes?: number | undefined;
  /** How many bytes all repositories together may hold; a blob in two of them counts twice. */
  readonly maxStoreBytes?: number | undefined;
  /** How many bytes of the disk stay free. */
  readonly minFreeBytes?: number | undefined;
}

/** Options of {@linkcode Quota}. */
export interface QuotaOptions extends QuotaLimits {
  /** The store, which must be able to tell its usage. */
  readonly store: RegistryStore;
  /** The time in milliseconds since the epoch. */
  readonly now: () => number;
}

interface Usage {
  bytes: number;
  measuredAt: number;
}

/** Garbage collection and other programs change what is used behind our back. */
const measureAgainMs = 60_000;
const freeCheckMs = 1000;
const wholeStore = "";

/** Watches over limits of space. */
export class Quota {
  readonly #options: QuotaOptions;
  readonly #usages = new Map<string, Usage>();
  readonly #measuring = new Map<string, Promise<void>>();
  #free: Usage | undefined;

  /**
   * Creates a watch.
   *
   * @param options The limits and the store.
   */
  constructor(options: QuotaOptions) {
    this.#options = options;
  }

  /**
   * Tells how many more bytes a repository may take.
   *
   * @param name The repository.
   * @returns The number; `Infinity` without limits.
   * @throws {ApiError} 507 when the disk is as good as full.
   */
  async room(name: string): Promise<number> {
    await this.#checkDisk();
    const { maxRepositoryBytes = Infinity, maxStoreBytes = Infinity } = this.#options;
    if (maxRepositoryBytes !== Infinity) await this.#measure(name);
    if (maxStoreBytes !== Infinity) await this.#measure(wholeStore);
    return this.#roomNow(name);
  }

  /**
   * Stores something if there is room for it.
   *
   * @param name The repository.
   * @param bytes How much it is.
   * @param store Stores it.
   * @throws {ApiError} 507 when there is no room; whatever `store` throws.
   */
  async claim(name: string, bytes: number, store: () => Promise<void>): Promise<void> {
    await this.room(name);
    // Looked at and counted without a wait between, so that two that fit one by one do not both go in.
    if (bytes > this.#roomNow(name)) throw noRoom();
    this.#add(name, bytes);
    try {
      await store();
    } catch (error) {
      this.#add(name, -bytes);
      throw error;
    }
  }

  /**
   * Makes the next look at a repository a fresh one, after something went or was linked.
   *
   * @param name The repository.
   */
  changed(name: string): void {
    this.#usages.delete(name);
    this.#usages.delete(wholeStore);
  }

  #add(name: string, bytes: number): void {
    for (const key of [name, wholeStore]) {
      const usage = this.#usages.get(key);
      if (usage !== undefined) usage.bytes += bytes;
    }
  }

  #roomNow(name: string): number {
    const { maxRepositoryBytes = Infinity, maxStoreBytes = Infinity } = this.#options;
    const inRepository = this.#usages.get(name)?.bytes ?? 0;
    const inStore = this.#usages.get(wholeStore)?.bytes ?? 0;
    return Math.max(Math.min(maxRepositoryBytes - inRepository, maxStoreBytes - inStore), 0);
  }

  /** Makes sure that a usage is known; of several that ask at the same time, one measures. */
  async #measure(name: string): Promise<void> {
    const { now } = this.#options;
    const known = this.#usages.get(name);
    if (known !== undefined && now() - known.measuredAt < measureAgainMs) return;
    let measuring = this.#measuring.get(name);
    if (measuring === undefined) {
      measuring = this.#measureNow(name).finally(() => this.#measuring.delete(name));
      this.#measuring.set(name, measuring);
    }
    await measuring;
  }

  async #measureNow(name: string): Promise<void> {
    const { store, now } = this.#options;
    const measuredAt = now();
    const names = name === wholeStore ? await store.names() : [name];
    let bytes = 0;
    for (const each of names) bytes += await store.usage?.bytesOf(each) ?? 0;
    this.#usages.set(name, { bytes, measuredAt });
  }

  async #checkDisk(): Promise<void> {
    const { store, now, minFreeBytes = 0 } = this.#options;
    if (minFreeBytes === 0 || store.usage === undefined) return;
    if (this.#free === undefined || now() - this.#free.measuredAt >= freeCheckMs) {
      this.#free = { measuredAt: now(), bytes: await store.usage.freeBytes() };
    }
    if (this.#free.bytes < minFreeBytes) throw noRoom();
  }
}

/**
 * Makes the refusal for what does not fit.
 *
 * @returns The refusal.
 */
export function noRoom(): ApiError {
  return new ApiError(507, "UNKNOWN", "there is no space left for this");
}
