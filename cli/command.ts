/**
 * What a command is: data that parsing, help, completion and documentation are made of, and a function loaded when it runs.
 *
 * @module
 */

import type { Logger } from "../lib/log.ts";
import type { Context } from "./context.ts";

/** What a shell offers for a word: tags of a typed repository, configured hosts, files, platforms, nothing, or fixed words. */
export type Completion = "tags" | "hosts" | "files" | "directories" | "platforms" | "none" | readonly string[];

/** What all flags have. */
export interface FlagBase {
  /** What it does, in one line without full stop. */
  readonly summary: string;
  /** Its one-letter name. */
  readonly short?: string;
  /** What stands for its value in help; by default the kind of value. */
  readonly placeholder?: string;
  /** Whether help and completion leave it out. */
  readonly isHidden?: boolean;
  /** What a shell offers as its value; files by default. */
  readonly completion?: Completion;
}

/** A flag that is on or off. */
export interface BoolFlag extends FlagBase {
  /** Marks the kind. */
  readonly kind: "bool";
  /** Its value when not given; off by default. */
  readonly default?: boolean;
}

/** A flag with a text; the last one given counts. */
export interface StringFlag extends FlagBase {
  /** Marks the kind. */
  readonly kind: "string";
  /** Its value when not given; empty by default. */
  readonly default?: string;
}

/** A flag with a number; the last one given counts. */
export interface NumberFlag extends FlagBase {
  /** Marks the kind: any whole number, one that is not negative, or a fraction. */
  readonly kind: "int" | "uint" | "float";
  /** Its value when not given; 0 by default. */
  readonly default?: number;
}

/** A flag that collects one text per time it is given. */
export interface ListFlag extends FlagBase {
  /** Marks the kind. */
  readonly kind: "list";
}

/** A flag. */
export type Flag = BoolFlag | StringFlag | NumberFlag | ListFlag;

/** Flags by their long names. */
export type FlagTable = Readonly<Record<string, Flag>>;

/** The value of a flag. */
export type FlagValue = boolean | string | number | readonly string[];

/** The values of a table's flags, each of its kind. */
export type FlagValues<Table extends FlagTable> = {
  readonly [Name in keyof Table]: Table[Name] extends { kind: "bool" } ? boolean
    : Table[Name] extends { kind: "string" } ? string
    : Table[Name] extends { kind: "list" } ? readonly string[]
    : number;
};

/** An argument. */
export interface Argument {
  /** Its name in usage lines, such as `image_ref`. */
  readonly name: string;
  /** Whether it may be left out. */
  readonly isOptional?: boolean;
  /** Whether any number may follow. */
  readonly isVariadic?: boolean;
  /** What a shell offers for it. */
  readonly completion: Completion;
}

/** One use of a command, shown in help. */
export interface Example {
  /** What it does. */
  readonly summary: string;
  /** The line to type. */
  readonly line: string;
}

/** The values of the flags that every command takes. */
export interface GlobalValues {
  /** The log level as typed. */
  readonly verbosity: string;
  /** Whether somebody typed a log level. */
  readonly isVerbosityGiven: boolean;
  /** Log options. */
  readonly logopt: readonly string[];
  /** Registry settings for this run. */
  readonly host: readonly string[];
  /** `User-Agent`; empty for the default. */
  readonly userAgent: string;
  /** Whether progress is unwanted. */
  readonly isQuiet: boolean;
  /** Whether mistakes that the original lets pass are errors. */
  readonly isStrict: boolean;
}

/** One use of a flag, in the order of the command line. */
export interface FlagOccurrence {
  /** Its long name. */
  readonly name: string;
  /** The value of this use: a list flag's is one text. */
  readonly value: boolean | string | number;
}

/** What a command runs with. */
export interface Invocation<Values = Readonly<Record<string, FlagValue>>> {
  /** Its arguments; their count is checked. */
  readonly args: readonly string[];
  /** The values of its flags, defaults filled in. */
  readonly flags: Values;
  /** The long names of the flags that were typed. */
  readonly given: ReadonlySet<string>;
  /** Every use of a flag, in the order of the command line. */
  readonly occurrences: readonly FlagOccurrence[];
  /** The values of the flags that every command takes. */
  readonly globals: GlobalValues;
  /** Writes log lines to standard error. */
  readonly logger: Logger;
}

/** Runs a command. What it throws is printed, and the exit code is 1; a number is the exit code without a word. */
export type CommandFunction<Values> = (context: Context, invocation: Invocation<Values>) => Promise<number | void>;

/** What the data of a command consists of. */
export interface CommandData<Table extends FlagTable> {
  /** All words of its name, such as `image copy`. */
  readonly path: string;
  /** Other names for its last word. */
  readonly aliases?: readonly string[];
  /** What it does, in one line without full stop. */
  readonly summary: string;
  /** What it does, in sentences; the summary by default. */
  readonly description?: string;
  /** Uses to learn from. */
  readonly examples?: readonly Example[];
  /** Its arguments, in order. */
  readonly args: readonly Argument[];
  /** Its flags. */
  readonly flags: Table;
  /** The Deno permissions it needs, as flags, such as `--allow-net`. */
  readonly permissions: readonly string[];
  /** Whether help and completion leave it out. */
  readonly isHidden?: boolean;
  /** Loads its function. */
  readonly load: () => Promise<{ readonly run: CommandFunction<FlagValues<Table>> }>;
}

/** A command in the tree. */
export interface Command extends Omit<CommandData<FlagTable>, "load"> {
  /** Marks a command. */
  readonly kind: "command";
  /** Loads its function. */
  readonly load: () => Promise<{ readonly run: CommandFunction<Readonly<Record<string, FlagValue>>> }>;
}

/** Commands under one word. */
export interface CommandGroup {
  /** Marks a group. */
  readonly kind: "group";
  /** All words of its name, such as `image`; empty for the program itself. */
  readonly path: string;
  /** Other names for its last word. */
  readonly aliases?: readonly string[];
  /** What its commands are about, in one line without full stop. */
  readonly summary: string;
  /** What its commands are about, in sentences; the summary by default. */
  readonly description?: string;
  /** Whether help and completion leave it out. */
  readonly isHidden?: boolean;
  /** Its commands and groups. */
  readonly commands: readonly CommandNode[];
}

/** A command or a group of them. */
export type CommandNode = Command | CommandGroup;

/** A program: its name and all its commands. */
export interface Program {
  /** The word that starts it. */
  readonly name: string;
  /** Its commands. */
  readonly root: CommandGroup;
  /** The flags that every command takes. */
  readonly globalFlags: FlagTable;
}

/**
 * Makes a command of its data, and lets the compiler check that its function takes the flags declared.
 *
 * @typeParam Table Its flags.
 * @param data The data.
 * @returns The command.
 */
export function command<const Table extends FlagTable>(data: CommandData<Table>): Command {
  // The parser fills every declared flag with a value of its kind, so the function may rely on the narrower type.
  return { ...data, kind: "command" } as Command;
}

/**
 * Gives the last word of a command's path: the name it is typed by.
 *
 * @param node The command or group.
 * @returns Its name.
 */
export function nameOf(node: CommandNode): string {
  return node.path.slice(node.path.lastIndexOf(" ") + 1);
}
