/**
 * Writes the reference of a program out of the data of its commands.
 *
 * @module
 */

import {
  type Command,
  type CommandNode,
  type Completion,
  type Flag,
  type FlagTable,
  nameOf,
  type Program,
} from "../command.ts";
import { commandsBelow } from "../flag_lookup.ts";
import { usageLine } from "../help.ts";
import { markdownTable, markdownText } from "./markdown.ts";

const kinds: Readonly<Record<Flag["kind"], string>> = {
  bool: "",
  float: "number",
  int: "number",
  list: "text, may be repeated",
  string: "text",
  uint: "number",
};

/**
 * Writes the reference.
 *
 * @param program The program.
 * @param command The line that writes it anew, mentioned in it.
 * @returns The Markdown text.
 */
export function formatReferencePage(program: Program, command: string): string {
  const commands = [...commandsBelow(program.root)];
  const shown = commands.filter(({ isHidden }) => isHidden !== true);
  const hidden = commands.filter(({ isHidden }) => isHidden === true);
  return [
    `<!-- Written by \`${command}\` out of the commands' data: change that instead. -->\n`,
    `# ${program.name}\n`,
    `${program.root.description ?? program.root.summary}\n`,
    markdownTable(["command", "what it does"], shown.map((each) => [link(program, each), markdownText(each.summary)])),
    "## Flags of every command\n",
    flagTable(program.globalFlags),
    "## Exit codes\n",
    "0 for success and 1 for every failure, unless finer ones are asked for: see [exit codes](exit-codes.md).\n",
    "## Results as JSON\n",
    "Commands with `--json` print results in forms that stay: see [results as JSON](json.md).\n",
    "## Commands\n",
    ...shown.map((each) => section(program, each)),
    ...(hidden.length === 0 ? [] : ["## Hidden commands\n"]),
    ...hidden.map((each) => section(program, each)),
  ].join("\n");
}

/**
 * Writes the part about one command or group.
 *
 * @param program The program.
 * @param node The command or group.
 * @returns The Markdown text.
 */
export function formatNodePage(program: Program, node: CommandNode): string {
  if (node.kind === "command") return section(program, node);
  const shown = [...commandsBelow(node)].filter(({ isHidden }) => isHidden !== true);
  return [
    `### ${title(program, node)}\n`,
    `${markdownText(node.description ?? `${node.summary}.`)}\n`,
    markdownTable(
      ["command", "what it does"],
      shown.map((each) => [`\`${title(program, each)}\``, markdownText(each.summary)]),
    ),
  ].join("\n");
}

function title(program: Program, { path }: CommandNode): string {
  return `${program.name} ${path}`.trim();
}

function link(program: Program, command: Command): string {
  const text = title(program, command);
  return `[${text}](#${text.replaceAll(" ", "-")})`;
}

function section(program: Program, command: Command): string {
  const { description, summary, examples = [], permissions, flags } = command;
  const lines = examples.flatMap(({ summary, line }, at) => [...(at > 0 ? [""] : []), `# ${summary}`, line]);
  const table = flagTable(flags);
  return [
    `### ${title(program, command)}\n`,
    `${markdownText(description ?? `${summary}.`)}\n`,
    `\`\`\`text\n${usageLine(program, command)}\n\`\`\`\n`,
    ...aliasLines(program, command),
    ...argumentLines(command),
    ...(lines.length === 0 ? [] : [`\`\`\`sh\n${lines.join("\n")}\n\`\`\`\n`]),
    ...(table === "" ? [] : [table]),
    ...(permissions.length === 0 ? [] : [`Permissions: \`${permissions.join(" ")}\`\n`]),
  ].join("\n");
}

function aliasLines(program: Program, { path, aliases = [] }: Command): readonly string[] {
  const [groupName = "", ...rest] = path.split(" ");
  const group = program.root.commands.find((node) => node.kind === "group" && nameOf(node) === groupName);
  const names = [
    ...aliases.map((alias) => [groupName, ...rest.slice(0, -1), alias].join(" ")),
    ...(group?.aliases ?? []).map((alias) => [alias, ...rest].join(" ")),
  ];
  return names.length === 0 ? [] : [`Also: ${names.map((name) => `\`${program.name} ${name}\``).join(", ")}\n`];
}

const completions: Readonly<Record<Extract<Completion, string>, string>> = {
  directories: "directories",
  files: "files",
  hosts: "registries in the settings",
  none: "",
  platforms: "platforms",
  tags: "registries, repositories and tags",
};

function argumentLines({ args }: Command): readonly string[] {
  const rows = args.map(({ name, isOptional, isVariadic, completion }) => [
    `\`${name}\``,
    isVariadic === true ? "any number" : isOptional === true ? "may be left out" : "once",
    typeof completion === "string" ? completions[completion] : completion.map((word) => `\`${word}\``).join(", "),
  ]);
  return rows.length === 0 ? [] : [markdownTable(["argument", "how often", "completed by"], rows)];
}

function flagTable(table: FlagTable): string {
  const rows = Object.entries(table).sort(([left], [right]) => left < right ? -1 : 1)
    .map(([name, flag]) => [
      `\`${flag.short === undefined ? "" : `-${flag.short}, `}--${name}\``,
      kinds[flag.kind],
      flag.kind === "list" || !flag.default ? "" : `\`${String(flag.default).trim()}\``,
      `${markdownText(flag.summary)}${flag.isHidden === true ? " (hidden)" : ""}`,
    ]);
  return rows.length === 0 ? "" : markdownTable(["flag", "value", "default", "what it does"], rows);
}
