/**
 * What a help text says, apart from its words.
 *
 * @module
 */

/** A flag as shown. */
export interface FlagShape {
  /** The letter; empty without one. */
  readonly short: string;
  /** Of what kind the value is; `bool` without one. */
  readonly kind: string;
  /** The default as shown; empty without one. */
  readonly fallback: string;
}

/** A help text. */
export interface HelpShape {
  readonly sections: readonly string[];
  readonly aliases: readonly string[];
  readonly commands: readonly string[];
  readonly flags: Readonly<Record<string, FlagShape>>;
}

/** Sections that do not depend on how a command is described. Flags of the program itself are local or global there. */
const commonSections: readonly string[] = ["Usage", "Aliases", "Available Commands", "Flags"];
const kinds: Readonly<Record<string, string>> = { stringArray: "list", strings: "list" };

/** Reads a help text. */
export function readHelp(text: string): HelpShape {
  const sections = new Map<string, string[]>();
  let lines: string[] = [];
  for (const line of text.split("\n")) {
    const title = /^([A-Z][A-Za-z ]*):$/.exec(line)?.[1];
    if (title !== undefined) sections.set(title, lines = []);
    else if (line.trim() !== "") lines.push(line);
  }
  const commands = (sections.get("Available Commands") ?? []).filter((line) => line.startsWith("  "));
  return {
    sections: [...sections.keys()].filter((title) => commonSections.includes(title)),
    aliases: (sections.get("Aliases") ?? []).flatMap((line) => line.trim().split(", ")),
    commands: commands.map((line) => line.trim().split(" ")[0] ?? ""),
    flags: Object.fromEntries(
      [...sections.get("Flags") ?? [], ...sections.get("Global Flags") ?? []].flatMap(readFlag),
    ),
  };
}

function readFlag(line: string): readonly [string, FlagShape][] {
  const found = /^\s+(?:-(\w), )?--([\w-]+)(?: (\w+))?(?: {2,}(.*))?$/.exec(line);
  if (found === null) return [];
  const [, short = "", name = "", kind = "bool", words = ""] = found;
  // A flag that is off unless given shows that or not.
  const fallback = /\(default (.*)\)$/.exec(words)?.[1] ?? "";
  return [[name, { short, kind: kinds[kind] ?? kind, fallback }]];
}
