/**
 * The hidden command `cli-doc`, as data, for any program.
 *
 * @module
 */

import { formatFlags } from "../flags/groups.ts";
import { type Command, command, type Program } from "../command.ts";

/**
 * Makes the command.
 *
 * @param program Gives the program, which holds this command itself.
 * @returns The command.
 */
export function cliDocCommand(program: () => Program): Command {
  return command({
    path: "cli-doc",
    summary: "Print the documentation of a command as Markdown",
    description: "Prints the documentation of a command or group as Markdown, or lists all of them.",
    args: [{ name: "command", isOptional: true, isVariadic: true, completion: "none" }],
    flags: {
      ...formatFlags(""),
      hidden: { kind: "bool", summary: "List hidden commands too" },
      list: { kind: "bool", summary: "List all commands" },
    },
    permissions: [],
    isHidden: true,
    load: async () => (await import("./cli_doc.ts")).documentationPrinter(program()),
  });
}
