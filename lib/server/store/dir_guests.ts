/**
 * Who is putting files into which repository's directory, so that directories are removed only while nobody is.
 *
 * @module
 */

interface Closure {
  readonly covers: (name: string) => boolean;
  readonly end: Promise<void>;
}

/** Guests of directories. Everything is decided between two turns of the event loop, so nobody slips in. */
export class DirectoryGuests {
  readonly #inside = new Map<string, number>();
  readonly #closures = new Set<Closure>();

  /**
   * Runs a task that may put files into a repository's directory; waits while that is being removed.
   *
   * @typeParam T What the task gives.
   * @param name The repository.
   * @param task The task.
   * @returns What it gave.
   */
  async visit<T>(name: string, task: () => Promise<T>): Promise<T> {
    for (let closure = this.#closureOf(name); closure !== undefined; closure = this.#closureOf(name)) {
      await closure.end;
    }
    this.#inside.set(name, (this.#inside.get(name) ?? 0) + 1);
    try {
      return await task();
    } finally {
      const left = (this.#inside.get(name) ?? 1) - 1;
      if (left > 0) this.#inside.set(name, left);
      else this.#inside.delete(name);
    }
  }

  /**
   * Runs a task while nobody is inside a repository's directory. Those who come meanwhile wait until it is done.
   *
   * @param name The repository.
   * @param scope Whether those inside of repositories below it count too.
   * @param task The task.
   * @returns Whether it ran: not while somebody is inside.
   */
  async alone(name: string, scope: "itself" | "below", task: () => Promise<void>): Promise<boolean> {
    const covers = (guest: string) => guest === name || (scope === "below" && guest.startsWith(`${name}/`));
    for (const guest of this.#inside.keys()) if (covers(guest)) return false;
    const end = Promise.withResolvers<void>();
    const closure = { covers, end: end.promise };
    this.#closures.add(closure);
    try {
      await task();
    } finally {
      this.#closures.delete(closure);
      end.resolve();
    }
    return true;
  }

  #closureOf(name: string): Closure | undefined {
    for (const closure of this.#closures) if (closure.covers(name)) return closure;
    return undefined;
  }
}
