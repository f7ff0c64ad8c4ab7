/**
 * A command line of the table.
 *
 * In its words, and in standard input and files, these stand for what each run has of its own:
 * `{reg}` a registry that holds the fixture as `{repo}`, `{other}` an empty one, `{dir}` a folder, `{lay}` a copy of the
 * fixture's layout in it, `{none}` a digest of nothing, `{v1/linux/amd64}` the digest of that part of the fixture,
 * `{body:v1}` its bytes.
 *
 * @module
 */

/** What is compared: standard output, exit code, and what registries and folders hold afterwards. */
export type Aspect = "stdout" | "code" | "state";

/** Where ours is meant to do something else. */
export interface Difference {
  /** The entry of `docs/differences.md`. */
  readonly id: string;
  /** What differs; the rest is equal. */
  readonly in: readonly Aspect[];
  /** Whether what ours does depends on the order of its requests. */
  readonly varies?: boolean;
}

/** Options of a line. */
export interface LineOptions {
  /** Standard input. */
  readonly stdin?: string;
  /** Files to be there, below `{dir}`: `config.json` holds the settings, `docker/config.json` Docker's. */
  readonly files?: Readonly<Record<string, string>>;
  /** The one fixture it is for. */
  readonly only?: "own" | "testrepo";
  /** Whether the registries are told to speak http by `--host`; true by default. */
  readonly isPlain?: boolean;
  /** What is meant to differ. */
  readonly differs?: Difference;
  /** The entry of `docs/differences.md` for annotations of descriptors, which the original prints in random order. */
  readonly unordered?: "annotation-order";
  /** Environment variables. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A command line. */
export interface ParityLine extends LineOptions {
  /** The words as typed, without the program's name. */
  readonly text: string;
  /** Whether it has a registry and a folder of its own, which are compared afterwards. */
  readonly changes: boolean;
}

/** The lines of a group of commands. */
export interface LineGroup {
  readonly name: string;
  readonly lines: readonly ParityLine[];
}

/** A line that leaves everything as it is. */
export function reads(text: string, options: LineOptions = {}): ParityLine {
  return { text, changes: false, ...options };
}

/** A line after which registry and files are compared. */
export function changes(text: string, options: LineOptions = {}): ParityLine {
  return { text, changes: true, ...options };
}

/** A line that has nothing to do with a fixture's content. */
export function plain(text: string, options: LineOptions = {}): ParityLine {
  return { text, changes: false, only: "own", ...options };
}

/** Names a line, distinctly within its group. */
export function nameOf({ text, stdin, files, env }: ParityLine): string {
  const shown = [
    ...Object.entries(env ?? {}).map(([name, value]) => `${name}=${value}`),
    `regctl ${text}`,
    ...(stdin === undefined ? [] : [`< ${JSON.stringify(stdin)}`]),
    ...(files === undefined ? [] : [`with ${JSON.stringify(files)}`]),
  ];
  return shown.join(" ");
}

/** Splits words at blanks; single quotes keep them together. */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  for (const [, quoted, prefix = "", bare = ""] of text.matchAll(/(?:([^\s']*)'([^']*)')|(\S+)/g)) {
    words.push(quoted === undefined ? bare : quoted + prefix);
  }
  return words;
}
