/**
 * Finds flags by name while the command is not fully known yet: flags may stand before the words of the command.
 *
 * @module
 */

import type { Command, CommandGroup, CommandNode, Flag, FlagTable, Program } from "./command.ts";

/** The flag that every command has. */
export const helpFlag: Flag = { kind: "bool", short: "h", summary: "Show this help" };

/** A flag under its long name. */
export interface NamedFlag {
  /** Its long name. */
  readonly name: string;
  /** The flag. */
  readonly flag: Flag;
}

/**
 * Gives the flags that a command or group takes: its own and those of every command.
 *
 * @param program The program.
 * @param node The command or group.
 * @returns The flags by long name.
 */
export function flagsOf(program: Program, node: CommandNode): FlagTable {
  return { ...(node.kind === "command" ? node.flags : {}), help: helpFlag, ...program.globalFlags };
}

/**
 * Finds a flag by the command as far as it is known. Before the command's last word any command below may own the flag: its
 * kind decides whether the next word is its value; whether the command really has it is for the caller to settle in the end.
 *
 * @param program The program.
 * @param node The command or group.
 * @param wanted Its long name or its letter.
 * @returns The flag; `undefined` when there is none.
 */
export function findFlag(
  program: Program,
  node: CommandNode,
  wanted: { readonly name: string } | { readonly short: string },
): NamedFlag | undefined {
  const seek = (table: FlagTable): NamedFlag | undefined => {
    for (const [name, flag] of Object.entries(table)) {
      if ("name" in wanted ? name === wanted.name : flag.short === wanted.short) return { name, flag };
    }
    return undefined;
  };
  const own = seek(flagsOf(program, node));
  if (own !== undefined || node.kind === "command") return own;
  for (const { flags } of commandsBelow(node)) {
    const found = seek(flags);
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * Lists the commands of a group and of the groups in it.
 *
 * @param group The group.
 * @returns Its commands, in the order of the tree.
 */
export function* commandsBelow(group: CommandGroup): Generator<Command> {
  for (const node of group.commands) {
    if (node.kind === "command") yield node;
    else yield* commandsBelow(node);
  }
}
