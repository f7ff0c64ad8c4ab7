/**
 * The server's YAML file: the flags of `regctl registry serve` by their names, and sections that flags cannot express.
 *
 * @module
 */

import { isKeyed, placeOf, settingsError, type SettingsPlace, typeName } from "../settings/settings_error.ts";
import type { KeyPath, TextPosition } from "../settings/json_position.ts";

/** What kind of value a key has. */
export type ConfigKind = "bool" | "float" | "int" | "list" | "string" | "uint";

/** A value of the file. */
export type ConfigValue = boolean | number | string | readonly string[];

/** What a file may contain. */
export interface ConfigSchema {
  /** The keys with plain values, by name. */
  readonly keys: Readonly<Record<string, ConfigKind>>;
  /** The names of sections, whose values are read elsewhere. */
  readonly sections: readonly string[];
}

/** A value and where it stands. */
export interface ConfigEntry<T> {
  /** The value. */
  readonly value: T;
  /** Where it stands, for messages. */
  readonly place: SettingsPlace;
}

/** A file that was read. */
export interface ServerConfig {
  /** The plain values that are there. */
  readonly values: ReadonlyMap<string, ConfigEntry<ConfigValue>>;
  /** The sections that are there. */
  readonly sections: ReadonlyMap<string, ConfigEntry<unknown>>;
}

const maxAliases = 100;

/**
 * Reads a file.
 *
 * @param text Its text.
 * @param file Its name, for messages.
 * @param schema What it may contain.
 * @returns What it says.
 * @throws {RegkitError} `INVALID_SETTINGS` with line and column when it is not YAML, has an unknown key, or a value of another
 *   kind.
 */
export async function parseServerConfig(text: string, file: string, schema: ConfigSchema): Promise<ServerConfig> {
  const { value, place } = await parseYaml(text, file);
  const values = new Map<string, ConfigEntry<ConfigValue>>();
  const sections = new Map<string, ConfigEntry<unknown>>();
  if (value === null || value === undefined) return { values, sections };
  if (!isKeyed(value)) throw settingsError(place, `the file holds ${typeName(value)} instead of keys with values`);
  for (const [key, entry] of Object.entries(value)) {
    const there = placeOf(place, key);
    const kind = Object.hasOwn(schema.keys, key) ? schema.keys[key] : undefined;
    if (schema.sections.includes(key)) sections.set(key, { value: entry, place: there });
    else if (kind !== undefined) values.set(key, { value: valueOf(entry, kind, there), place: there });
    else {
      const known = [...Object.keys(schema.keys), ...schema.sections].sort().join(", ");
      throw settingsError(there, "there is no such key", `Known keys are ${known}`);
    }
  }
  return { values, sections };
}

/** Parses YAML into plain values that can be located. */
async function parseYaml(text: string, file: string): Promise<ConfigEntry<unknown>> {
  const { LineCounter, parseDocument } = await import("../deps/yaml.ts");
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  const position = (offset: number): TextPosition => {
    const { line, col } = lineCounter.linePos(offset);
    return { line, column: col };
  };
  const [fault] = document.errors;
  if (fault !== undefined) {
    // The library's messages name keys and signs, never values.
    const place = { file, path: [], locate: () => position(fault.pos[0]) };
    throw settingsError(place, `the file is not valid YAML: ${fault.message}`);
  }
  const locate = (path: KeyPath): TextPosition | undefined => {
    const offset = offsetOf(document.contents, path);
    return offset === undefined ? undefined : position(offset);
  };
  const place: SettingsPlace = { file, path: [], locate };
  try {
    return { value: document.toJS({ maxAliasCount: maxAliases }), place };
  } catch (cause) {
    if (!(cause instanceof ReferenceError)) throw cause;
    throw settingsError(place, "the file has too many aliases, or one without an anchor");
  }
}

/** Finds where a key or an entry of a list stands; as near as possible when it is not there itself. */
function offsetOf(node: unknown, path: KeyPath): number | undefined {
  const own = isNode(node) ? node.range?.[0] : undefined;
  const [step, ...rest] = path;
  if (step === undefined || !isNode(node)) return own;
  const item = (node.items ?? []).find((each, at) =>
    isPair(each) ? isNode(each.key) && each.key.value === step : at === step
  );
  if (item === undefined) return own;
  if (!isPair(item)) return offsetOf(item, rest) ?? own;
  return rest.length === 0 ? offsetOf(item.key, []) ?? own : offsetOf(item.value, rest) ?? offsetOf(item.key, []);
}

interface NodeShape {
  readonly range?: readonly number[] | null;
  readonly value?: unknown;
  readonly items?: readonly unknown[];
}

function isNode(value: unknown): value is NodeShape {
  return typeof value === "object" && value !== null;
}

function isPair(value: unknown): value is { readonly key: unknown; readonly value: unknown } {
  return typeof value === "object" && value !== null && "key" in value;
}

function valueOf(value: unknown, kind: ConfigKind, place: SettingsPlace): ConfigValue {
  switch (kind) {
    case "bool":
      if (typeof value === "boolean") return value;
      throw settingsError(place, `must be true or false, not ${typeName(value)}`);
    case "string":
      if (typeof value === "string") return value;
      // Sizes and ports look like numbers.
      if (typeof value === "number") return String(value);
      throw settingsError(place, `must be text, not ${typeName(value)}`);
    case "list":
      return stringsOf(value, place);
    default:
      if (typeof value === "number" && (kind === "float" || Number.isSafeInteger(value)) && value >= 0) return value;
      throw settingsError(place, `must be a number of 0 or more, not ${typeName(value)}`);
  }
}

/**
 * Reads a list of texts; one text stands for a list of it alone.
 *
 * @param value The value.
 * @param place Where it stands.
 * @returns The texts.
 * @throws {RegkitError} `INVALID_SETTINGS` when it is something else.
 */
export function stringsOf(value: unknown, place: SettingsPlace): readonly string[] {
  if (typeof value === "string") return [value];
  if (!Array.isArray(value)) throw settingsError(place, `must be a list of texts, not ${typeName(value)}`);
  return value.map((entry: unknown, at) => {
    if (typeof entry === "string") return entry;
    throw settingsError(placeOf(place, at), `must be text, not ${typeName(entry)}`);
  });
}
