/**
 * What a store does by itself: clearing up at its start, and collecting garbage now and then.
 *
 * @module
 */

import type { Logger } from "../../log.ts";
import type { GcResult, GcRun } from "./gc.ts";
import { type CollectOptions, type GcSettings, resolveGcOptions } from "./gc_options.ts";

/** A repository whose garbage can be collected. */
export interface CollectableRepository {
  /** Collects garbage; gives `undefined` when somebody else is at work there. */
  collect(run: GcRun): Promise<GcResult | undefined>;
}

/** What upkeep works on. */
export interface KeptStore {
  /** How often, and what is spared. */
  readonly settings: {
    /** What is spared, and how often to look. */
    readonly gc: GcSettings;
    /** Takes log lines. */
    readonly logger: Logger;
    /** The time in milliseconds since the epoch. */
    readonly now: () => number;
    /** Whether nothing may be removed. */
    readonly isReadOnly?: boolean;
  };
  /** Gives the names of all that may be repositories. */
  names(): Iterable<string> | AsyncIterable<string>;
  /** Finds a repository; `undefined` when there is none. */
  open(name: string): CollectableRepository | undefined | Promise<CollectableRepository | undefined>;
  /** Clears up what earlier runs left behind. */
  readonly tidy?: (signal: AbortSignal) => Promise<void>;
}

/** Timers count in 32 bits. */
const longestTimerMs = 2 ** 31 - 1;

/** One round after the other until it is stopped. */
export class Upkeep {
  readonly #store: KeptStore;
  readonly #end = new AbortController();
  #isStarted = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running: Promise<void> = Promise.resolve();
  #tidied: Promise<void> = Promise.resolve();

  /**
   * Names the store. Nothing is done yet.
   *
   * @param store The store.
   */
  constructor(store: KeptStore) {
    this.#store = store;
  }

  /** Clears up in the background, and collects garbage from now on. Later calls do nothing. */
  start(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    const { tidy } = this.#store;
    if (tidy !== undefined) this.#running = this.#tidied = this.#guarded("clearing up", () => tidy(this.#end.signal));
    this.#arm();
  }

  /** Ends what is going on, at the next repository or batch. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#end.abort();
    await this.#running;
  }

  /**
   * Collects garbage because somebody asked for it.
   *
   * @param options What to spare, whether it is only to be found, and what ends it early.
   * @returns What went, repository by repository. Those that fail are logged and left alone.
   */
  collectNow(options: CollectOptions = {}): AsyncGenerator<GcResult> {
    const { now, isReadOnly = false } = this.#store.settings;
    const isDryRun = options.isDryRun === true || isReadOnly;
    return this.#collect({ policy: resolveGcOptions(options), nowMs: now(), isDryRun, signal: options.signal });
  }

  async *#collect(run: GcRun): AsyncGenerator<GcResult> {
    const { logger } = this.#store.settings;
    // Clearing up takes the same locks: it would look like another program.
    await this.#tidied;
    for await (const name of this.#store.names()) {
      run.signal?.throwIfAborted();
      try {
        const repository = await this.#store.open(name);
        if (repository === undefined) continue;
        const result = await repository.collect(run);
        if (result !== undefined) yield result;
        else logger.log("info", "garbage left alone while another program writes", { repository: name });
      } catch (error) {
        run.signal?.throwIfAborted();
        logger.log("warn", "garbage collection given up, nothing that is needed was removed", {
          repository: name,
          error: error instanceof Error ? error.message : String(error),
        });
      }
    }
  }

  #arm(): void {
    const { intervalMs } = this.#store.settings.gc;
    if (intervalMs <= 0 || !Number.isFinite(intervalMs) || this.#end.signal.aborted) return;
    // A store that its owner lost without disposing of it is not kept in memory by its upkeep.
    const self = new WeakRef(this);
    this.#timer = setTimeout(() => {
      const upkeep = self.deref();
      if (upkeep !== undefined) upkeep.#next();
    }, Math.min(intervalMs, longestTimerMs));
    // Upkeep alone is no reason for a process to live. Elsewhere than in Deno and Node timers may be plain numbers.
    const timer: unknown = this.#timer;
    if (typeof timer === "object" && timer !== null && "unref" in timer) this.#timer.unref();
  }

  #next(): void {
    this.#running = this.#running.then(() => this.#guarded("garbage collection", () => this.#collectAll()));
    void this.#running.then(() => this.#arm());
  }

  async #collectAll(): Promise<void> {
    const { gc, logger, now } = this.#store.settings;
    for await (const result of this.#collect({ policy: gc, nowMs: now(), signal: this.#end.signal })) {
      const { repository, manifests, blobs, isRemoved } = result;
      if (isRemoved) logger.log("info", "empty repository removed", { repository });
      if (manifests.length + blobs.length === 0) continue;
      const bytes = blobs.reduce((sum, { size }) => sum + size, 0);
      logger.log("info", "garbage collected", { repository, manifests: manifests.length, blobs: blobs.length, bytes });
    }
  }

  async #guarded(doing: string, task: () => Promise<void>): Promise<void> {
    try {
      await task();
    } catch (error) {
      if (this.#end.signal.aborted) return;
      this.#store.settings.logger.log("warn", `${doing} failed`, { error });
    }
  }
}
