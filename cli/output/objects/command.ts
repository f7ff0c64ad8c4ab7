/**
 * Commands, as the templates of `cli-doc` see them.
 *
 * @module
 */

import { type DefinedStruct, defineStruct, type GoObject } from "../../../lib/template/struct_type.ts";
import { goTypes, listOf, type MethodSpec } from "../../../lib/template/types.ts";
import { type CommandNode, nameOf, type Program } from "../../command.ts";
import { usageLine } from "../../help.ts";

interface CommandFacts {
  readonly program: Program;
  readonly node: CommandNode;
}

const { bool, string } = goTypes;

const commandType: DefinedStruct<CommandFacts> = defineStruct<CommandFacts>({
  name: "*cobra.Command",
  fields: [
    { name: "Use", type: string, get: (facts) => usageOf(facts).slice(pathOf(facts).lastIndexOf(" ") + 1) },
    { name: "Aliases", type: listOf(string), get: ({ node }) => node.aliases },
    { name: "Short", type: string, get: ({ node }) => node.summary },
    { name: "Long", type: string, get: ({ node }) => node.description ?? node.summary },
    { name: "Example", type: string, get: ({ node }) => examplesOf(node) },
    { name: "Hidden", type: bool, get: ({ node }) => node.isHidden === true },
  ],
  methods: (): Readonly<Record<string, MethodSpec<CommandFacts>>> => ({
    CommandPath: { result: string, call: pathOf },
    Commands: { result: listOf(commandType), call: (facts) => below(facts).map((node) => ({ ...facts, node })) },
    HasSubCommands: { result: bool, call: (facts) => below(facts).length > 0 },
    Name: { result: string, call: ({ program, node }) => nameOf(node) || program.name },
    Runnable: { result: bool, call: ({ node }) => node.kind === "command" },
    UseLine: { result: string, call: usageOf },
  }),
  text: pathOf,
});

function pathOf({ program, node }: CommandFacts): string {
  return `${program.name} ${node.path}`.trim();
}

function usageOf({ program, node }: CommandFacts): string {
  return usageLine(program, node);
}

function below({ node }: CommandFacts): readonly CommandNode[] {
  return node.kind === "group" ? node.commands : [];
}

function examplesOf(node: CommandNode): string {
  const examples = node.kind === "command" ? node.examples ?? [] : [];
  return examples.map(({ summary, line }) => `# ${summary}\n${line}`).join("\n\n");
}

/**
 * Makes the object of a command.
 *
 * @param program The program.
 * @param node The command or group.
 * @returns The object.
 */
export function commandObject(program: Program, node: CommandNode): GoObject {
  return commandType.of({ program, node });
}
