/**
 * Functions that templates may call.
 *
 * @module
 */

import type { Budget } from "../budget.ts";
import type { Clock } from "../time.ts";
import type { GoType } from "../types.ts";
import type { Value } from "../values.ts";

/** What functions may use of the outside. */
export interface FunctionContext {
  /** What the run may cost. */
  readonly budget: Budget;
  /** The time. */
  readonly clock: Clock;
  /** Gives an environment variable. */
  readonly env: (name: string) => string | undefined;
  /** Gives the text of a file. */
  readonly readFile: (path: string) => string | undefined;
  /** Is told of what does not fail but should be known. */
  readonly warn: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

/** A function of the dialect. */
export interface FunctionSpec {
  /** The types of its arguments. */
  readonly params: readonly GoType[];
  /** The type of any further arguments. */
  readonly variadic?: GoType;
  /** Calls it. */
  call(context: FunctionContext, args: readonly Value[]): Value;
}

/** Functions by name. */
export type FunctionTable = Readonly<Record<string, FunctionSpec>>;
