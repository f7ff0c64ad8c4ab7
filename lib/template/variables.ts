/**
 * The variables of a template while it runs.
 *
 * @module
 */

import { ValueError } from "./budget.ts";
import type { ByteText } from "./byte_text.ts";
import type { Value } from "./values.ts";

/** The variables in sight, innermost last. */
export class Variables {
  readonly #names: ByteText[] = ["$"];
  readonly #values: Value[];
  /** Where the variables of each name stand, innermost last. */
  readonly #places = new Map([["$", [0]]]);

  /**
   * Creates the variables of a body.
   *
   * @param root The value of `$`.
   */
  constructor(root: Value) {
    this.#values = [root];
  }

  /** How many there are, to go back to at the end of a block. */
  get size(): number {
    return this.#names.length;
  }

  /**
   * Declares a variable.
   *
   * @param name Its name with the `$`.
   * @param value Its value.
   */
  push(name: ByteText, value: Value): void {
    const places = this.#places.get(name);
    if (places === undefined) this.#places.set(name, [this.#names.length]);
    else places.push(this.#names.length);
    this.#names.push(name);
    this.#values.push(value);
  }

  /**
   * Assigns to the innermost variable of a name.
   *
   * @param name Its name with the `$`.
   * @param value The new value.
   */
  set(name: ByteText, value: Value): void {
    this.#values[this.#find(name)] = value;
  }

  /**
   * Changes a variable by its place.
   *
   * @param place Its place, counted from the outermost.
   * @param value The new value.
   */
  setAt(place: number, value: Value): void {
    this.#values[place] = value;
  }

  /**
   * Gives the value of a variable.
   *
   * @param name Its name with the `$`.
   * @returns The value.
   */
  get(name: ByteText): Value {
    const value = this.#values[this.#find(name)];
    if (value === undefined) throw undefinedVariable(name);
    return value;
  }

  /**
   * Ends the variables of a block.
   *
   * @param size How many there were before it.
   */
  leave(size: number): void {
    for (const name of this.#names.splice(size)) this.#places.get(name)?.pop();
    this.#values.length = size;
  }

  #find(name: ByteText): number {
    const place = this.#places.get(name)?.at(-1);
    if (place === undefined) throw undefinedVariable(name);
    return place;
  }
}

function undefinedVariable(name: ByteText): ValueError {
  return new ValueError(`undefined variable: ${name}`);
}
