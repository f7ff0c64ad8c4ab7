/**
 * `cli-doc`.
 *
 * @module
 */

import type { CommandFunction, CommandNode, Program } from "../command.ts";
import { parseLine } from "../grammar.ts";
import { isTemplate, readFormat } from "../output/format.ts";
import { formatNodePage } from "./reference.ts";

interface Flags {
  readonly format: string;
  readonly hidden: boolean;
  readonly list: boolean;
}

/**
 * Makes the function of the command.
 *
 * @param program The program that is documented.
 * @returns The function, as a module would export it.
 */
export function documentationPrinter(program: Program): { readonly run: CommandFunction<Flags> } {
  return {
    run: async (context, invocation) => {
      const { stdout } = context;
      const { args, flags } = invocation;
      const format = await readFormat(context, invocation, "");
      if (flags.list) {
        const nodes = nodesFrom(program.root).filter((node) => flags.hidden || node.isHidden !== true);
        await stdout.write(nodes.map(({ path }) => `${program.name} ${path}`.trim() + "\n").join(""));
        return;
      }
      // Words of another form than a command's are refused as they are in command lines.
      const { node } = parseLine(program, args);
      if (!isTemplate(format)) return await stdout.write(formatNodePage(program, node));
      await format.print((await import("../output/objects/command.ts")).commandObject(program, node));
    },
  };
}

function nodesFrom(node: CommandNode): readonly CommandNode[] {
  return node.kind === "command" ? [node] : [node, ...node.commands.flatMap(nodesFrom)];
}
