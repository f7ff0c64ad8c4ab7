/**
 * The values that `registry serve` runs with: typed flags count, then the file, then the defaults.
 *
 * @module
 */

import { RegkitError } from "../../../lib/errors.ts";
import { parseDuration } from "../../../lib/schedule/duration.ts";
import type { ConfigEntry, ConfigValue, ServerConfig } from "../../../lib/server/server_config.ts";
import { settingsError } from "../../../lib/settings/settings_error.ts";
import type { FlagValues } from "../../command.ts";
import type { serveFlags } from "./serve_flags.ts";

/** The values of the flags. */
export type ServeFlagValues = FlagValues<typeof serveFlags>;

/** The name of a flag. */
export type ServeFlag = keyof typeof serveFlags;

const units: ReadonlyMap<string, number> = new Map([
  ["", 1],
  ["b", 1],
  ["k", 2 ** 10],
  ["kb", 1e3],
  ["kib", 2 ** 10],
  ["m", 2 ** 20],
  ["mb", 1e6],
  ["mib", 2 ** 20],
  ["g", 2 ** 30],
  ["gb", 1e9],
  ["gib", 2 ** 30],
  ["t", 2 ** 40],
  ["tb", 1e12],
  ["tib", 2 ** 40],
]);

/** Gives the values, and the errors that say where a wrong one came from. */
export class ServeValues {
  readonly #flags: ServeFlagValues;
  readonly #given: ReadonlySet<string>;
  readonly #config: ServerConfig | undefined;

  /**
   * Puts flags and file together.
   *
   * @param flags The values of the flags, defaults filled in.
   * @param given The flags that were typed.
   * @param config The file, if there is one.
   */
  constructor(flags: ServeFlagValues, given: ReadonlySet<string>, config: ServerConfig | undefined) {
    this.#flags = flags;
    this.#given = given;
    this.#config = config;
  }

  /** Tells whether a flag is on. */
  is(name: ServeFlag): boolean {
    return this.#value(name) === true;
  }

  /** Gives a text; `undefined` when it is empty. */
  text(name: ServeFlag): string | undefined {
    const value = this.#value(name);
    return typeof value === "string" && value !== "" ? value : undefined;
  }

  /** Gives a list of texts. */
  list(name: ServeFlag): readonly string[] {
    const value = this.#value(name);
    return typeof value === "object" ? value : [];
  }

  /** Gives a number; `undefined` for 0. */
  count(name: ServeFlag): number | undefined {
    const value = this.#value(name);
    if (typeof value !== "number" || value === 0) return undefined;
    if (value > 0) return value;
    throw this.fault(name, "must not be negative");
  }

  /** Gives one of some words. */
  choice<const Word extends string>(name: ServeFlag, words: readonly Word[]): Word {
    const text = this.text(name) ?? "";
    const word = words.find((each) => each === text);
    if (word !== undefined) return word;
    throw this.fault(name, `"${text}" is not one of ${words.join(", ")}`);
  }

  /** Gives a size in bytes; `undefined` when it is not given. */
  bytes(name: ServeFlag): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const bytes = parseSize(text);
    if (bytes !== undefined) return bytes;
    throw this.fault(name, `"${text}" is not a size such as 500MB or 10GiB`);
  }

  /** Gives a duration in milliseconds; `undefined` when it is not given. */
  ms(name: ServeFlag): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    let ms: number;
    try {
      ms = parseDuration(text);
    } catch (error) {
      throw error instanceof RegkitError ? this.fault(name, `"${text}" is not a duration such as 30s or 1h`) : error;
    }
    if (ms < 0) throw this.fault(name, "must not be negative");
    return ms;
  }

  /**
   * Makes the error for a wrong value.
   *
   * @param name The flag.
   * @param problem What is wrong.
   * @returns The error, which tells the flag or the line of the file.
   */
  fault(name: ServeFlag, problem: string): RegkitError {
    const entry = this.#entry(name);
    if (entry !== undefined) return settingsError(entry.place, problem);
    return new RegkitError("INVALID_ARGUMENT", `invalid value of --${name}: ${problem}`);
  }

  #value(name: ServeFlag): ConfigValue {
    return this.#entry(name)?.value ?? this.#flags[name];
  }

  #entry(name: ServeFlag): ConfigEntry<ConfigValue> | undefined {
    return this.#given.has(name) ? undefined : this.#config?.values.get(name);
  }
}

/**
 * Reads a size.
 *
 * @param text The size, such as `500MB` or `10GiB`; without a unit it is in bytes.
 * @returns The size in bytes; `undefined` when it has another form.
 */
export function parseSize(text: string): number | undefined {
  const [, number = "", unit = ""] = /^([0-9]+(?:\.[0-9]+)?) ?([A-Za-z]*)$/.exec(text) ?? [];
  const factor = units.get(unit.toLowerCase());
  return number === "" || factor === undefined ? undefined : Math.floor(Number(number) * factor);
}
