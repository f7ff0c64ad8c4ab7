/**
 * Durations as Go writes them, such as `1h15m`: the form of every duration in the settings and the scripts.
 *
 * @module
 */

import { RegkitError } from "../errors.ts";

/** The units and their length in nanoseconds; both micro signs of Unicode are taken. */
const UNIT_NANOSECONDS: ReadonlyMap<string, number> = new Map([
  ["ns", 1],
  ["us", 1e3],
  ["\u00b5s", 1e3],
  ["\u03bcs", 1e3],
  ["ms", 1e6],
  ["s", 1e9],
  ["m", 60e9],
  ["h", 3600e9],
]);

/** One number of a duration: `15` or `1.5` or `.5`, then its unit up to the next digit. */
const PART = /([0-9]*\.?[0-9]*)([^0-9.]*)/y;

/** What a signed 64-bit count of nanoseconds holds, which is where such durations end. */
const MAX_NANOSECONDS = 2 ** 63;

/**
 * Reads a duration such as `1h15m`, `1.5h`, `300ms` or `-30s`.
 *
 * @param text The text; units are `ns us µs ms s m h`, and only `0` may go without one.
 * @returns The duration in milliseconds, with a fraction where it has one.
 * @throws {RegkitError} `INVALID_ARGUMENT` when the text is no duration.
 */
export function parseDuration(text: string): number {
  const sign = /^[+-]/.test(text) ? text.slice(0, 1) : "";
  const rest = text.slice(sign.length);
  if (rest === "0") return 0;
  if (rest === "") throw invalid(`invalid duration "${text}"`);
  const nanoseconds = sumParts(rest, text);
  if (nanoseconds >= MAX_NANOSECONDS) throw invalid(`invalid duration "${text}"`);
  const ms = nanoseconds / 1e6;
  return sign === "-" && ms !== 0 ? -ms : ms;
}

function sumParts(rest: string, text: string): number {
  let sum = 0;
  PART.lastIndex = 0;
  while (PART.lastIndex < rest.length) {
    const [, number = "", unit = ""] = PART.exec(rest) ?? [];
    if (!/[0-9]/.test(number)) throw invalid(`invalid duration "${text}"`);
    if (unit === "") throw invalid(`missing unit in duration "${text}"`);
    const factor = UNIT_NANOSECONDS.get(unit);
    if (factor === undefined) throw invalid(`unknown unit "${unit}" in duration "${text}"`);
    sum += Math.trunc(Number((Number(number) * factor).toPrecision(15)));
  }
  return sum;
}

function invalid(reason: string): RegkitError {
  return new RegkitError("INVALID_ARGUMENT", `time: ${reason}`, {
    tip: "Write a duration as numbers with units, such as 30s, 5m or 1h15m",
  });
}

/**
 * Writes a duration as Go does: `1h0m0s`, `1m30s`, `1.5s`, `300ms`, `0s`.
 *
 * @param ms The duration in milliseconds.
 * @returns The text, which {@linkcode parseDuration} reads again.
 */
export function formatDuration(ms: number): string {
  const nanoseconds = Math.round(Math.abs(ms) * 1e6);
  const sign = ms < 0 && nanoseconds > 0 ? "-" : "";
  if (nanoseconds === 0) return "0s";
  if (nanoseconds < 1e3) return `${sign}${nanoseconds}ns`;
  if (nanoseconds < 1e6) return `${sign}${nanoseconds / 1e3}\u00b5s`;
  if (nanoseconds < 1e9) return `${sign}${nanoseconds / 1e6}ms`;
  const minutes = Math.floor(nanoseconds / 60e9);
  const seconds = `${trimFraction(nanoseconds - minutes * 60e9)}s`;
  if (minutes === 0) return sign + seconds;
  const hours = Math.floor(minutes / 60);
  return `${sign}${hours === 0 ? "" : `${hours}h`}${minutes % 60}m${seconds}`;
}

function trimFraction(nanoseconds: number): string {
  const whole = Math.floor(nanoseconds / 1e9);
  const fraction = String(nanoseconds - whole * 1e9).padStart(9, "0").replace(/0+$/, "");
  return fraction === "" ? String(whole) : `${whole}.${fraction}`;
}
