/**
 * `printf`: a format's verbs filled with arguments (spec "Printing").
 *
 * @module
 */

import { type ByteText, runeAt } from "./byte_text.ts";
import type { Formatter } from "./format.ts";
import { type Flags, plainFlags } from "./format_basic.ts";
import type { Value } from "./values.ts";

/** The greatest width or precision. */
const sizeLimit = 1_000_000;

/**
 * Fills a format.
 *
 * @param formatter Prints the values.
 * @param format The format.
 * @param args The arguments.
 * @returns The text. Mismatches do not fail, the text tells of them.
 */
export function printf(formatter: Formatter, format: ByteText, args: readonly Value[]): ByteText {
  return new Filler(formatter, format, args).fill();
}

type Changing = { -readonly [key in keyof Flags]: Flags[key] };

class Filler {
  readonly #formatter: Formatter;
  readonly #format: ByteText;
  readonly #args: readonly Value[];
  readonly #parts: ByteText[] = [];
  #at = 0;
  #argument = 0;
  #isReordered = false;
  #isIndexGood = true;

  constructor(formatter: Formatter, format: ByteText, args: readonly Value[]) {
    this.#formatter = formatter;
    this.#format = format;
    this.#args = args;
  }

  fill(): ByteText {
    const format = this.#format;
    while (this.#at < format.length) {
      const percent = format.indexOf("%", this.#at);
      const end = percent < 0 ? format.length : percent;
      this.#parts.push(format.slice(this.#at, end));
      this.#at = end + 1;
      if (percent >= 0) this.#directive();
    }
    if (!this.#isReordered && this.#argument < this.#args.length) {
      const extra = this.#args.slice(this.#argument).map((value) => this.#formatter.described(value));
      this.#parts.push(`%!(EXTRA ${extra.join(", ")})`);
    }
    return this.#parts.join("");
  }

  #directive(): void {
    this.#isIndexGood = true;
    const flags: Changing = { ...plainFlags };
    this.#flags(flags);
    let isIndexed = this.#index();
    isIndexed = this.#width(flags, isIndexed);
    if (this.#format.charAt(this.#at) === ".") {
      this.#at++;
      isIndexed = this.#precision(flags, isIndexed);
    }
    if (!isIndexed) this.#index();
    this.#verb(flags);
  }

  #flags(flags: Changing): void {
    for (;; this.#at++) {
      switch (this.#format.charAt(this.#at)) {
        case "-":
          flags.isLeft = true;
          break;
        case "+":
          flags.isPlus = true;
          break;
        case "#":
          flags.isSharp = true;
          break;
        case " ":
          flags.isSpaced = true;
          break;
        case "0":
          flags.isZero = true;
          break;
        default:
          return;
      }
    }
  }

  /** Reads `[n]`; tells whether there was one that could be read. */
  #index(): boolean {
    if (this.#format.charAt(this.#at) !== "[") return false;
    this.#isReordered = true;
    const close = this.#format.indexOf("]", this.#at);
    const digits = close < 0 ? "" : this.#format.slice(this.#at + 1, close);
    this.#at = close < 0 ? this.#at + 1 : close + 1;
    const isNumber = /^[0-9]+$/.test(digits) && Number(digits) <= sizeLimit;
    const index = Number(digits) - 1;
    if (isNumber && index >= 0 && index < this.#args.length) this.#argument = index;
    else this.#isIndexGood = false;
    return isNumber;
  }

  #width(flags: Changing, isIndexed: boolean): boolean {
    if (this.#format.charAt(this.#at) === "*") {
      this.#at++;
      const width = this.#sizeArgument();
      if (width === undefined) this.#parts.push("%!(BADWIDTH)");
      else {
        flags.width = Math.abs(width);
        if (width < 0) {
          flags.isLeft = true;
          flags.isZero = false;
        }
      }
      return false;
    }
    flags.width = this.#number();
    if (isIndexed && flags.width !== undefined) this.#isIndexGood = false;
    return isIndexed;
  }

  #precision(flags: Changing, wasIndexed: boolean): boolean {
    if (wasIndexed) this.#isIndexGood = false;
    const isIndexed = this.#index();
    if (this.#format.charAt(this.#at) === "*") {
      this.#at++;
      const precision = this.#sizeArgument();
      if (precision === undefined || precision < 0) this.#parts.push("%!(BADPREC)");
      else flags.precision = precision;
      return false;
    }
    flags.precision = this.#number() ?? 0;
    return isIndexed;
  }

  #number(): number | undefined {
    const start = this.#at;
    while (/^[0-9]$/.test(this.#format.charAt(this.#at))) this.#at++;
    if (this.#at === start) return undefined;
    const number = Number(this.#format.slice(start, this.#at));
    if (number <= sizeLimit) return number;
    this.#at = this.#format.length;
    return undefined;
  }

  #sizeArgument(): number | undefined {
    const value = this.#args[this.#argument];
    if (value === undefined) return undefined;
    this.#argument++;
    if (value.kind !== "int" || value.value > BigInt(sizeLimit) || value.value < -BigInt(sizeLimit)) return undefined;
    return Number(value.value);
  }

  #verb(flags: Changing): void {
    if (this.#at >= this.#format.length) {
      this.#parts.push("%!(NOVERB)");
      return;
    }
    const { size } = runeAt(this.#format, this.#at);
    const verb = this.#format.slice(this.#at, this.#at + size);
    this.#at += size;
    if (verb === "%") this.#parts.push("%");
    else if (!this.#isIndexGood) this.#parts.push(`%!${verb}(BADINDEX)`);
    else {
      const value = this.#args[this.#argument];
      this.#parts.push(value === undefined ? `%!${verb}(MISSING)` : this.#filled(value, verb, flags));
      if (value !== undefined) this.#argument++;
    }
  }

  #filled(value: Value, verb: string, flags: Changing): ByteText {
    if (verb === "v") {
      flags.isGo = flags.isSharp;
      flags.isNamed = flags.isPlus;
      flags.isSharp = flags.isPlus = false;
    }
    return this.#formatter.verb(value, verb, flags);
  }
}
