/**
 * A repository that lives in memory: for tests, dry runs and as a staging place.
 *
 * @module
 */

import type { Digest } from "../oci/digest.ts";
import type { BlobStore, CallOptions, ManifestStore, Repository, TagStore } from "../repository.ts";
import type { CanListReferrers, CanMount, CanProbe, ReferrerList, ReferrerListOptions } from "../repository_powers.ts";
import { createMemoryBlobs } from "./memory_blobs.ts";
import { createMemoryManifests, createMemoryTags, listMemoryReferrers } from "./memory_manifests.ts";
import { createMemoryState, type MemoryState } from "./memory_state.ts";

/** A repository in memory with every optional power. */
export interface MemoryRepository extends Repository, CanListReferrers, CanMount, CanProbe {}

/** Holds repositories by name, between which blobs can be mounted. */
export interface MemoryRegistry {
  /**
   * Opens a repository; two calls with one name give handles to the same content.
   *
   * @param name The repository's name.
   * @returns The repository, which exists once something was put into it.
   */
  repository(name: string): MemoryRepository;
}

/** Options of {@linkcode createMemoryRepository}. */
export interface MemoryRepositoryOptions {
  /** The registry that holds it; one of its own by default. */
  readonly registry?: MemoryRegistry | undefined;
}

const states = new WeakMap<Repository, MemoryState>();
let registryCount = 0;

/**
 * Creates a registry in memory.
 *
 * @returns The registry, without repositories.
 */
export function createMemoryRegistry(): MemoryRegistry {
  const home = `memory://${++registryCount}`;
  const repositories = new Map<string, MemoryState>();
  return {
    repository(name: string): MemoryRepository {
      let state = repositories.get(name);
      if (state === undefined) {
        state = createMemoryState(home, name);
        repositories.set(name, state);
      }
      return new MemoryHandle(state);
    },
  };
}

/**
 * Creates a repository in memory.
 *
 * @param name The name to show to people.
 * @param options The registry to create it in.
 * @returns The repository, empty unless its registry already has it.
 */
export function createMemoryRepository(name: string, options: MemoryRepositoryOptions = {}): MemoryRepository {
  return (options.registry ?? createMemoryRegistry()).repository(name);
}

class MemoryHandle implements MemoryRepository {
  readonly id: string;
  readonly name: string;
  readonly blobs: BlobStore;
  readonly manifests: ManifestStore;
  readonly tags: TagStore;
  readonly #state: MemoryState;

  constructor(state: MemoryState) {
    this.#state = state;
    this.id = `${state.home}/${state.name}`;
    this.name = state.name;
    this.blobs = createMemoryBlobs(state, (source) => this.canMountFrom(source) ? states.get(source) : undefined);
    this.manifests = createMemoryManifests(state);
    this.tags = createMemoryTags(state);
    states.set(this, state);
  }

  exists(options?: CallOptions): Promise<boolean> {
    return Promise.try(() => {
      options?.signal?.throwIfAborted();
      return this.#state.isCreated;
    });
  }

  canMountFrom(source: Repository): boolean {
    return states.get(source)?.home === this.#state.home;
  }

  listReferrers(subject: Digest, options?: ReferrerListOptions): Promise<ReferrerList> {
    return Promise.try(() => listMemoryReferrers(this.#state, subject, options));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Memory holds nothing open; the content outlives the handle.
  }
}
