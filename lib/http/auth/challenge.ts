/**
 * Parses `WWW-Authenticate` (RFC 9110, section 11.6.1): a list of challenges, each a scheme with parameters or one token.
 *
 * The list's commas also separate parameters, so a name followed by `=` continues a challenge and any other name starts
 * one. What real registries get wrong without being ambiguous is accepted: unquoted URLs, and missing commas.
 *
 * @module
 */

import { RegkitError } from "../../errors.ts";

/** One way to authenticate that a server offers. */
export interface Challenge {
  /** The scheme in lower case, such as `bearer`. */
  readonly scheme: string;
  /** The parameters by name in lower case; values as meant, without quoting. */
  readonly parameters: ReadonlyMap<string, string>;
  /** The data that some schemes have instead of parameters. */
  readonly token68?: string | undefined;
}

/** The most characters of all challenges of an answer. */
export const CHALLENGE_LIMIT = 16 * 1024;

const TCHAR = charSet("!#$%&'*+-.^_`|~", true);
const TOKEN68 = charSet("-._~+/", true);
const BLANK = charSet(" \t");
const SEPARATOR = charSet(" \t,");
/** What ends an unquoted value; everything else is taken, so that URLs need no quotes. */
const VALUE_END = charSet(' \t,"');
const QUOTED_END = charSet('"\\');

/**
 * Reads the challenges of an answer.
 *
 * @param headers The answer's headers; several `WWW-Authenticate` lines are one list.
 * @returns The challenges in order; empty without the header.
 * @throws {RegkitError} `INVALID_RESPONSE` as {@linkcode parseChallenges}.
 */
export function readChallenges(headers: Headers): Challenge[] {
  const header = headers.get("WWW-Authenticate");
  return header === null ? [] : parseChallenges(header);
}

/**
 * Parses the value of a `WWW-Authenticate` header.
 *
 * @param header The value; several lines joined by commas.
 * @returns The challenges in order.
 * @throws {RegkitError} `INVALID_RESPONSE` when it is malformed or too long; the message tells where, not what was there.
 */
export function parseChallenges(header: string): Challenge[] {
  if (header.length > CHALLENGE_LIMIT) {
    throw new RegkitError(
      "INVALID_RESPONSE",
      `WWW-Authenticate header has ${header.length} characters, more than the ${CHALLENGE_LIMIT} that are read`,
    );
  }
  const cursor = new Cursor(header);
  const challenges: Challenge[] = [];
  for (cursor.skip(SEPARATOR); !cursor.isAtEnd; cursor.skip(SEPARATOR)) challenges.push(parseChallenge(cursor));
  return challenges;
}

function parseChallenge(cursor: Cursor): Challenge {
  const scheme = cursor.take(TCHAR).toLowerCase();
  if (scheme === "") throw cursor.error("expected the name of a scheme");
  if (cursor.peek() === "=") throw cursor.error("expected a scheme before the first parameter");
  const parameters = new Map<string, string>();
  if (!cursor.isAtEnd && !BLANK.has(cursor.peek()) && cursor.peek() !== ",") {
    throw cursor.error("expected a blank after the scheme");
  }
  cursor.skip(BLANK);
  const token68 = takeToken68(cursor);
  if (token68 !== undefined) return { scheme, parameters, token68 };
  for (;;) {
    const start = cursor.position;
    cursor.skip(SEPARATOR);
    const name = cursor.take(TCHAR).toLowerCase();
    cursor.skip(BLANK);
    if (name === "" || cursor.peek() !== "=") {
      cursor.position = start;
      break;
    }
    cursor.position++;
    cursor.skip(BLANK);
    addParameter(cursor, parameters, name, cursor.peek() === '"' ? takeQuoted(cursor) : takeUnquoted(cursor));
  }
  return { scheme, parameters };
}

/** The same parameter twice is malformed; harmless when it says the same. */
function addParameter(cursor: Cursor, parameters: Map<string, string>, name: string, value: string): void {
  if (parameters.has(name) && parameters.get(name) !== value) throw cursor.error("a parameter is given twice");
  parameters.set(name, value);
}

/** Takes a token68 if there is one: it stands alone up to the next comma. */
function takeToken68(cursor: Cursor): string | undefined {
  const start = cursor.position;
  let text = cursor.take(TOKEN68);
  if (text !== "") {
    while (cursor.peek() === "=") {
      text += "=";
      cursor.position++;
    }
    cursor.skip(BLANK);
    if (cursor.isAtEnd || cursor.peek() === ",") return text;
  }
  cursor.position = start;
  return undefined;
}

function takeUnquoted(cursor: Cursor): string {
  const value = cursor.takeUntil(VALUE_END);
  if (cursor.peek() === '"') throw cursor.error("a quote inside an unquoted value");
  return value;
}

function takeQuoted(cursor: Cursor): string {
  const opened = cursor.position;
  cursor.position++;
  const parts: string[] = [];
  for (;;) {
    parts.push(cursor.takeUntil(QUOTED_END));
    const next = cursor.peek();
    if (next === "") {
      cursor.position = opened;
      throw cursor.error("a quoted value has no end");
    }
    cursor.position++;
    if (next === '"') return parts.join("");
    const escaped = cursor.peek();
    cursor.refuseControl(escaped);
    parts.push(escaped);
    cursor.position += escaped.length;
  }
}

/** A position in the header; everything moves it forward only, save for one step back per item. */
class Cursor {
  readonly #text: string;
  position = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get isAtEnd(): boolean {
    return this.position >= this.#text.length;
  }

  /** The character here; empty at the end. */
  peek(): string {
    return this.#text.charAt(this.position);
  }

  skip(set: ReadonlySet<string>): void {
    while (!this.isAtEnd && set.has(this.peek())) this.position++;
  }

  take(set: ReadonlySet<string>): string {
    const start = this.position;
    this.skip(set);
    return this.#text.slice(start, this.position);
  }

  takeUntil(end: ReadonlySet<string>): string {
    const start = this.position;
    while (!this.isAtEnd && !end.has(this.peek())) {
      this.refuseControl(this.peek());
      this.position++;
    }
    return this.#text.slice(start, this.position);
  }

  refuseControl(char: string): void {
    const code = char.charCodeAt(0);
    if ((code < 0x20 && code !== 0x09) || code === 0x7f) throw this.error("a control character");
  }

  error(problem: string): RegkitError {
    return new RegkitError(
      "INVALID_RESPONSE",
      `malformed WWW-Authenticate header at character ${this.position + 1}: ${problem}`,
    );
  }
}

function charSet(chars: string, withAlphanumerics = false): ReadonlySet<string> {
  const alphanumerics = withAlphanumerics ? "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789" : "";
  return new Set(chars + alphanumerics);
}
