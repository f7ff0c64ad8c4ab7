/**
 * Text as the dialect sees it: a row of bytes. Inside the engine every byte is one character (U+0000 to U+00FF), so that
 * lengths, positions, slices and order are those of UTF-8 for free; text of ASCII characters alone stays as it is.
 *
 * @module
 */

/** Text whose characters are the bytes of UTF-8, each in U+0000 to U+00FF. */
export type ByteText = string;

/** Stands for what is not UTF-8. */
export const replacementRune = 0xfffd;

const chunkLength = 8192;

/**
 * Turns text into byte text; half surrogate pairs become U+FFFD.
 *
 * @param text The text.
 * @returns Its UTF-8, a character each.
 */
export function toByteText(text: string): ByteText {
  return isAscii(text) ? text : bytesToByteText(new TextEncoder().encode(text));
}

/**
 * Turns bytes into byte text.
 *
 * @param bytes The bytes.
 * @returns A character for each.
 */
export function bytesToByteText(bytes: Uint8Array): ByteText {
  let text = "";
  for (let at = 0; at < bytes.length; at += chunkLength) {
    text += String.fromCharCode(...bytes.subarray(at, at + chunkLength));
  }
  return text;
}

/**
 * Turns byte text into the bytes that it stands for.
 *
 * @param text The byte text.
 * @returns The bytes.
 */
export function byteTextToBytes(text: ByteText): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}

/**
 * Turns byte text into text; what is not UTF-8 becomes U+FFFD.
 *
 * @param text The byte text.
 * @returns The text.
 */
export function fromByteText(text: ByteText): string {
  return isAscii(text) ? text : new TextDecoder("utf-8", { ignoreBOM: true }).decode(byteTextToBytes(text));
}

/** Joins many small pieces of text without ever holding all of them apart. */
export class TextBuilder {
  #pieces: string[] = [];
  #text = "";

  /**
   * Adds a piece.
   *
   * @param piece The piece.
   */
  push(piece: string): void {
    if (this.#pieces.push(piece) >= chunkLength) this.#join();
  }

  /**
   * Gives all of the text.
   *
   * @returns The pieces in order.
   */
  toString(): string {
    this.#join();
    return this.#text;
  }

  #join(): void {
    this.#text += this.#pieces.join("");
    this.#pieces = [];
  }
}

/** A character of byte text. */
export interface Rune {
  /** Its code point; U+FFFD for a byte that is not UTF-8. */
  readonly code: number;
  /** How many bytes it takes. */
  readonly size: number;
}

/**
 * Reads the character at a place of byte text.
 *
 * @param text The byte text.
 * @param at The place, inside the text.
 * @returns The character.
 */
export function runeAt(text: ByteText, at: number): Rune {
  const first = text.charCodeAt(at);
  if (first < 0x80) return { code: first, size: 1 };
  const size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || at + size > text.length) return { code: replacementRune, size: 1 };
  let code = first & (0x7f >> size);
  for (let next = 1; next < size; next++) {
    const byte = text.charCodeAt(at + next);
    if ((byte & 0xc0) !== 0x80) return { code: replacementRune, size: 1 };
    code = code << 6 | byte & 0x3f;
  }
  const isShortest = code >= (size === 4 ? 0x10000 : size === 3 ? 0x800 : 0x80);
  const isCharacter = isShortest && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
  return isCharacter ? { code, size } : { code: replacementRune, size: 1 };
}

/**
 * Walks over the characters of byte text.
 *
 * @param text The byte text.
 * @returns The characters in order.
 */
export function* runesOf(text: ByteText): Generator<Rune> {
  for (let at = 0; at < text.length;) {
    const rune = runeAt(text, at);
    yield rune;
    at += rune.size;
  }
}

/**
 * Counts the characters of byte text.
 *
 * @param text The byte text.
 * @returns How many there are; a byte that is not UTF-8 counts as one.
 */
export function countRunes(text: ByteText): number {
  if (isAscii(text)) return text.length;
  let count = 0;
  for (let at = 0; at < text.length; count++) at += runeAt(text, at).size;
  return count;
}

/**
 * Writes a character as byte text.
 *
 * @param code The code point; what is none becomes U+FFFD.
 * @returns Its UTF-8.
 */
export function runeToByteText(code: number): ByteText {
  const isCharacter = code >= 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
  return toByteText(String.fromCodePoint(isCharacter ? code : replacementRune));
}

/**
 * Finds the place behind the first so many characters.
 *
 * @param text The byte text.
 * @param count How many characters.
 * @returns The byte offset, at most the text's length.
 */
export function offsetOfRune(text: ByteText, count: number): number {
  let at = 0;
  for (let left = count; left > 0 && at < text.length; left--) at += runeAt(text, at).size;
  return at;
}

/**
 * Tells whether byte text is UTF-8.
 *
 * @param text The byte text.
 * @returns Whether it is.
 */
export function isUtf8(text: ByteText): boolean {
  for (let at = 0; at < text.length;) {
    const { code, size } = runeAt(text, at);
    if (code === replacementRune && size === 1) return false;
    at += size;
  }
  return true;
}

function isAscii(text: string): boolean {
  return !/[\u0080-\uffff]/.test(text);
}
