/**
 * Decompresses xz.
 *
 * @module
 */

// The package's types describe an ES module, but it is a CommonJS one whose export stands under its own name.
import * as xz from "npm:xz-decompress@0.2.3";

/** Makes a stream of decompressed bytes out of one of xz. */
export type XzStreamClass = new (compressed: ReadableStream<Uint8Array>) => ReadableStream<Uint8Array>;

/** The package's stream. */
export const XzReadableStream: XzStreamClass = findClass();

function findClass(): XzStreamClass {
  const named: Readonly<Record<string, unknown>> = { ...xz };
  const places: readonly unknown[] = [named, ...Object.values(named)];
  const found = places.map(classIn).find((value) => value !== undefined);
  if (found === undefined) throw new TypeError("xz-decompress has no XzReadableStream");
  return found;
}

function classIn(place: unknown): XzStreamClass | undefined {
  if (typeof place !== "object" || place === null || !("XzReadableStream" in place)) return undefined;
  const { XzReadableStream: value } = place;
  return isClass(value) ? value : undefined;
}

function isClass(value: unknown): value is XzStreamClass {
  return typeof value === "function";
}
