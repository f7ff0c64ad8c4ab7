/**
 * A map with room for so many entries: the one set longest ago goes.
 *
 * @module
 */

/** A bounded map. */
export class RecentMap<V> {
  readonly #entries = new Map<string, V>();

  /**
   * Creates a map.
   *
   * @param room How many entries it holds.
   */
  constructor(readonly room: number) {}

  /**
   * Finds an entry.
   *
   * @param key Its key.
   * @returns Its value.
   */
  get(key: string): V | undefined {
    return this.#entries.get(key);
  }

  /**
   * Sets an entry.
   *
   * @param key Its key.
   * @param value Its value.
   */
  set(key: string, value: V): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size <= this.room) return;
    const oldest = this.#entries.keys().next();
    if (oldest.done !== true) this.#entries.delete(oldest.value);
  }

  /**
   * Removes an entry.
   *
   * @param key Its key.
   */
  delete(key: string): void {
    this.#entries.delete(key);
  }
}
