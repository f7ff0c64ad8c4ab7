/**
 * `completion bash|fish|powershell|zsh`.
 *
 * @module
 */

import type { CommandFunction } from "../command.ts";
import { bashScript } from "./bash.ts";
import type { Shell } from "./commands.ts";
import { fishScript } from "./fish.ts";
import { powershellScript } from "./powershell.ts";
import type { ScriptOptions } from "./script_options.ts";
import { zshScript } from "./zsh.ts";

const scripts: Readonly<Record<Shell, (options: ScriptOptions) => string>> = {
  bash: bashScript,
  fish: fishScript,
  powershell: powershellScript,
  zsh: zshScript,
};

interface Flags {
  readonly "no-descriptions": boolean;
}

/**
 * Makes the function of a command.
 *
 * @param program The program's name.
 * @param shell The shell.
 * @returns The function, as a module would export it.
 */
export function scriptPrinter(program: string, shell: Shell): { readonly run: CommandFunction<Flags> } {
  return {
    run: async ({ stdout }, { flags }) => {
      const request = flags["no-descriptions"] ? "__completeNoDesc" : "__complete";
      await stdout.write(scripts[shell]({ program, request }));
    },
  };
}
