/**
 * Finds what could stand under the cursor.
 *
 * @module
 */

import { type Completion, type Flag, nameOf, type Program } from "../command.ts";
import { flagsOf } from "../flag_lookup.ts";
import type { Position } from "./position.ts";

/** Something that could stand under the cursor. */
export interface Candidate {
  /** The whole word; of a flag's value only the value. */
  readonly text: string;
  /** What it is, in one line; empty when there is nothing to say. */
  readonly summary: string;
}

/** What the shell is told beside the candidates; the numbers are those of regctl's protocol. */
export const directives = {
  /** Something is wrong with the line. */
  error: 1,
  /** No blank after a word that is taken. */
  noSpace: 2,
  /** No file names, even without candidates. */
  noFiles: 4,
  /** Names of directories. */
  directories: 16,
} as const;

/** What could stand under the cursor. */
export interface Candidates {
  /** The candidates that begin with what is typed. */
  readonly list: readonly Candidate[];
  /** The sum of some {@linkcode directives}. */
  readonly bits: number;
}

/** Looks up what is not in the command's data, such as the tags of a repository. */
export type LookUp = (kind: "tags" | "hosts", typed: string) => Promise<Candidates>;

/** The platforms that are offered. */
export const platformWords: readonly string[] = [
  "local",
  "linux",
  "windows",
  "freebsd",
  "linux/amd64",
  "linux/386",
  "linux/arm/v5",
  "linux/arm/v6",
  "linux/arm/v7",
  "linux/arm64",
  "linux/mips64le",
  "linux/ppc64le",
  "linux/riscv64",
  "linux/s390x",
  "windows/amd64",
  "freebsd/amd64",
];

/**
 * Finds what could stand under the cursor.
 *
 * @param program The program.
 * @param position The word under the cursor.
 * @param lookUp Looks up what is not in the command's data.
 * @returns The candidates.
 */
export async function findCandidates(program: Program, position: Position, lookUp: LookUp): Promise<Candidates> {
  const { kind, node, typed } = position;
  if (kind === "flag") return offer(flagNames(program, position), typed);
  if (kind === "value") return await complete(valueKind(position.flag?.flag), typed, lookUp);
  if (node.kind === "group") return offer(commandNames(program, position), typed);
  if (position.isHelp) return nothing;
  const at = Math.min(position.args.length, node.args.length - 1);
  const argument = node.args[at];
  if (argument === undefined || (at < position.args.length && argument.isVariadic !== true)) return nothing;
  return await complete(argument.completion, typed, lookUp);
}

const nothing: Candidates = { list: [], bits: directives.noFiles };

function offer(list: readonly Candidate[], typed: string): Candidates {
  return { list: list.filter(({ text }) => text.startsWith(typed)), bits: directives.noFiles };
}

function words(texts: readonly string[]): readonly Candidate[] {
  return texts.map((text) => ({ text, summary: "" }));
}

function valueKind(flag: Flag | undefined): Completion {
  if (flag?.kind === "bool") return ["true", "false"];
  return flag?.completion ?? "files";
}

async function complete(kind: Completion, typed: string, lookUp: LookUp): Promise<Candidates> {
  switch (kind) {
    case "files":
      return { list: [], bits: 0 };
    case "directories":
      return { list: [], bits: directives.directories };
    case "none":
      return nothing;
    case "platforms":
      return offer(words(platformWords), typed);
    case "tags":
    case "hosts":
      return await lookUp(kind, typed);
    default:
      return offer(words(kind), typed);
  }
}

function commandNames(program: Program, { node, isHelp }: Position): readonly Candidate[] {
  if (node.kind === "command") return [];
  const shown = node.commands.filter(({ isHidden }) => isHidden !== true)
    .map((child) => ({ text: nameOf(child), summary: child.summary }));
  if (node !== program.root || isHelp) return shown;
  return [...shown, { text: "help", summary: "Show the help of a command" }];
}

/** A flag that takes one value is not offered twice. */
function flagNames(program: Program, { node, flags }: Position): readonly Candidate[] {
  const typed = new Set(flags.map(({ name }) => name));
  const open = Object.entries(flagsOf(program, node))
    .filter(([name, flag]) => flag.isHidden !== true && (flag.kind === "list" || !typed.has(name)))
    .sort(([left], [right]) => left < right ? -1 : 1);
  return open.flatMap(([name, { short, summary }]) => [
    { text: `--${name}`, summary },
    ...(short === undefined ? [] : [{ text: `-${short}`, summary }]),
  ]);
}
