/**
 * Finds out what the word under the cursor is, from the words before it.
 *
 * @module
 */

import type { CommandNode, FlagOccurrence, Program } from "../command.ts";
import { findFlag, type NamedFlag } from "../flag_lookup.ts";
import { answersTo } from "../grammar.ts";

/** The word under the cursor. */
export interface Position {
  /** What it is: the value of a flag, the name of one, or a word of the command. */
  readonly kind: "value" | "flag" | "word";
  /** The command, or the group that the words before end in. */
  readonly node: CommandNode;
  /** Whether the line asks for help on a command. */
  readonly isHelp: boolean;
  /** The arguments before. */
  readonly args: readonly string[];
  /** The flags before, values as typed: those on the way to the command may belong to a command that is not reached yet. */
  readonly flags: readonly FlagOccurrence[];
  /** The flag whose value it is. */
  readonly flag: NamedFlag | undefined;
  /** What is typed of it; of a value only what comes after `=`. */
  readonly typed: string;
}

/**
 * Finds out what the word under the cursor is.
 *
 * @param program The program.
 * @param words The words before.
 * @param last The word under the cursor, up to the cursor.
 * @returns What it is; `undefined` when the words before make no sense.
 */
export function findPosition(program: Program, words: readonly string[], last: string): Position | undefined {
  const walk = new Walk(program);
  return words.every((word) => walk.read(word)) ? walk.end(last) : undefined;
}

class Walk {
  readonly #program: Program;
  #node: CommandNode;
  #isHelp = false;
  #isOver = false;
  #pending: NamedFlag | undefined;
  readonly #args: string[] = [];
  readonly #flags: FlagOccurrence[] = [];

  constructor(program: Program) {
    this.#program = program;
    this.#node = program.root;
  }

  /** Takes a word; `false` when it cannot be. */
  read(word: string): boolean {
    if (this.#pending !== undefined) {
      this.#flags.push({ name: this.#pending.name, value: word });
      this.#pending = undefined;
      return true;
    }
    if (this.#isOver || word === "-" || !word.startsWith("-")) return this.#readWord(word);
    if (word === "--") {
      this.#isOver = true;
      return true;
    }
    return word.startsWith("--") ? this.#readLong(word.slice(2)) : this.#readShort(word.slice(1));
  }

  end(last: string): Position {
    const place = { node: this.#node, isHelp: this.#isHelp, args: this.#args, flags: this.#flags };
    if (this.#pending !== undefined) return { ...place, kind: "value", flag: this.#pending, typed: last };
    if (this.#isOver || !last.startsWith("-")) return { ...place, kind: "word", flag: undefined, typed: last };
    const [, name, letter, value = ""] = /^(?:--([^=]+)|-([^-]))=(.*)$/s.exec(last) ?? [];
    const wanted = name === undefined ? letter === undefined ? undefined : { short: letter } : { name };
    const flag = wanted && findFlag(this.#program, this.#node, wanted);
    if (flag === undefined) return { ...place, kind: "flag", flag, typed: last };
    return { ...place, kind: "value", flag, typed: value };
  }

  #readWord(word: string): boolean {
    if (this.#node.kind === "command") {
      if (!this.#isHelp) this.#args.push(word);
      return !this.#isHelp;
    }
    if (this.#node === this.#program.root && word === "help" && !this.#isHelp) {
      this.#isHelp = true;
      return true;
    }
    const child = this.#node.commands.find((candidate) => answersTo(candidate, word));
    if (child !== undefined) this.#node = child;
    return child !== undefined;
  }

  #readLong(text: string): boolean {
    const equals = text.indexOf("=");
    const found = findFlag(this.#program, this.#node, { name: equals < 0 ? text : text.slice(0, equals) });
    if (found === undefined) return false;
    this.#take(found, equals < 0 ? undefined : text.slice(equals + 1));
    return true;
  }

  #readShort(cluster: string): boolean {
    for (let letters = cluster; letters !== ""; letters = letters.slice(1)) {
      const found = findFlag(this.#program, this.#node, { short: letters.charAt(0) });
      if (found === undefined) return false;
      const rest = letters.slice(1);
      if (rest.startsWith("=") || (rest !== "" && found.flag.kind !== "bool")) {
        this.#take(found, rest.replace(/^=/, ""));
        return true;
      }
      this.#take(found, undefined);
    }
    return true;
  }

  #take(found: NamedFlag, value: string | undefined): void {
    if (value === undefined && found.flag.kind !== "bool") this.#pending = found;
    else this.#flags.push({ name: found.name, value: value ?? true });
  }
}
