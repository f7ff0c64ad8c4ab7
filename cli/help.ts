/**
 * Writes help out of the commands' data.
 *
 * @module
 */

import { type CommandNode, type Flag, type FlagTable, nameOf, type Program } from "./command.ts";
import { helpFlag } from "./flag_lookup.ts";
import { headings } from "./text.ts";

/** Options of {@linkcode formatHelp}. */
export interface HelpOptions {
  /** Whether headings are shown in bold. */
  readonly isColored?: boolean | undefined;
}

/**
 * Writes the usage line of a command or group.
 *
 * @param program The program.
 * @param node The command or group.
 * @returns Such as `regctl tag ls <repository> [flags]`.
 */
export function usageLine(program: Program, node: CommandNode): string {
  const words = [program.name, node.path];
  if (node.kind === "group") return [...words, "[command]"].filter(Boolean).join(" ");
  for (const { name, isOptional, isVariadic } of node.args) {
    words.push((isOptional ? `[${name}]` : `<${name}>`) + (isVariadic ? "..." : ""));
  }
  return [...words, "[flags]"].join(" ");
}

/**
 * Writes the help of a command or group.
 *
 * @param program The program.
 * @param node The command or group.
 * @param options Whether colours are wanted.
 * @returns The text, its last line ended.
 */
export function formatHelp(program: Program, node: CommandNode, options: HelpOptions = {}): string {
  const title = (text: string) => options.isColored ? `\x1b[1m${text}\x1b[22m` : text;
  const section = (heading: string, lines: readonly string[]) =>
    lines.length === 0
      ? []
      : [`${title(heading)}\n${lines.map((line) => line === "" ? "\n" : `  ${line}\n`).join("")}`];
  const name = [program.name, node.path].filter(Boolean).join(" ");
  const own = node.kind === "command" ? node.flags : {};
  const parts = [
    `${node.description ?? `${node.summary}.`}\n`,
    ...section(headings.usage, [usageLine(program, node)]),
    ...section(headings.aliases, node.aliases?.length ? [[nameOf(node), ...node.aliases].join(", ")] : []),
    ...section(headings.examples, exampleLines(node)),
    ...section(headings.commands, node.kind === "group" ? commandLines(node.commands) : []),
    ...section(headings.flags, flagLines({ ...own, help: helpFlag })),
    ...section(headings.globalFlags, flagLines(program.globalFlags)),
    ...section(
      headings.permissions,
      node.kind === "command" && node.permissions.length > 0 ? [node.permissions.join(" ")] : [],
    ),
    ...(node.kind === "group" ? [`${headings.more(name)}\n`] : []),
  ];
  return parts.join("\n");
}

function exampleLines(node: CommandNode): readonly string[] {
  if (node.kind === "group") return [];
  return (node.examples ?? []).flatMap(({ summary, line }, at) => [...(at > 0 ? [""] : []), `# ${summary}`, line]);
}

function commandLines(nodes: readonly CommandNode[]): readonly string[] {
  return columns(
    nodes.filter(({ isHidden }) => isHidden !== true).map((node) => [nameOf(node), node.summary] as const),
  );
}

function flagLines(table: FlagTable): readonly string[] {
  const shown = Object.entries(table).filter(([, { isHidden }]) => isHidden !== true)
    .sort(([left], [right]) => left < right ? -1 : 1);
  return columns(shown.map(([name, flag]) => {
    const short = flag.short === undefined ? "    " : `-${flag.short}, `;
    const value = flag.kind === "bool" ? "" : ` ${flag.placeholder ?? flag.kind}`;
    return [`${short}--${name}${value}`, flag.summary + defaultText(flag)] as const;
  }));
}

function defaultText(flag: Flag): string {
  if (flag.kind === "list" || !flag.default) return "";
  return ` (default ${JSON.stringify(flag.default)})`;
}

function columns(rows: readonly (readonly [string, string])[]): readonly string[] {
  const width = Math.max(0, ...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `${left.padEnd(width)}   ${right}`.trimEnd());
}
