/**
 * Prints numbers of bytes for people.
 *
 * @module
 */

const units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];

/**
 * Writes a number of bytes with a decimal unit and three decimals.
 *
 * @param bytes The number.
 * @returns Such as `123.457MB`.
 */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value.toFixed(3)}${units[unit] ?? ""}`;
}

/**
 * Writes the size in a descriptor: exact while that is readable.
 *
 * @param bytes The size.
 * @returns Such as `312B` or `123.457MB`.
 */
export function formatDescriptorSize(bytes: number): string {
  return bytes <= 100_000 ? `${bytes}B` : formatBytes(bytes);
}
