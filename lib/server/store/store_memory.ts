/**
 * A store in memory: for tests, demos and short-lived registries.
 *
 * @module
 */

import type { Digest } from "../../oci/digest.ts";
import { createBudget } from "./byte_budget.ts";
import { MemoryRepository } from "./memory_repository.ts";
import type { RegistryStore } from "./store.ts";

/** Options of {@linkcode createMemoryStore}. */
export interface MemoryStoreOptions {
  /** How many bytes the store may hold, blobs shared by repositories counted once; unlimited by default. */
  readonly maxBytes?: number | undefined;
  /** The time in milliseconds since the epoch; the system's clock by default. */
  readonly now?: (() => number) | undefined;
}

/**
 * Creates an empty store in memory.
 *
 * @param options Its limit.
 * @returns The store.
 */
export function createMemoryStore(options: MemoryStoreOptions = {}): RegistryStore {
  const repositories = new Map<string, MemoryRepository>();
  const budget = createBudget(options.maxBytes ?? Infinity);
  const now = options.now ?? Date.now;
  return {
    isReadOnly: false,
    usage: {
      bytesOf: (name) => Promise.resolve(repositories.get(name)?.usedBytes() ?? 0),
      freeBytes: () => Promise.resolve(Infinity),
    },
    repository: (name) => repositories.get(name),
    create(name) {
      let repository = repositories.get(name);
      if (repository === undefined) {
        repositories.set(name, repository = new MemoryRepository(name, budget, now));
      }
      return Promise.resolve(repository);
    },
    names: () =>
      Promise.resolve([...repositories.values()].filter((one) => one.hasContent).map((one) => one.name).sort()),
    async *holders(digest: Digest): AsyncGenerator<string> {
      for (const repository of repositories.values()) {
        if (repository.statBlob(digest) !== undefined) yield await Promise.resolve(repository.name);
      }
    },
    [Symbol.asyncDispose]() {
      repositories.clear();
      return Promise.resolve();
    },
  };
}
