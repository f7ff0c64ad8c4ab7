/**
 * The repositories that are kept in memory: those used last, and whatever somebody still holds on to.
 *
 * @module
 */

import type { DirectoryRepository } from "./dir_repository.ts";

/** Open repositories by name. There is never more than one of a name. */
export class OpenRepositories {
  readonly #max: number;
  readonly #recent = new Map<string, DirectoryRepository>();
  readonly #held = new Map<string, WeakRef<DirectoryRepository>>();
  readonly #resting = new Set<Promise<void>>();

  /**
   * Creates an empty set.
   *
   * @param max How many are kept.
   */
  constructor(max: number) {
    this.#max = max;
  }

  /**
   * Finds an open repository.
   *
   * @param name Its name.
   * @returns The repository, if it is open.
   */
  get(name: string): DirectoryRepository | undefined {
    const found = this.#recent.get(name);
    if (found !== undefined) {
      // Moving an entry on each use would cost more than it brings while there is room.
      if (this.#recent.size * 2 > this.#max) {
        this.#recent.delete(name);
        this.#recent.set(name, found);
      }
      return found;
    }
    // An upload that goes on holds its repository: a second one of the same name would not see its changes.
    const held = this.#held.get(name)?.deref();
    if (held !== undefined) this.add(held);
    return held;
  }

  /**
   * Keeps a repository; the one not used for longest goes when there are too many.
   *
   * @param repository The repository.
   */
  add(repository: DirectoryRepository): void {
    this.#held.delete(repository.name);
    this.#recent.set(repository.name, repository);
    if (this.#recent.size <= this.#max) return;
    const [oldest] = this.#recent.values();
    if (oldest === undefined) return;
    this.#recent.delete(oldest.name);
    for (const [name, reference] of this.#held) if (reference.deref() === undefined) this.#held.delete(name);
    this.#held.set(oldest.name, new WeakRef(oldest));
    const resting: Promise<void> = oldest.rest().finally(() => void this.#resting.delete(resting));
    this.#resting.add(resting);
  }

  /**
   * Takes a repository back that is used although it was let go, as by a push that began before.
   *
   * @param repository The repository.
   */
  keep(repository: DirectoryRepository): void {
    if (this.#recent.get(repository.name) !== repository) this.add(repository);
  }

  /** Lets go of all. */
  async clear(): Promise<void> {
    const held = [...this.#held.values()].map((reference) => reference.deref()).filter((one) => one !== undefined);
    const open = [...this.#recent.values(), ...held];
    this.#recent.clear();
    this.#held.clear();
    await Promise.all([...this.#resting, ...open.map((repository) => repository.rest())]);
  }
}
