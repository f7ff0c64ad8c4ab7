/**
 * Removes content from the cache, in the background or because something needs its room; one removal at a time.
 *
 * @module
 */

import type { Logger } from "../../log.ts";
import { isNoRoom, type Quota, type RoomHold } from "../limits/quota.ts";
import type { RegistryStore } from "../store/store.ts";
import { adoptContent } from "./adopt_content.ts";
import type { CacheClock, CacheCounts, UpstreamSettings } from "./cache_options.ts";
import { evict, evictFor, ownedBy } from "./evict.ts";
import type { Ledger } from "./ledger.ts";

/** What a sweeper works with. */
export interface SweeperParts {
  /** Where content is kept. */
  readonly store: RegistryStore;
  /** What was used when. */
  readonly ledger: Ledger;
  /** The limits of space, if there are any. */
  readonly quota: Quota | undefined;
  /** The time. */
  readonly clock: CacheClock;
  /** Takes log lines. */
  readonly logger: Logger;
  /** The settings of all upstreams, those with the longest prefix first. */
  readonly settings: readonly UpstreamSettings[];
  /** Takes the number of evictions. */
  readonly counts: Pick<{ -readonly [Key in keyof CacheCounts]: number }, "evictions">;
}

const sweepEveryMs = 60 * 1000;

/** Makes room. */
export class Sweeper {
  readonly #parts: SweeperParts;
  #queue: Promise<void> = Promise.resolve();
  #isSweepWanted = false;
  #sweptAt = -Infinity;
  #adopting: Promise<void> | undefined;

  /**
   * Creates a sweeper.
   *
   * @param parts What it works with.
   */
  constructor(parts: SweeperParts) {
    this.#parts = parts;
  }

  /** Sweeps when that was not done for a minute. */
  sweepWhenDue(): void {
    if (this.#parts.clock.now() - this.#sweptAt >= sweepEveryMs) this.sweepSoon();
  }

  /**
   * Sweeps soon when something came that may be too much for its upstream.
   *
   * @param settings The upstream's settings.
   */
  noteStored(settings: UpstreamSettings): void {
    if (settings.maxBytes < Infinity) this.sweepSoon();
  }

  /** Removes what is too old or too much for its upstream, in the background. */
  sweepSoon(): void {
    if (this.#isSweepWanted) return;
    this.#isSweepWanted = true;
    void this.#inTurn(() => this.#sweep());
  }

  /**
   * Sets room aside for content, which removes other content when there is none.
   *
   * @param local The local repository it goes to.
   * @param bytes How much it is.
   * @returns The room; `undefined` when space is not limited.
   * @throws {ApiError} 507 when no room can be made.
   */
  async hold(local: string, bytes: number): Promise<RoomHold | undefined> {
    const { quota } = this.#parts;
    try {
      return await quota?.hold(local, bytes);
    } catch (error) {
      if (quota === undefined || !isNoRoom(error)) throw error;
      await this.#inTurn(() => this.#makeRoom(quota, local, bytes));
      return await quota.hold(local, bytes);
    }
  }

  /** Waits until nothing is being removed. */
  async settle(): Promise<void> {
    for (let seen; seen !== this.#queue;) await (seen = this.#queue);
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    return this.#queue = this.#queue.then(async () => {
      try {
        if (!this.#parts.store.isReadOnly) await work();
      } catch (error) {
        this.#parts.logger.log("error", "the cache could not make room", { error });
      }
    });
  }

  async #sweep(): Promise<void> {
    const { settings: all, clock, counts } = this.#parts;
    this.#isSweepWanted = false;
    this.#sweptAt = clock.now();
    for (const settings of all) {
      if (settings.maxBytes === Infinity && settings.maxAgeMs === Infinity) continue;
      await this.#knowAll();
      counts.evictions += await evict(settings, { ...this.#parts, now: clock.now() });
    }
  }

  async #makeRoom(quota: Quota, local: string, bytes: number): Promise<void> {
    const { clock, counts } = this.#parts;
    await this.#knowAll();
    counts.evictions += await evictFor(local, bytes, { ...this.#parts, quota, now: clock.now() });
  }

  /** What a crash made the memory forget counts too. */
  async #knowAll(): Promise<void> {
    const { settings: all, store, ledger } = this.#parts;
    await ledger.load();
    const owns = (local: string): boolean => all.some((settings) => ownedBy(settings, all)(local));
    await (this.#adopting ??= adoptContent({ store, ledger, owns }));
  }
}
