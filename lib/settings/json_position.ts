/**
 * Where something stands in a JSON text, for messages. Only walked once something is known to be wrong: the text itself is read by
 * `JSON.parse`, whose own messages quote the text around a fault and so could show a password.
 *
 * @module
 */

/** A place in a text. */
export interface TextPosition {
  /** The line, from 1. */
  readonly line: number;
  /** The column, from 1. */
  readonly column: number;
}

/** A way into a document: names of keys and numbers of list entries. */
export type KeyPath = readonly (string | number)[];

const LITERAL = /true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
/** Every character from the blank on, but for the quote and the backslash, may stand for itself. */
const STRING = /"(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;

/** Thrown inside the walk only: where it ended early. */
class Stop {
  constructor(readonly offset: number) {}
}

/**
 * Finds the first fault of a JSON text.
 *
 * @param text The text.
 * @returns Where it stops being JSON, or `undefined` when it is JSON.
 */
export function findJsonFault(text: string): TextPosition | undefined {
  const walk = new Walk(text, undefined);
  return stopped(text, () => walk.document());
}

/**
 * Finds the value at a path of a JSON text.
 *
 * @param text The text.
 * @param path The keys as written in the text.
 * @returns Where the value begins, or `undefined` when there is none.
 */
export function findJsonValue(text: string, path: KeyPath): TextPosition | undefined {
  const walk = new Walk(text, path);
  return stopped(text, () => walk.document());
}

function stopped(text: string, walk: () => void): TextPosition | undefined {
  try {
    walk();
    return undefined;
  } catch (stop) {
    if (!(stop instanceof Stop)) throw stop;
    const before = text.slice(0, stop.offset).split("\n");
    return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
  }
}

/** One pass over a text that stops at the target, or without a target at the first fault. */
class Walk {
  #offset = 0;

  constructor(readonly text: string, readonly target: KeyPath | undefined) {}

  document(): void {
    this.#space();
    this.#value(0, true);
    this.#space();
    if (this.#offset < this.text.length) this.#fault();
  }

  /** Reads a value; `isOnPath` tells that the keys down to here are the target's first `depth` ones. */
  #value(depth: number, isOnPath: boolean): void {
    if (this.target !== undefined && isOnPath && depth === this.target.length) throw new Stop(this.#offset);
    const first = this.text[this.#offset];
    if (first === "{") this.#entries("}", depth, isOnPath, () => this.#key());
    else if (first === "[") this.#entries("]", depth, isOnPath, (index) => index);
    else if (first === '"') this.#match(STRING);
    else this.#match(LITERAL);
  }

  #entries(end: string, depth: number, isOnPath: boolean, key: (index: number) => string | number): void {
    this.#offset++;
    this.#space();
    if (this.#skip(end)) return;
    for (let index = 0;; index++) {
      const isNext = key(index) === this.target?.[depth];
      this.#value(depth + 1, isOnPath && isNext);
      this.#space();
      if (this.#skip(end)) return;
      if (!this.#skip(",")) this.#fault();
      this.#space();
    }
  }

  #key(): string {
    const name: unknown = JSON.parse(this.#match(STRING));
    this.#space();
    if (!this.#skip(":")) this.#fault();
    this.#space();
    return String(name);
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#offset;
    const found = pattern.exec(this.text)?.[0];
    if (found === undefined) return this.#fault();
    this.#offset += found.length;
    return found;
  }

  #skip(character: string): boolean {
    if (this.text[this.#offset] !== character) return false;
    this.#offset++;
    return true;
  }

  #space(): void {
    while (" \t\r\n".includes(this.text[this.#offset] ?? "x")) this.#offset++;
  }

  #fault(): never {
    throw new Stop(this.#offset);
  }
}
