/**
 * Log levels as numbers, and the names that users type for them.
 *
 * @module
 */

import { RegkitError } from "../lib/errors.ts";
import type { LogLevel } from "../lib/log.ts";
import { texts } from "./text.ts";

/** The number of each level; more important is higher. */
export const levelNumbers: Readonly<Record<LogLevel, number>> = { trace: -8, debug: -4, info: 0, warn: 4, error: 8 };

/** `warning`, `fatal` and `panic` are the names of older versions. */
const typedNames: Readonly<Record<string, number>> = {
  ...levelNumbers,
  warning: levelNumbers.warn,
  fatal: levelNumbers.error,
  panic: levelNumbers.error,
};

/**
 * Reads a level as typed: a name in any case, with an offset if wanted (`info+2`).
 *
 * @param text The text.
 * @returns The least number that is written.
 * @throws {RegkitError} `INVALID_ARGUMENT` when it names no level.
 */
export function parseLogLevel(text: string): number {
  const [, name = "", offset = "0"] = /^([a-z]+)([+-]\d+)?$/.exec(text.toLowerCase()) ?? [];
  const base = Object.hasOwn(typedNames, name) ? typedNames[name] : undefined;
  if (base === undefined) throw new RegkitError("INVALID_ARGUMENT", texts.badVerbosity(text));
  return base + Number(offset);
}

/**
 * Writes a level's number as log lines show it: the next lower of the four usual names, and the distance to it.
 *
 * @param number The number.
 * @returns Such as `INFO` or `DEBUG-4`.
 */
export function formatLogLevel(number: number): string {
  const [name, base] = number < levelNumbers.info
    ? ["DEBUG", levelNumbers.debug] as const
    : number < levelNumbers.warn
    ? ["INFO", levelNumbers.info] as const
    : number < levelNumbers.error
    ? ["WARN", levelNumbers.warn] as const
    : ["ERROR", levelNumbers.error] as const;
  const distance = number - base;
  return distance === 0 ? name : `${name}${distance > 0 ? "+" : ""}${distance}`;
}
