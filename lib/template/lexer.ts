/**
 * Cuts a template into text and the words of its actions (spec "Grammar").
 *
 * @module
 */

import { type ByteText, runeAt, runeToByteText } from "./byte_text.ts";
import { isPrintable, quoteText } from "./quote.ts";

/** What a token is. */
export type TokenKind =
  | "text"
  | "open"
  | "close"
  | "char"
  | "string"
  | "number"
  | "character"
  | "word"
  | "keyword"
  | "constant"
  | "field"
  | "dot"
  | "variable"
  | "declare"
  | "assign"
  | "pipe"
  | "("
  | ")"
  | "end";

/** A piece of a template. */
export interface Token {
  /** What it is. */
  readonly kind: TokenKind;
  /** Its text as written; for text outside of actions what is left of it after trimming. */
  readonly text: ByteText;
  /** Its byte offset. */
  readonly at: number;
  /** Whether white space stands before it. */
  readonly isSpaced: boolean;
}

/** Ends lexing or parsing; the parser makes it a TemplateError. */
export class LexError extends Error {
  /** The byte offset at which it happened. */
  readonly at: number;
  /** Where the action began in which a token could not be read. */
  actionAt: number | undefined;

  /**
   * Creates an error.
   *
   * @param message What was wrong.
   * @param at The byte offset.
   */
  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

const keywords = new Set(
  ["block", "break", "continue", "define", "else", "end", "if", "range", "template", "with"],
);
const constants = new Set(["true", "false", "nil"]);
const spaces = " \t\r\n";
/** A number with everything that may belong to it, and no check of its sense. */
const numberPattern =
  /[+-]?(?:0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)?|0[bB][01_]*(?:\.[01_]*)?|0[oO][0-7_]*(?:\.[0-7_]*)?|[0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]*)?)i?/y;
const wordPattern = /[A-Za-z0-9_\u0080-\u00ff]*/y;

/** Gives the tokens of a template one by one; after the last comes `end` for ever. */
export class Lexer {
  readonly #source: ByteText;
  #at = 0;
  #isInside = false;
  #actionAt = 0;
  /** Where the open parentheses stand. */
  #parens: number[] = [];
  /** Whether the next text loses its leading white space. */
  #isTrimming = false;

  /**
   * Creates a lexer.
   *
   * @param source The template.
   */
  constructor(source: ByteText) {
    this.#source = source;
  }

  /**
   * Reads the next token.
   *
   * @returns The token.
   * @throws {LexError} When there is none at this place.
   */
  next(): Token {
    try {
      return this.#next();
    } catch (error) {
      if (error instanceof LexError && this.#isInside) error.actionAt = this.#actionAt;
      throw error;
    }
  }

  #next(): Token {
    while (!this.#isInside) {
      const token = this.#outside();
      if (token !== undefined) return token;
    }
    return this.#inside();
  }

  /** Reads text, or enters the next action; a comment gives nothing. */
  #outside(): Token | undefined {
    const source = this.#source;
    const open = source.indexOf("{{", this.#at);
    const end = open < 0 ? source.length : open;
    let from = this.#at;
    if (this.#isTrimming) { while (from < end && spaces.includes(source.charAt(from))) from++; }
    this.#isTrimming = false;
    let to = end;
    const trims = open >= 0 && source.charAt(open + 2) === "-" && isSpace(source, open + 3);
    if (trims) { while (to > from && spaces.includes(source.charAt(to - 1))) to--; }
    this.#at = end;
    if (to > from) return { kind: "text", text: source.slice(from, to), at: from, isSpaced: false };
    if (open < 0) return { kind: "end", text: "", at: end, isSpaced: false };
    this.#at = open + (trims ? 4 : 2);
    if (source.startsWith("/*", this.#at)) {
      this.#skipComment();
      return undefined;
    }
    this.#isInside = true;
    this.#actionAt = open;
    this.#parens = [];
    return { kind: "open", text: "{{", at: open, isSpaced: false };
  }

  #skipComment(): void {
    const end = this.#source.indexOf("*/", this.#at + 2);
    if (end < 0) throw new LexError("unclosed comment", this.#at);
    this.#at = end + 2;
    const close = this.#closeAt(this.#at);
    if (close === 0) throw new LexError("comment ends before closing delimiter", this.#at);
    this.#isTrimming = close > 2;
    this.#at += close;
  }

  /** Gives the length of the end of an action at a place: 0 for none, 2, or 4 with a trim marker. */
  #closeAt(at: number): number {
    if (this.#source.startsWith("}}", at)) return 2;
    return isSpace(this.#source, at) && this.#source.startsWith("-}}", at + 1) ? 4 : 0;
  }

  #inside(): Token {
    const start = this.#at;
    while (this.#closeAt(this.#at) === 0 && isSpace(this.#source, this.#at)) this.#at++;
    const isSpaced = this.#at > start;
    const at = this.#at;
    const close = this.#closeAt(at);
    if (close > 0) {
      if (this.#parens.length > 0) throw new LexError("unclosed left paren", at);
      this.#isInside = false;
      this.#isTrimming = close > 2;
      this.#at += close;
      return { kind: "close", text: "}}", at: at + close - 2, isSpaced };
    }
    if (at >= this.#source.length) throw new LexError("unclosed action", at);
    const kind = this.#read(at);
    return { kind, text: this.#source.slice(at, this.#at), at, isSpaced };
  }

  /** Moves behind the token at a place and tells its kind. */
  #read(at: number): TokenKind {
    const source = this.#source;
    const char = source.charAt(at);
    const next = source.charAt(at + 1);
    if (char === '"' || char === "'") return this.#quoted(char);
    if (char === "`") return this.#raw();
    if (isDigit(char) || char === "+" || char === "-" || (char === "." && isDigit(next))) return this.#number(at);
    if (char === ".") {
      this.#word(at + 1);
      return this.#at === at + 1 ? "dot" : "field";
    }
    if (char === "$") {
      this.#word(at + 1);
      return "variable";
    }
    if (wordLength(source, at) > 0) {
      this.#word(at);
      const word = source.slice(at, this.#at);
      return keywords.has(word) ? "keyword" : constants.has(word) ? "constant" : "word";
    }
    return this.#sign(char, next);
  }

  #sign(char: string, next: string): TokenKind {
    const at = this.#at++;
    switch (char) {
      case "=":
        return "assign";
      case "|":
        return "pipe";
      case ":":
        if (next !== "=") throw new LexError("expected :=", at);
        this.#at++;
        return "declare";
      case "(":
        this.#parens.push(at);
        return "(";
      case ")":
        if (this.#parens.pop() === undefined) throw new LexError("unexpected right paren", at);
        return ")";
    }
    const { code } = runeAt(this.#source, at);
    if (code < 0x20 || code > 0x7e) {
      throw new LexError(`unrecognized character in action: ${describeRune(code)}`, at);
    }
    return "char";
  }

  #quoted(quote: string): TokenKind {
    const source = this.#source;
    const start = this.#at;
    for (let at = start + 1; at < source.length; at++) {
      const char = source.charAt(at);
      if (char === quote) {
        this.#at = at + 1;
        return quote === '"' ? "string" : "character";
      }
      if (char === "\n") break;
      if (char === "\\" && source.charAt(at + 1) !== "\n") at++;
    }
    throw new LexError(quote === '"' ? "unterminated quoted string" : "unterminated character constant", start);
  }

  #raw(): TokenKind {
    const end = this.#source.indexOf("`", this.#at + 1);
    if (end < 0) throw new LexError("unterminated raw quoted string", this.#at);
    this.#at = end + 1;
    return "string";
  }

  #number(at: number): TokenKind {
    const source = this.#source;
    let end = at + numberLength(source, at);
    const isComplex = "+-".includes(source.charAt(end)) && end < source.length;
    if (isComplex) end += numberLength(source, end);
    const tail = wordLength(source, end) > 0 ? runeAt(source, end).size : 0;
    if (tail > 0 || (isComplex && source.charAt(end - 1) !== "i")) {
      throw new LexError(`bad number syntax: ${quoteText(source.slice(at, end + tail))}`, at);
    }
    this.#at = end;
    return "number";
  }

  /** Moves behind a word; what follows must end it. */
  #word(at: number): void {
    this.#at = at + wordLength(this.#source, at);
    const next = this.#source.charAt(this.#at);
    const isEnded = next === "" || isSpace(this.#source, this.#at) || ".,|:()".includes(next) ||
      this.#source.startsWith("}}", this.#at);
    if (isEnded) return;
    throw new LexError(`bad character ${describeRune(runeAt(this.#source, this.#at).code)}`, this.#at);
  }
}

function isDigit(char: string): boolean {
  return char >= "0" && char <= "9";
}

function numberLength(text: ByteText, at: number): number {
  numberPattern.lastIndex = at;
  return numberPattern.exec(text)?.[0].length ?? 0;
}

function isSpace(text: ByteText, at: number): boolean {
  return at < text.length && spaces.includes(text.charAt(at));
}

/** Measures the letters, digits and underscores at a place. */
function wordLength(text: ByteText, at: number): number {
  wordPattern.lastIndex = at;
  const run = wordPattern.exec(text)?.[0] ?? "";
  if (!/[\u0080-\u00ff]/.test(run)) return run.length;
  for (let length = 0; length < run.length;) {
    const { code, size } = runeAt(run, length);
    if (code > 0x7f && !/^[\p{L}\p{Nd}]$/u.test(String.fromCodePoint(code))) return length;
    length += size;
  }
  return run.length;
}

function describeRune(code: number): string {
  const name = `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
  return isPrintable(code) ? `${name} '${runeToByteText(code)}'` : name;
}
