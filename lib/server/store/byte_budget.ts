/**
 * The number of bytes that a store may still take.
 *
 * @module
 */

import { ApiError } from "../api_error.ts";

/** Counts the bytes of a store. */
export interface ByteBudget {
  /**
   * Takes bytes out of the budget, or gives them back when negative.
   *
   * @throws {ApiError} 507 when there are not enough left.
   */
  take(bytes: number): void;
}

/**
 * Creates a budget.
 *
 * @param maxBytes How many bytes there are.
 * @returns The budget.
 */
export function createBudget(maxBytes: number): ByteBudget {
  let used = 0;
  return {
    take(bytes) {
      if (bytes > 0 && used + bytes > maxBytes) {
        throw new ApiError(507, "UNKNOWN", "the registry has no space left");
      }
      used += bytes;
    },
  };
}
