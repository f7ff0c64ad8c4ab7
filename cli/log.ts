/**
 * The logger of the commands: one line per message on standard error, as `key=value` text or as JSON.
 *
 * @module
 */

import type { LogFields, Logger, LogLevel } from "../lib/log.ts";
import { formatLogLevel, levelNumbers } from "./log_level.ts";

/** Options of {@linkcode createLogger}. */
export interface LoggerOptions {
  /** Takes each line, its end included. */
  readonly write: (line: string) => void;
  /** The least number of a level that is written. */
  readonly threshold: number;
  /** Whether lines are JSON objects. */
  readonly isJson?: boolean | undefined;
  /** Gives the time in milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * Creates a logger.
 *
 * @param options Where lines go, and which.
 * @returns The logger.
 */
export function createLogger(options: LoggerOptions): Logger {
  const { write, threshold, isJson = false, now } = options;
  const isEnabled = (level: LogLevel): boolean => levelNumbers[level] >= threshold;
  return {
    isEnabled,
    log(level, message, fields = {}) {
      if (!isEnabled(level)) return;
      const label = formatLogLevel(levelNumbers[level]);
      const line = isJson
        ? jsonLine(now(), label, message, fields)
        : textLine(localTime(now()), label, message, fields);
      write(`${line}\n`);
    },
  };
}

function textLine(time: string, label: string, message: string, fields: LogFields): string {
  const pairs: string[] = [`time=${time}`, `level=${label}`, `msg=${quoteIfNeeded(message)}`];
  for (const [key, value] of Object.entries(fields)) {
    if (value !== undefined) pairs.push(`${quoteIfNeeded(key)}=${quoteIfNeeded(valueText(value))}`);
  }
  return pairs.join(" ");
}

function jsonLine(ms: number, level: string, msg: string, fields: LogFields): string {
  const time = localTime(ms).replace(/\.?0+(?=[Z+-])/, "");
  const values = Object.entries(fields).map(([key, value]) => [key, jsonValue(value)] as const);
  return JSON.stringify({ time, level, msg, ...Object.fromEntries(values) });
}

function jsonValue(value: unknown): unknown {
  if (value instanceof Error) return value.message;
  if (value instanceof URL) return value.href;
  if (value instanceof Headers) return headerLists(value);
  return typeof value === "bigint" ? Number(value) : value;
}

function headerLists(headers: Headers): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries([...headers].map(([name, value]) => [name, [value]]));
}

/** Lists and maps look as Go prints them: `[a b]`, `map[k:v]`. */
function valueText(value: unknown): string {
  if (value instanceof Error) return value.message;
  if (value instanceof URL) return value.href;
  if (value instanceof Date) return localTime(value.getTime());
  if (value instanceof Headers) return valueText(headerLists(value));
  if (value === null) return "<nil>";
  if (Array.isArray(value)) return `[${value.map(valueText).join(" ")}]`;
  if (typeof value === "object") {
    return `map[${Object.entries(value).map(([key, entry]) => `${key}:${valueText(entry)}`).join(" ")}]`;
  }
  return String(value);
}

/** Whether a text would not read as one word (slog's rule): empty, blanks, `=`, quotes, and what cannot be printed. */
const needsQuotes = /^$|[\s="\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\ufffd]/u;

function quoteIfNeeded(text: string): string {
  return needsQuotes.test(text) ? quote(text) : text;
}

const shortEscapes: Readonly<Record<string, string>> = {
  "\x07": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  '"': '\\"',
  "\\": "\\\\",
};

/** Quotes a text as Go source would (`strconv.Quote`). */
function quote(text: string): string {
  const escaped = text.replaceAll(/["\\]|(?! )[\p{C}\p{Z}]/gu, (character) => {
    const short = shortEscapes[character];
    if (short !== undefined) return short;
    const code = character.codePointAt(0) ?? 0;
    const hex = (digits: number) => code.toString(16).padStart(digits, "0");
    return code < 0x80 ? `\\x${hex(2)}` : code <= 0xffff ? `\\u${hex(4)}` : `\\U${hex(8)}`;
  });
  return `"${escaped}"`;
}

/** RFC 3339 with milliseconds in the local zone. */
function localTime(ms: number): string {
  const offsetMinutes = -new Date(ms).getTimezoneOffset();
  const shifted = new Date(ms + offsetMinutes * 60_000).toISOString().slice(0, -1);
  if (offsetMinutes === 0) return `${shifted}Z`;
  const distance = Math.abs(offsetMinutes);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${shifted}${offsetMinutes < 0 ? "-" : "+"}${two(Math.floor(distance / 60))}:${two(distance % 60)}`;
}
