/**
 * Asks the user for a line, or for a password that does not show.
 *
 * @module
 */

import { RegkitError } from "../../../lib/errors.ts";
import type { Context } from "../../context.ts";

/** More than anybody types; keeps a wrong file on standard input from filling the memory. */
const maxLineLength = 1 << 20;

const keys = {
  interrupt: 0x03,
  end: 0x04,
  backspace: 0x08,
  newline: 0x0a,
  enter: 0x0d,
  clear: 0x15,
  delete: 0x7f,
} as const;

/** Asks one question after the other; what was read too far for one answer belongs to the next. */
export class Prompt {
  readonly #context: Context;
  #reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>> | undefined;
  #rest: Uint8Array = new Uint8Array(0);

  /**
   * Creates a prompt. Nothing is read before a question.
   *
   * @param context The door to the process.
   */
  constructor(context: Context) {
    this.#context = context;
  }

  /**
   * Asks for a line.
   *
   * @param question What is asked, as it is written.
   * @returns The answer without its end, trimmed.
   */
  async line(question: string): Promise<string> {
    await this.#context.stdout.write(question);
    const bytes: number[] = [];
    for (let byte = await this.#next(); byte !== undefined && byte !== keys.newline; byte = await this.#next()) {
      push(bytes, byte);
    }
    return decode(bytes).trim();
  }

  /**
   * Asks for a password on a terminal, without showing it.
   *
   * @param question What is asked, as it is written.
   * @returns The answer.
   * @throws {RegkitError} `INVALID_ARGUMENT` when there is no terminal, `ABORTED` on Ctrl-C.
   */
  async secret(question: string): Promise<string> {
    const { stdin, stdout } = this.#context;
    await stdout.write(question);
    if (!stdin.isTerminal) {
      throw new RegkitError("INVALID_ARGUMENT", 'unable to read from tty (resolve by using "-p" flag): no terminal', {
        tip: "Pipe the password in with --pass-stdin",
      });
    }
    stdin.setRaw(true);
    try {
      return await this.#typed();
    } finally {
      stdin.setRaw(false);
      await stdout.write("\n");
    }
  }

  /** Reads keys up to Enter; without the terminal's line editing the few keys that matter are on us. */
  async #typed(): Promise<string> {
    const bytes: number[] = [];
    for (let byte = await this.#next(); byte !== undefined; byte = await this.#next()) {
      if (byte === keys.enter || byte === keys.newline || byte === keys.end) break;
      if (byte === keys.interrupt) throw new RegkitError("ABORTED", "interrupted while reading the password");
      if (byte === keys.backspace || byte === keys.delete) dropCharacter(bytes);
      else if (byte === keys.clear) bytes.length = 0;
      else push(bytes, byte);
    }
    return decode(bytes);
  }

  async #next(): Promise<number | undefined> {
    while (this.#rest.length === 0) {
      this.#reader ??= this.#context.stdin.stream().getReader();
      const { value, done } = await this.#reader.read();
      if (done) return undefined;
      this.#rest = value;
    }
    const byte = this.#rest[0];
    this.#rest = this.#rest.subarray(1);
    return byte;
  }
}

function push(bytes: number[], byte: number): void {
  if (bytes.length >= maxLineLength) throw new RegkitError("TOO_LARGE", "the answer is too long");
  bytes.push(byte);
}

/** A character of UTF-8 is a first byte and those after it that begin with the bits 10. */
function dropCharacter(bytes: number[]): void {
  while (((bytes.pop() ?? 0) & 0xc0) === 0x80);
}

function decode(bytes: readonly number[]): string {
  return new TextDecoder().decode(Uint8Array.from(bytes));
}
