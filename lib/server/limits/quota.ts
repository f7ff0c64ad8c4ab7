/**
 * How much repositories and the whole store may hold, and how much of the disk stays free.
 *
 * @module
 */

import { ApiError } from "../api_error.ts";
import type { RegistryStore } from "../store/store.ts";
import { UsageMeter, wholeStore } from "./usage_meter.ts";

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

/** Room that is set aside for something on its way; given back when disposed of. */
export interface RoomHold extends Disposable {
  /**
   * Sets another number of bytes aside instead.
   *
   * @throws {ApiError} 507 when it is more, and there is not so much; what was set aside stays so.
   */
  resize(bytes: number): Promise<void>;
  /** Counts it as used: what was on its way is stored. */
  keep(): void;
}

/** How many bytes must go before something fits, in one repository and in all together; 0 for none. */
export interface Shortage {
  /** In the repository. */
  readonly repository: number;
  /** In the whole store, or on its disk. */
  readonly store: number;
}

const freeCheckMs = 1000;

/** Watches over limits of space. */
export class Quota {
  readonly #options: QuotaOptions;
  readonly #meter: UsageMeter;
  readonly #held = new Map<string, number>();
  #free: { readonly bytes: number; readonly measuredAt: number } | undefined;

  /**
   * Creates a watch.
   *
   * @param options The limits and the store.
   */
  constructor(options: QuotaOptions) {
    this.#options = options;
    this.#meter = new UsageMeter(options.store, options.now);
  }

  /**
   * Tells how many more bytes a repository may take.
   *
   * @param name The repository.
   * @returns The number; `Infinity` without limits.
   * @throws {ApiError} 507 when the disk is as good as full.
   */
  async room(name: string): Promise<number> {
    await this.#requireFree(0);
    await this.#measureAll(name);
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
    using held = await this.hold(name, bytes);
    await store();
    held.keep();
  }

  /**
   * Sets room aside, so that two that fit one by one do not both go in.
   *
   * @param name The repository.
   * @param bytes How much.
   * @returns The room.
   * @throws {ApiError} 507 when there is not so much.
   */
  async hold(name: string, bytes: number): Promise<RoomHold> {
    await this.#requireFree(bytes);
    await this.#measureFor(name, bytes);
    // Looked at and counted without a wait between.
    if (bytes > this.#roomNow(name)) throw noRoom();
    return this.adopt(name, bytes);
  }

  /**
   * Sets room aside for what takes it already, whether there is so much or not.
   *
   * @param name The repository.
   * @param bytes How much.
   * @returns The room.
   */
  adopt(name: string, bytes: number): RoomHold {
    let held = 0;
    let isOver = false;
    const set = (wanted: number): void => {
      if (isOver) return;
      this.#countHeld(name, wanted - held);
      held = wanted;
    };
    const release = (): void => {
      set(0);
      isOver = true;
    };
    set(bytes);
    return {
      resize: async (wanted) => {
        if (wanted > held) {
          await this.#requireFree(wanted - held);
          await this.#measureFor(name, wanted - held);
          // Again without a wait between.
          if (wanted - held > this.#roomNow(name)) throw noRoom();
        }
        set(wanted);
      },
      keep: () => {
        this.#meter.add(name, held);
        release();
      },
      [Symbol.dispose]: release,
    };
  }

  /**
   * Tells how much must go before something fits.
   *
   * @param name The repository.
   * @param bytes How much it is.
   * @returns The bytes that are too many; `undefined` when it does not fit into an empty repository or store either.
   */
  async shortage(name: string, bytes: number): Promise<Shortage | undefined> {
    const { maxRepositoryBytes = Infinity, maxStoreBytes = Infinity, minFreeBytes = 0 } = this.#options;
    if (bytes > Math.min(maxRepositoryBytes, maxStoreBytes)) return undefined;
    await this.#measureFor(name, bytes);
    const free = await this.#freeBytes();
    return {
      repository: Math.max(bytes - (maxRepositoryBytes - this.#usedBy(name)), 0),
      store: Math.max(bytes - (maxStoreBytes - this.#usedBy(wholeStore)), bytes + minFreeBytes - free, 0),
    };
  }

  /** How much more than needed goes at once when room is made, in bytes, so that this is not done for each thing anew. */
  get slack(): number {
    const { maxRepositoryBytes = Infinity, maxStoreBytes = Infinity, minFreeBytes = 0 } = this.#options;
    const limit = Math.min(maxRepositoryBytes, maxStoreBytes);
    return Math.floor((limit === Infinity ? minFreeBytes : limit) / 64);
  }

  /**
   * Takes note that something went.
   *
   * @param name Its repository.
   * @param bytes How much it was.
   */
  freed(name: string, bytes: number): void {
    this.#meter.add(name, -bytes);
    this.#free = undefined;
  }

  /**
   * Makes the next look at a repository a fresh one, after something went or was linked.
   *
   * @param name The repository.
   */
  changed(name: string): void {
    this.#meter.forget(name);
    this.#free = undefined;
  }

  #countHeld(name: string, bytes: number): void {
    for (const key of [name, wholeStore]) this.#held.set(key, (this.#held.get(key) ?? 0) + bytes);
    if (this.#held.get(name) === 0) this.#held.delete(name);
  }

  #usedBy(name: string): number {
    return this.#meter.bytes(name) + (this.#held.get(name) ?? 0);
  }

  #roomNow(name: string): number {
    const { maxRepositoryBytes = Infinity, maxStoreBytes = Infinity } = this.#options;
    return Math.max(Math.min(maxRepositoryBytes - this.#usedBy(name), maxStoreBytes - this.#usedBy(wholeStore)), 0);
  }

  /** What would be refused is looked at once more. */
  async #measureFor(name: string, bytes: number): Promise<void> {
    await this.#measureAll(name, bytes);
    if (bytes <= this.#roomNow(name)) return;
    const { maxRepositoryBytes = Infinity, maxStoreBytes = Infinity } = this.#options;
    if (maxRepositoryBytes !== Infinity) await this.#meter.renew(name);
    if (maxStoreBytes !== Infinity) await this.#meter.renew(wholeStore);
  }

  /** With some room to spare it need not be known exactly. */
  async #measureAll(name: string, bytes = 0): Promise<void> {
    const { maxRepositoryBytes = Infinity, maxStoreBytes = Infinity } = this.#options;
    const isTight = () => this.#roomNow(name) <= bytes + this.slack;
    if (maxRepositoryBytes !== Infinity) await this.#meter.require(name, isTight);
    if (maxStoreBytes !== Infinity) await this.#meter.require(wholeStore, isTight);
  }

  async #requireFree(bytes: number): Promise<void> {
    const { minFreeBytes = 0 } = this.#options;
    if (minFreeBytes > 0 && await this.#freeBytes() - bytes < minFreeBytes) throw noRoom();
  }

  /** Infinite when nobody wants to know. */
  async #freeBytes(): Promise<number> {
    const { store, now, minFreeBytes = 0 } = this.#options;
    if (minFreeBytes === 0 || store.usage === undefined) return Infinity;
    if (this.#free === undefined || now() - this.#free.measuredAt >= freeCheckMs) {
      this.#free = { measuredAt: now(), bytes: await store.usage.freeBytes() };
    }
    return this.#free.bytes;
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

/**
 * Tells whether an error is the refusal for what does not fit.
 *
 * @param error What was thrown.
 * @returns Whether it is.
 */
export function isNoRoom(error: unknown): boolean {
  return error instanceof ApiError && error.status === 507;
}
