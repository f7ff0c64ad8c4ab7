/**
 * Errors about what somebody wrote in a settings file: which file, where in it, what is wrong and what is allowed.
 *
 * @module
 */

import { RegkitError } from "../errors.ts";
import { findJsonFault, findJsonValue, type KeyPath, type TextPosition } from "./json_position.ts";

/** A place in a settings file. */
export interface SettingsPlace {
  /** The file, or whatever else the text came from, for messages. */
  readonly file: string;
  /** The way to the value. */
  readonly path: KeyPath;
  /** Finds the line and column of a value, where the file format allows for that. */
  readonly locate?: ((path: KeyPath) => TextPosition | undefined) | undefined;
}

/**
 * Goes one step into a place.
 *
 * @param place The place.
 * @param key The key or the number of the entry.
 * @returns The place of that value.
 */
export function placeOf(place: SettingsPlace, key: string | number): SettingsPlace {
  return { ...place, path: [...place.path, key] };
}

/**
 * Makes the error for a wrong value.
 *
 * @param place Where it is.
 * @param problem What is wrong with it and what is allowed; never a secret.
 * @param tip What to do about it, if that is not clear from the problem.
 * @returns The error, to be thrown.
 */
export function settingsError(place: SettingsPlace, problem: string, tip?: string): RegkitError {
  const position = place.locate?.(place.path);
  const where = position === undefined ? place.file : `${place.file}:${position.line}:${position.column}`;
  const path = formatKeyPath(place.path);
  return new RegkitError("INVALID_SETTINGS", path === "" ? `${where}: ${problem}` : `${where}: ${path}: ${problem}`, {
    tip,
  });
}

/**
 * Reads JSON without ever quoting it in an error.
 *
 * @param text The text; empty text counts as an empty object.
 * @param file Where it came from, for messages.
 * @returns The document and its place, whose values can be located.
 * @throws {RegkitError} `INVALID_SETTINGS` with line and column when the text is not JSON.
 */
export function parseJsonSettings(
  text: string,
  file: string,
): { readonly value: unknown; readonly place: SettingsPlace } {
  const place: SettingsPlace = { file, path: [], locate: (path) => findJsonValue(text, path) };
  if (text.trim() === "") return { value: {}, place };
  try {
    return { value: JSON.parse(text), place };
  } catch {
    const fault = { file, path: [], locate: () => findJsonFault(text) };
    throw settingsError(fault, "the file is not valid JSON", "Correct the file, or move it away to start anew");
  }
}

/**
 * Tells whether a parsed value is an object with keys.
 *
 * @param value The value.
 * @returns Whether it is neither a list nor a plain value.
 */
export function isKeyed(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Names the type of a parsed value for messages, without showing it.
 *
 * @param value The value.
 * @returns Words such as `a number`.
 */
export function typeName(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "an object";
  if (typeof value === "boolean") return String(value);
  return typeof value === "string" ? "text" : `a ${typeof value}`;
}

function formatKeyPath(path: KeyPath): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${key}]`;
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(key)) return `${text}[${JSON.stringify(key)}]`;
    return text === "" ? key : `${text}.${key}`;
  }, "");
}
