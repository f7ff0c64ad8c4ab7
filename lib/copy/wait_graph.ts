/**
 * Who waits for whom among the manifests being copied, so that they never wait for each other in a ring.
 *
 * An index waits for its entries; digests make rings of these impossible. A manifest also waits for what refers to it, so that
 * it never appears without its signatures; but a referrer may itself be an index of what it refers to. Such a ring always has
 * a wait for a referrer in it, and that wait is given up: the referrer then arrives after its subject.
 *
 * @module
 */

import { RegkitError } from "../errors.ts";

/** Somebody who does something once and may wait for others. */
export interface Task {
  /** What is done, for errors. */
  readonly name: string;
  /** Settled when it is done. */
  readonly done: Promise<void>;
}

interface Wait {
  readonly from: Node;
  readonly to: Node;
  /** Gives the wait up; absent where it must not be. */
  readonly release: (() => void) | undefined;
}

interface Node extends Task {
  readonly waits: Set<Wait>;
}

/** Tasks by key, each run once, and their waits. */
export class WaitGraph {
  readonly #nodes = new Map<string, Node>();

  /**
   * Gives the task of a key, and starts it when it is new.
   *
   * @param key What makes it the same task.
   * @param name What it does, for errors.
   * @param work Does it; is given the task to wait with.
   * @returns The task.
   */
  task(key: string, name: string, work: (self: Task) => Promise<void>): Task {
    const known = this.#nodes.get(key);
    if (known !== undefined) return known;
    const { promise, resolve } = Promise.withResolvers<void>();
    const node: Node = { name, waits: new Set(), done: promise };
    this.#nodes.set(key, node);
    resolve(Promise.try(work, node));
    return node;
  }

  /**
   * Waits for a task.
   *
   * @param self Who waits.
   * @param other For whom.
   * @param isOptional Whether the wait may be given up when it would close a ring.
   * @throws What the other task failed with; {@linkcode RegkitError} `LOOP` when tasks that need each other cannot end.
   */
  async wait(self: Task, other: Task, isOptional: boolean): Promise<void> {
    const from = self as Node;
    const to = other as Node;
    for (let ring = ringBetween(to, from); ring !== undefined; ring = ringBetween(to, from)) {
      if (isOptional) return;
      const optional = ring.find((wait) => wait.release !== undefined);
      if (optional === undefined) throw loopError(from, ring);
      optional.from.waits.delete(optional);
      optional.release?.();
    }
    const released = Promise.withResolvers<void>();
    const wait: Wait = { from, to, release: isOptional ? released.resolve : undefined };
    from.waits.add(wait);
    try {
      await Promise.race([to.done, released.promise]);
    } finally {
      from.waits.delete(wait);
    }
  }
}

/** The waits that lead from one task to another; none when the first does not wait for the second. */
function ringBetween(from: Node, to: Node): readonly Wait[] | undefined {
  if (from === to) return [];
  const reachedBy = new Map<Node, Wait | undefined>([[from, undefined]]);
  // The map grows while it is walked.
  for (const node of reachedBy.keys()) {
    for (const wait of node.waits) {
      if (reachedBy.has(wait.to)) continue;
      reachedBy.set(wait.to, wait);
      if (wait.to === to) return pathTo(to, reachedBy);
    }
  }
  return undefined;
}

function pathTo(end: Node, reachedBy: ReadonlyMap<Node, Wait | undefined>): Wait[] {
  const path: Wait[] = [];
  for (let wait = reachedBy.get(end); wait !== undefined; wait = reachedBy.get(wait.from)) path.unshift(wait);
  return path;
}

function loopError(from: Node, ring: readonly Wait[]): RegkitError {
  const names = [from, ...ring.map((wait) => wait.from), from].map((node) => node.name);
  return new RegkitError("LOOP", `loop detected: ${names.join(" needs ")}`);
}
