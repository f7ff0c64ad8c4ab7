/**
 * A store for tests that do not dispose of it.
 *
 * @module
 */

import type { CollectingStore } from "../../lib/server/store/collecting_store.ts";
import { createMemoryStore, type MemoryStoreOptions } from "../../lib/server/store/store_memory.ts";

/** Creates a store in memory that collects garbage only when it is asked to: it has no timer that somebody would have to stop. */
export function quietStore(options: MemoryStoreOptions = {}): CollectingStore {
  return createMemoryStore({ ...options, gc: { ...options.gc, intervalMs: 0 } });
}
