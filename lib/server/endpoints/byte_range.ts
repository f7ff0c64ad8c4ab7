/**
 * The `Range` header of blob reads (RFC 9110 section 14).
 *
 * @module
 */

/** A part of a blob. */
export interface ByteRange {
  /** The first byte. */
  readonly start: number;
  /** How many bytes. */
  readonly length: number;
}

/**
 * Reads a `Range` header.
 *
 * @param header The header's value.
 * @param size The blob's length in bytes.
 * @returns The part asked for; `undefined` to answer with the whole (another unit, several ranges, another form);
 *   `"unsatisfiable"` when no byte is in it.
 */
export function readByteRange(header: string, size: number): ByteRange | "unsatisfiable" | undefined {
  // No byte of an empty blob is in any range, also not in one of several.
  if (size === 0 && /^bytes=[\s0-9,-]*[0-9][\s0-9,-]*$/i.test(header)) return "unsatisfiable";
  const match = /^bytes=\s*([0-9]*)-([0-9]*)\s*$/i.exec(header);
  const first = match?.[1] ?? "";
  const last = match?.[2] ?? "";
  if (match === null || (first === "" && last === "")) return undefined;
  if (first === "") {
    const length = Math.min(Number(last), size);
    return length === 0 ? "unsatisfiable" : { start: size - length, length };
  }
  const start = Number(first);
  const end = last === "" ? size - 1 : Math.min(Number(last), size - 1);
  if (start >= size || end < start) return "unsatisfiable";
  return { start, length: end - start + 1 };
}
