/**
 * Bounds what a template may do, so that none runs for ever or fills the memory.
 *
 * @module
 */

/** How deep values may be nested where a walk over them is needed. */
export const valueDepthLimit = 1000;

/** A value cannot be used as the template asks. The message, byte text, is what stands behind the place in the error. */
export class ValueError extends Error {}

/** Counts steps and measures texts. */
export class Budget {
  readonly #maxSteps: number;
  readonly #maxText: number;
  #steps = 0;

  /**
   * Creates a budget.
   *
   * @param maxSteps How many steps may be made.
   * @param maxText How many bytes a text, or all that is printed, may have.
   */
  constructor(maxSteps: number, maxText: number) {
    this.#maxSteps = maxSteps;
    this.#maxText = maxText;
  }

  /**
   * Counts steps.
   *
   * @param count How many.
   * @throws {ValueError} When they are too many.
   */
  step(count = 1): void {
    this.#steps += count;
    if (this.#steps > this.#maxSteps) throw new ValueError(`template runs for more than ${this.#maxSteps} steps`);
  }

  /**
   * Counts the work of making a text, and checks its length.
   *
   * @param length How many bytes it has.
   * @param total How many bytes that has of which it becomes a part.
   * @throws {ValueError} When it is too long.
   */
  text(length: number, total: number = length): void {
    if (total > this.#maxText) throw new ValueError(`text is longer than ${this.#maxText} bytes`);
    this.step(length >> 4);
  }
}
