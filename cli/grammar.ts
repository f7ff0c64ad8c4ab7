/**
 * Reads a command line by regctl's grammar: GNU flags anywhere, before and after the words of the command.
 *
 * @module
 */

import { RegkitError } from "../lib/errors.ts";
import {
  type Command,
  type CommandGroup,
  type CommandNode,
  type Flag,
  type FlagOccurrence,
  nameOf,
  type Program,
} from "./command.ts";
import { findFlag, flagsOf } from "./flag_lookup.ts";
import { FlagValueError, parseFlagValue } from "./flag_value.ts";
import { closeNames } from "./suggest.ts";
import { texts } from "./text.ts";

/** A command line as read. */
export interface ParsedLine {
  /** The command, or the group that the line ends in. */
  readonly node: CommandNode;
  /** The words after the command. */
  readonly args: readonly string[];
  /** Every use of a flag, in order. */
  readonly occurrences: readonly FlagOccurrence[];
  /** Whether help is wanted instead of a run. */
  readonly wantsHelp: boolean;
}

/** A flag typed before its command is known. */
interface RawFlag {
  readonly name: string;
  readonly flag: Flag;
  readonly value: string | undefined;
  readonly typedAs: string;
}

/**
 * Reads a command line.
 *
 * @param program The program's commands and flags.
 * @param argv The words after the program's name.
 * @returns The command with its arguments and flags.
 * @throws {RegkitError} `INVALID_ARGUMENT` for the first word that does not fit.
 */
export function parseLine(program: Program, argv: readonly string[]): ParsedLine {
  return new LineReader(program, argv).read();
}

class LineReader {
  readonly #program: Program;
  readonly #argv: readonly string[];
  #at = 0;
  #node: CommandNode;
  #isHelpWord = false;
  readonly #args: string[] = [];
  readonly #raw: RawFlag[] = [];

  constructor(program: Program, argv: readonly string[]) {
    this.#program = program;
    this.#argv = argv;
    this.#node = program.root;
  }

  read(): ParsedLine {
    for (let word = this.#next(); word !== undefined; word = this.#next()) {
      if (word === "--") {
        for (let rest = this.#next(); rest !== undefined; rest = this.#next()) this.#readWord(rest);
      } else if (word.startsWith("--")) {
        this.#readLong(word.slice(2));
      } else if (word.startsWith("-") && word !== "-") {
        this.#readShort(word.slice(1));
      } else {
        this.#readWord(word);
      }
    }
    const occurrences = this.#raw.map((raw) => this.#resolve(raw));
    const help = occurrences.findLast(({ name }) => name === "help");
    return { node: this.#node, args: this.#args, occurrences, wantsHelp: this.#isHelpWord || help?.value === true };
  }

  #next(): string | undefined {
    return this.#argv[this.#at++];
  }

  #readWord(word: string): void {
    const node = this.#node;
    if (node.kind === "command") {
      this.#args.push(word);
      return;
    }
    if (node === this.#program.root && word === "help" && !this.#isHelpWord) {
      this.#isHelpWord = true;
      return;
    }
    const child = node.commands.find((candidate) => answersTo(candidate, word));
    if (child === undefined) throw this.#unknownCommand(node, word);
    this.#node = child;
  }

  #readLong(text: string): void {
    if (text.startsWith("-") || text.startsWith("=")) throw this.#usage(texts.badFlagSyntax(`--${text}`));
    const equals = text.indexOf("=");
    const name = equals < 0 ? text : text.slice(0, equals);
    const flag = findFlag(this.#program, this.#node, { name })?.flag;
    if (flag === undefined) throw this.#usage(texts.unknownFlag(name));
    let value = equals < 0 ? undefined : text.slice(equals + 1);
    if (value === undefined && flag.kind !== "bool") {
      value = this.#next();
      if (value === undefined) throw this.#usage(texts.flagNeedsArgument(name));
    }
    this.#raw.push({ name, flag, value, typedAs: texts.unknownFlag(name) });
  }

  #readShort(cluster: string): void {
    for (let letters = cluster; letters !== "";) {
      const letter = letters.charAt(0);
      const found = findFlag(this.#program, this.#node, { short: letter });
      if (found === undefined) throw this.#usage(texts.unknownShorthand(letter, letters));
      const typedAs = texts.unknownShorthand(letter, letters);
      const rest = letters.slice(1);
      let value: string | undefined;
      if (rest.length > 1 && rest.startsWith("=")) {
        value = rest.slice(1);
        letters = "";
      } else if (found.flag.kind === "bool") {
        letters = rest;
      } else {
        value = rest === "" ? this.#next() : rest;
        if (value === undefined) throw this.#usage(texts.shorthandNeedsArgument(letter, letters));
        letters = "";
      }
      this.#raw.push({ ...found, value, typedAs });
    }
  }

  #resolve(raw: RawFlag): FlagOccurrence {
    const flag = flagsOf(this.#program, this.#node)[raw.name];
    if (flag === undefined) throw this.#usage(raw.typedAs);
    if (raw.value === undefined && flag.kind === "bool") return { name: raw.name, value: true };
    const text = raw.value ?? "";
    try {
      return { name: raw.name, value: parseFlagValue(flag, text) };
    } catch (error) {
      if (!(error instanceof FlagValueError)) throw error;
      const typed = flag.short === undefined ? `--${raw.name}` : `-${flag.short}, --${raw.name}`;
      throw this.#usage(texts.invalidArgument(text, typed, error.message));
    }
  }

  #unknownCommand(group: CommandGroup, word: string): RegkitError {
    const parent = [this.#program.name, group.path].filter(Boolean).join(" ");
    const close = closeNames(word, group.commands.filter(({ isHidden }) => isHidden !== true).map(nameOf));
    const text = texts.unknownCommand(word, parent);
    if (close.length > 0) return new RegkitError("INVALID_ARGUMENT", text + texts.didYouMean(close));
    return new RegkitError("INVALID_ARGUMENT", text, { tip: texts.helpTip(parent) });
  }

  #usage(message: string): RegkitError {
    const name = [this.#program.name, this.#node.path].filter(Boolean).join(" ");
    return new RegkitError("INVALID_ARGUMENT", message, { tip: texts.helpTip(name) });
  }
}

/**
 * Tells whether a word is a name of a command or group.
 *
 * @param node The command or group.
 * @param word The word as typed.
 * @returns Whether it is its name or an alias.
 */
export function answersTo(node: CommandNode, word: string): boolean {
  return nameOf(node) === word || (node.aliases?.includes(word) ?? false);
}

/**
 * Checks how many arguments a command got.
 *
 * @param found The command.
 * @param args Its arguments.
 * @throws {RegkitError} `INVALID_ARGUMENT` when there are too few or too many.
 */
export function checkArgumentCount(found: Command, args: readonly string[]): void {
  const least = found.args.filter((argument) => argument.isOptional !== true).length;
  const most = found.args.some((argument) => argument.isVariadic) ? Infinity : found.args.length;
  if (args.length >= least && args.length <= most) return;
  const message = most === Infinity
    ? texts.acceptsAtLeast(least, args.length)
    : least === most
    ? texts.acceptsExactly(least, args.length)
    : texts.acceptsBetween(least, most, args.length);
  throw new RegkitError("INVALID_ARGUMENT", message);
}
