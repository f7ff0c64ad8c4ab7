/**
 * Looks for a flag in a command line that may be unreadable.
 *
 * @module
 */

import { FlagValueError, parseBoolean } from "./flag_value.ts";

/**
 * Tells whether an on-off flag was typed. The line is not read by its grammar, since errors in it are reported by these flags.
 *
 * @param argv The words after the program's name.
 * @param name The flag's long name.
 * @returns Its last value; `undefined` when it was not typed.
 */
export function isFlagTyped(argv: readonly string[], name: string): boolean | undefined {
  const end = argv.indexOf("--");
  const words = end < 0 ? argv : argv.slice(0, end);
  const last = words.findLast((word) => word === `--${name}` || word.startsWith(`--${name}=`));
  if (last === undefined) return undefined;
  return last === `--${name}` || readSwitch(last.slice(name.length + 3)) === true;
}

/**
 * Reads the value of a switch as flags take it.
 *
 * @param text The value.
 * @returns Whether it is on; `undefined` when it is no such value.
 */
export function readSwitch(text: string): boolean | undefined {
  try {
    return parseBoolean(text);
  } catch (error) {
    if (error instanceof FlagValueError) return undefined;
    throw error;
  }
}
