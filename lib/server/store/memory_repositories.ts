/**
 * The repositories of the memory store by name.
 *
 * @module
 */

import type { MemoryRepository } from "./memory_repository.ts";

/** Repositories by name. There is never more than one of a name, also while one is removed that a request still works with. */
export class MemoryRepositories {
  readonly #kept = new Map<string, MemoryRepository>();
  readonly #removed = new Map<string, WeakRef<MemoryRepository>>();

  /**
   * Finds a repository.
   *
   * @param name Its name.
   * @returns The repository, unless there is none or it was removed.
   */
  get(name: string): MemoryRepository | undefined {
    return this.#kept.get(name);
  }

  /**
   * Finds a repository, also one that was removed and that somebody still holds on to.
   *
   * @param name Its name.
   * @returns The repository.
   */
  find(name: string): MemoryRepository | undefined {
    return this.#kept.get(name) ?? this.#removed.get(name)?.deref();
  }

  /**
   * Gives all that are not removed, as of now.
   *
   * @returns The repositories.
   */
  all(): readonly MemoryRepository[] {
    return [...this.#kept.values()];
  }

  /**
   * Keeps a repository, be it new or one that was removed.
   *
   * @param repository The repository.
   */
  keep(repository: MemoryRepository): void {
    this.#removed.delete(repository.name);
    this.#kept.set(repository.name, repository);
  }

  /**
   * Removes a repository. A request that found it before may bring it back.
   *
   * @param repository The repository.
   */
  remove(repository: MemoryRepository): void {
    for (const [name, reference] of this.#removed) if (reference.deref() === undefined) this.#removed.delete(name);
    this.#kept.delete(repository.name);
    this.#removed.set(repository.name, new WeakRef(repository));
  }

  /** Removes all. */
  clear(): void {
    this.#kept.clear();
    this.#removed.clear();
  }
}
