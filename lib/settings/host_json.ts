/**
 * Reads one host out of a parsed settings file (JSON or YAML), and writes it in regctl's form.
 *
 * @module
 */

import { RegkitError } from "../errors.ts";
import { formatDuration, parseDuration } from "../schedule/duration.ts";
import type { HostSettings, TlsMode } from "./host.ts";
import { HOST_FIELDS, type HostField, hostSettingsOf, type HostValue } from "./host_fields.ts";
import { isKeyed, placeOf, settingsError, type SettingsPlace, typeName } from "./settings_error.ts";

/** A host as read, with the keys that are not ours. */
export interface HostEntry {
  /** What is set. */
  readonly settings: HostSettings;
  /** Keys that we do not know, kept so that writing loses nothing. */
  readonly rest: Readonly<Record<string, unknown>>;
}

/** The modes, which are also the words. */
export const TLS_MODES: readonly TlsMode[] = ["enabled", "insecure", "disabled"];

const FIELDS_BY_NAME: ReadonlyMap<string, HostField> = new Map(
  HOST_FIELDS.map((field) => [field.json.toLowerCase(), field]),
);

/**
 * Reads a host.
 *
 * @param value The parsed value; keys in any case, `null` counts as empty.
 * @param place Where it stands, for messages.
 * @returns What is set, and the keys that are not ours.
 * @throws {RegkitError} `INVALID_SETTINGS` when a value does not fit its key.
 */
export function parseHostEntry(value: unknown, place: SettingsPlace): HostEntry {
  if (value === null || value === undefined) return { settings: {}, rest: {} };
  if (!isKeyed(value)) {
    throw settingsError(place, `expected an object with the settings of a host, got ${typeName(value)}`);
  }
  const values = new Map<HostField, HostValue>();
  const rest: [string, unknown][] = [];
  for (const [key, entry] of Object.entries(value)) {
    const field = FIELDS_BY_NAME.get(key.toLowerCase());
    if (field === undefined) rest.push([key, entry]);
    else {
      const read = readValue(field, entry, placeOf(place, key));
      if (read !== undefined) values.set(field, read);
    }
  }
  return { settings: hostSettingsOf(values), rest: Object.fromEntries(rest) };
}

/**
 * Reads a TLS mode.
 *
 * @param text The word, in any case.
 * @returns The mode, or `undefined` when it is no such word.
 */
export function parseTlsMode(text: string): TlsMode | undefined {
  return TLS_MODES.find((mode) => mode === text.toLowerCase());
}

function readValue(field: HostField, value: unknown, place: SettingsPlace): HostValue | undefined {
  if (value === null || value === undefined || value === "") return undefined;
  switch (field.kind) {
    case "tls":
      return readTls(value, place);
    case "text":
      return typeof value === "string" ? value : wrongType(place, "text", value);
    case "duration":
      return readDuration(value, place);
    case "boolean":
      return typeof value === "boolean" ? value : wrongType(place, "true or false", value);
    case "names":
      return readNames(value, place);
    case "options":
      return readOptions(value, place);
    case "number":
      return typeof value === "number" && Number.isFinite(value) ? value : wrongType(place, "a number", value);
    case "integer":
      return isWhole(value) ? value : wrongType(place, "a whole number", value);
    case "count":
      return isWhole(value) && value >= 0 ? value : wrongType(place, "a whole number of at least 0", value);
  }
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function wrongType(place: SettingsPlace, wanted: string, value: unknown): never {
  throw settingsError(place, `expected ${wanted}, got ${typeof value === "number" ? value : typeName(value)}`);
}

function readTls(value: unknown, place: SettingsPlace): TlsMode {
  const mode = typeof value === "string" ? parseTlsMode(value) : undefined;
  if (mode !== undefined) return mode;
  const shown = typeof value === "string" ? JSON.stringify(value) : typeName(value);
  throw settingsError(place, `unknown TLS value ${shown}, allowed are ${TLS_MODES.join(", ")}`);
}

function readDuration(value: unknown, place: SettingsPlace): number {
  if (isWhole(value)) return value / 1e6;
  if (typeof value !== "string") return wrongType(place, "a duration such as 1h15m", value);
  try {
    return parseDuration(value);
  } catch (error) {
    if (!(error instanceof RegkitError)) throw error;
    throw settingsError(place, `${error.message}, expected a duration such as 1h15m`);
  }
}

function readNames(value: unknown, place: SettingsPlace): readonly string[] {
  if (!Array.isArray(value)) return wrongType(place, "a list of names", value);
  return value.flatMap((name: unknown, index) => {
    if (typeof name !== "string") return wrongType(placeOf(place, index), "a name", name);
    return name === "" ? [] : [name];
  });
}

function readOptions(value: unknown, place: SettingsPlace): Readonly<Record<string, string>> {
  if (!isKeyed(value)) return wrongType(place, "an object of texts", value);
  return Object.fromEntries(
    Object.entries(value).map(([key, option]) => {
      if (typeof option === "boolean" || typeof option === "number") return [key, String(option)];
      return [key, typeof option === "string" ? option : wrongType(placeOf(place, key), "text", option)];
    }),
  );
}

/**
 * Turns a host into the object that is written to settings files and shown, in regctl's order of keys. What is empty is left out.
 *
 * @param settings What is set.
 * @param rest Keys that are not ours; they come last.
 * @returns An object for JSON.
 */
export function hostToJson(
  settings: HostSettings,
  rest: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  const known = HOST_FIELDS.flatMap((field) => {
    const value = settings[field.key];
    return value === undefined || isZero(value) ? [] : [[field.json, writeValue(field, value)] as const];
  });
  return Object.fromEntries([...known, ...Object.entries(rest)]);
}

function isZero(value: HostValue): boolean {
  return typeof value === "object" ? Object.keys(value).length === 0 : !value;
}

function writeValue(field: HostField, value: HostValue): unknown {
  if (field.kind === "duration") return formatDuration(Number(value));
  if (field.kind !== "options") return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => a < b ? -1 : 1));
}
