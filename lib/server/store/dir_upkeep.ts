/**
 * What a directory store does by itself: clearing up after earlier runs, and collecting garbage now and then.
 *
 * @module
 */

import type { DirectorySettings } from "./dir_options.ts";
import type { DirectoryRepository } from "./dir_repository.ts";
import { tidyDirectory } from "./dir_tidy.ts";
import type { GcResult, GcRun } from "./gc.ts";

/** What upkeep works on. */
export interface KeptStore {
  /** How files are kept. */
  readonly settings: DirectorySettings;
  /** Gives the names of all directories that may be repositories. */
  names(): AsyncIterable<string>;
  /** Gives the directory of a repository; `undefined` when there is none. */
  directory(name: string): Promise<string | undefined>;
  /** Opens a repository; `undefined` when there is none. */
  open(name: string): Promise<DirectoryRepository | undefined>;
}

/** One round after the other until it is stopped. */
export class Upkeep {
  readonly #store: KeptStore;
  readonly #end = new AbortController();
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

  /** Clears up in the background, and collects garbage from now on. */
  start(): void {
    const startedAt = this.#store.settings.now();
    this.#running = this.#tidied = this.#guarded("clearing up", () => this.#tidy(startedAt));
    this.#arm();
  }

  /** Ends what is going on, at the next repository or batch. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#end.abort();
    await this.#running;
  }

  /**
   * Collects garbage in every repository.
   *
   * @param run What to spare.
   * @returns What went, repository by repository. Those that fail are logged and left alone.
   */
  async *collect(run: GcRun): AsyncGenerator<GcResult> {
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
    this.#timer = setTimeout(() => {
      this.#running = this.#running.then(() => this.#guarded("garbage collection", () => this.#collectAll()));
      void this.#running.then(() => this.#arm());
    }, intervalMs);
    // Upkeep alone is no reason for a process to live.
    Deno.unrefTimer(Number(this.#timer));
  }

  async #collectAll(): Promise<void> {
    const { gc, logger, now } = this.#store.settings;
    for await (const result of this.collect({ policy: gc, nowMs: now(), signal: this.#end.signal })) {
      const { repository, manifests, blobs } = result;
      if (manifests.length + blobs.length === 0) continue;
      const bytes = blobs.reduce((sum, { size }) => sum + size, 0);
      logger.log("info", "garbage collected", { repository, manifests: manifests.length, blobs: blobs.length, bytes });
    }
  }

  async #tidy(startedAt: number): Promise<void> {
    for await (const name of this.#store.names()) {
      if (this.#end.signal.aborted) return;
      const path = await this.#store.directory(name);
      if (path !== undefined) await tidyDirectory(path, this.#store.settings, startedAt);
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
