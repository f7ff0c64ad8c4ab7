/**
 * Makes the cache remember what its store has.
 *
 * @module
 */

import type { RegistryStore } from "../store/store.ts";
import type { Ledger } from "./ledger.ts";

/** What adoption works with. */
export interface AdoptParts {
  /** Where content is kept. */
  readonly store: RegistryStore;
  /** What was used when. */
  readonly ledger: Ledger;
  /** Tells which local repositories belong to an upstream. */
  readonly owns: (local: string) => boolean;
  /** Ends it between two manifests. */
  readonly signal: AbortSignal;
}

/**
 * Notes content that the store has and the memory does not know, as after a crash.
 *
 * @param parts Store and memory.
 * @throws The signal's reason when it ended before everything is known.
 */
export async function adoptContent(parts: AdoptParts): Promise<void> {
  const { store, ledger, owns, signal } = parts;
  for (const name of await store.names()) {
    signal.throwIfAborted();
    const repository = owns(name) ? await store.repository(name) : undefined;
    if (repository === undefined) continue;
    for (const { digest, blobs } of repository.catalog.records()) {
      signal.throwIfAborted();
      for (const part of [digest, ...blobs]) {
        if (ledger.find(name, part) !== undefined) continue;
        const size = await repository.statBlob(part);
        if (size !== undefined) ledger.noteUse(name, part, size);
      }
    }
  }
}
