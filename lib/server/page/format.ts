/**
 * How values look on the page.
 *
 * @module
 */

import type { Digest } from "../../oci/digest.ts";

const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];

/**
 * Writes a size for people.
 *
 * @param bytes The size in bytes.
 * @returns Such as `12 bytes` or `3.4 MiB`.
 */
export function formatSize(bytes: number): string {
  if (bytes === 1) return "1 byte";
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/**
 * Shortens a digest.
 *
 * @param digest The digest.
 * @returns Its algorithm and first twelve digits.
 */
export function shortDigest(digest: Digest): string {
  return digest.slice(0, digest.indexOf(":") + 13);
}

/**
 * Writes a number of things.
 *
 * @param count How many.
 * @param one What one of them is called; an `s` makes more.
 * @param many What more of them are called, where an `s` does not do.
 * @returns Such as `1 tag` or `3 repositories`.
 */
export function formatCount(count: number, one: string, many: string = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
