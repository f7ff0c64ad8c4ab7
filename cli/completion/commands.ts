/**
 * The commands under `completion`, as data, for any program.
 *
 * @module
 */

import { type Command, command, type CommandGroup } from "../command.ts";

/** The shells that there are scripts for. */
export type Shell = "bash" | "fish" | "powershell" | "zsh";

const installLines: Readonly<Record<Shell, (program: string) => string>> = {
  bash: (program) => `${program} completion bash >~/.local/share/bash-completion/completions/${program}`,
  fish: (program) => `${program} completion fish >~/.config/fish/completions/${program}.fish`,
  powershell: (program) => `${program} completion powershell | Out-String | Invoke-Expression`,
  zsh: (program) => `${program} completion zsh >"\${fpath[1]}/_${program}"`,
};

const tryLines: Readonly<Record<Shell, (program: string) => string>> = {
  bash: (program) => `source <(${program} completion bash)`,
  fish: (program) => `${program} completion fish | source`,
  powershell: (program) => `${program} completion powershell >>$PROFILE`,
  zsh: (program) => `source <(${program} completion zsh)`,
};

/**
 * Makes the group.
 *
 * @param program The program's name.
 * @returns The group.
 */
export function completionGroup(program: string): CommandGroup {
  const shells: readonly Shell[] = ["bash", "fish", "powershell", "zsh"];
  return {
    kind: "group",
    path: "completion",
    summary: "Print a script that completes command lines in a shell",
    description:
      "Prints a script for a shell. With it the tab key completes commands, flags and their values, the names of registries " +
      "in the settings, repositories, and the tags of repositories, which the registry is asked for.",
    commands: shells.map((shell) => completionCommand(program, shell)),
  };
}

function completionCommand(program: string, shell: Shell): Command {
  const isPowershell = shell === "powershell";
  return command({
    path: `completion ${shell}`,
    summary: `Print the script for ${shell}`,
    description: [
      `Prints the script that completes ${program} in ${shell}.`,
      ...(shell === "bash" ? ["It needs nothing but bash itself."] : []),
      ...(isPowershell ? [] : ["Open a new shell after storing it."]),
    ].join(" "),
    examples: [
      {
        summary: isPowershell ? "use it in this shell" : "store it for all shells",
        line: installLines[shell](program),
      },
      { summary: isPowershell ? "use it in all shells" : "use it in this shell", line: tryLines[shell](program) },
    ],
    args: [],
    flags: { "no-descriptions": { kind: "bool", summary: "Show names alone" } },
    permissions: [],
    load: async () => (await import("./print_script.ts")).scriptPrinter(program, shell),
  });
}
