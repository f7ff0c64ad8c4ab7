/**
 * A store whose garbage can be collected.
 *
 * @module
 */

import type { GcResult } from "./gc.ts";
import type { CollectOptions } from "./gc_options.ts";
import type { RegistryStore } from "./store.ts";

/** A store that collects its garbage by itself, and whenever it is asked to. */
export interface CollectingStore extends RegistryStore {
  /**
   * Collects garbage now.
   *
   * @param options What to spare, whether it is only to be found, and what ends it early.
   * @returns What went, repository by repository.
   */
  collectGarbage(options?: CollectOptions): AsyncIterable<GcResult>;
}
