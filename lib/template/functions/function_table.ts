/**
 * All functions of the dialect, and how further ones are described.
 *
 * @module
 */

import type { GoType } from "../types.ts";
import { unwrap, wrap } from "../wrap.ts";
import { collectionFunctions } from "./collections.ts";
import { compareFunctions } from "./compare.ts";
import type { FunctionSpec, FunctionTable } from "./function_spec.ts";
import { textFunctions } from "./text.ts";
import { toolFunctions } from "./tools.ts";

/** A function that a program adds to the dialect. */
export interface TemplateFunction {
  /** The types of its arguments; none by default. */
  readonly params?: readonly GoType[];
  /** The type of any further arguments. */
  readonly variadic?: GoType;
  /** The type of its result. */
  readonly result: GoType;
  /** Calls it with plain data; what it throws ends the template with `error calling NAME: ...`. */
  call(...args: readonly unknown[]): unknown;
}

/** Functions that the evaluation itself knows, since not all of their arguments are always evaluated. */
export const lazyFunctions: ReadonlySet<string> = new Set(["and", "or", "call"]);

const builtIn: readonly FunctionTable[] = [textFunctions, collectionFunctions, compareFunctions, toolFunctions];

/**
 * Finds a function.
 *
 * @param name Its name.
 * @param added The functions that a program added; they come first.
 * @returns It, or `undefined` when there is none, or only a lazy one.
 */
export function findFunction(
  name: string,
  added: Readonly<Record<string, TemplateFunction>>,
): FunctionSpec | undefined {
  const custom = Object.hasOwn(added, name) ? added[name] : undefined;
  if (custom !== undefined) {
    return {
      params: custom.params ?? [],
      ...(custom.variadic === undefined ? {} : { variadic: custom.variadic }),
      call: (_, args) => wrap(custom.call(...args.map(unwrap)), custom.result),
    };
  }
  const table = builtIn.find((functions) => Object.hasOwn(functions, name));
  return table?.[name];
}

/**
 * Tells whether there is a function of a name.
 *
 * @param name The name.
 * @param added The functions that a program added.
 * @returns Whether there is.
 */
export function hasFunction(name: string, added: Readonly<Record<string, TemplateFunction>>): boolean {
  return lazyFunctions.has(name) || findFunction(name, added) !== undefined;
}
