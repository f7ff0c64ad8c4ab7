/**
 * A store in memory: for tests, demos and short-lived registries.
 *
 * @module
 */

import { type Logger, silentLogger } from "../../log.ts";
import type { Digest } from "../../oci/digest.ts";
import { createBudget } from "./byte_budget.ts";
import type { CollectingStore } from "./collecting_store.ts";
import { type GcOptions, resolveGcOptions } from "./gc_options.ts";
import { MemoryRepositories } from "./memory_repositories.ts";
import { MemoryRepository, type MemoryShared } from "./memory_repository.ts";
import { Upkeep } from "./upkeep.ts";

/** Options of {@linkcode createMemoryStore}. */
export interface MemoryStoreOptions {
  /** How many bytes the store may hold, blobs shared by repositories counted once; unlimited by default. */
  readonly maxBytes?: number | undefined;
  /** The time after which an idle upload is removed, in milliseconds; one hour by default. */
  readonly uploadIdleMs?: number | undefined;
  /** How garbage is collected; by itself every 15 minutes by default, from the first repository on. */
  readonly gc?: GcOptions | undefined;
  /** Takes log lines; silent by default. */
  readonly logger?: Logger | undefined;
  /** The time in milliseconds since the epoch; the system's clock by default. */
  readonly now?: (() => number) | undefined;
}

/**
 * Creates an empty store in memory.
 *
 * @param options Its limits, and how garbage is collected.
 * @returns The store. Disposing of it ends its garbage collection, and drops what it holds.
 */
export function createMemoryStore(options: MemoryStoreOptions = {}): CollectingStore {
  const { now = Date.now, logger = silentLogger, uploadIdleMs = 60 * 60 * 1000 } = options;
  const repositories = new MemoryRepositories();
  const shared: MemoryShared = {
    budget: createBudget(options.maxBytes ?? Infinity),
    now,
    uploadIdleMs,
    onUse: (repository) => repositories.keep(repository),
    onEmpty: (repository) => repositories.remove(repository),
  };
  const upkeep = new Upkeep({
    settings: { gc: resolveGcOptions(options.gc), logger, now },
    names: () => repositories.all().map(({ name }) => name),
    open: (name) => repositories.get(name),
  });
  return {
    isReadOnly: false,
    usage: {
      bytesOf: (name) => Promise.resolve(repositories.get(name)?.usedBytes() ?? 0),
      freeBytes: () => Promise.resolve(Infinity),
    },
    repository: (name) => repositories.get(name),
    create(name) {
      // Before that there is nothing to collect.
      upkeep.start();
      const repository = repositories.find(name) ?? new MemoryRepository(name, shared);
      repositories.keep(repository);
      return Promise.resolve(repository);
    },
    names: () => Promise.resolve(repositories.all().filter((one) => one.hasContent).map((one) => one.name).sort()),
    async *holders(digest: Digest): AsyncGenerator<string> {
      for (const repository of repositories.all()) if (repository.hasBlob(digest)) yield repository.name;
    },
    collectGarbage: (asked) => upkeep.collectNow(asked),
    async [Symbol.asyncDispose]() {
      await upkeep.stop();
      repositories.clear();
    },
  };
}
