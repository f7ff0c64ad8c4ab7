/**
 * The structure of what the programs say in words of their own: help, completion scripts, cli-doc and version.
 *
 * @module
 */

import { runProgram, tempFolder } from "../../support/processes.ts";
import { type HelpShape, readHelp } from "./help_shape.ts";
import { realRegctl } from "./programs.ts";

/** The shells with completion scripts. */
export const shells = ["bash", "fish", "powershell", "zsh"] as const;

/** Runs a program and gives its standard output. */
export type Speaker = (args: readonly string[]) => Promise<string>;

/** What a script does. */
export interface ScriptShape {
  /** Whether it asks the program for candidates, and by which words. */
  readonly asks: boolean;
  /** Whether it does so without descriptions when told to. */
  readonly asksPlainly: boolean;
  /** Whether it tells the shell about the program. */
  readonly registers: boolean;
}

/** What a program says. */
export interface Structure {
  /** All commands, hidden ones too. */
  readonly commands: readonly string[];
  /** The commands that are not hidden. */
  readonly shown: readonly string[];
  /** The help of each command. */
  readonly help: Readonly<Record<string, HelpShape>>;
  readonly scripts: Readonly<Record<string, ScriptShape>>;
  /** The keys of `version`. */
  readonly version: readonly string[];
}

/** Where the real one's structure is recorded. */
export const structureUrl: URL = new URL("../../fixtures/parity/expected/structure.json", import.meta.url);

/** Asks a program for everything. */
export async function readStructure(speak: Speaker): Promise<Structure> {
  const commands = await listed(speak, ["--hidden"]);
  const help: Record<string, HelpShape> = {};
  for (const command of commands) {
    help[command] = readHelp(await speak([...command.split(" ").slice(1), "--help"]));
  }
  const scripts: Record<string, ScriptShape> = {};
  for (const shell of shells) scripts[shell] = await readScript(speak, shell);
  const version = (await speak(["version"])).trimEnd().split("\n").map((line) => line.split(":")[0] ?? "");
  return { commands, shown: await listed(speak, []), help, scripts, version };
}

/** Asks the real one. */
export async function readRealStructure(): Promise<Structure> {
  await using home = await tempFolder();
  return await readStructure(async (args) =>
    (await runProgram(realRegctl.path, args, { env: { HOME: home.path } })).stdout
  );
}

async function listed(speak: Speaker, flags: readonly string[]): Promise<readonly string[]> {
  return (await speak(["cli-doc", "--list", ...flags])).trimEnd().split("\n");
}

const registrations: Readonly<Record<(typeof shells)[number], RegExp>> = {
  bash: /^ *complete .*-F \S+ regctl$/m,
  fish: /^complete .*-c regctl .*-n /m,
  powershell: /^Register-ArgumentCompleter .*'regctl'/m,
  zsh: /^#compdef regctl$/m,
};

async function readScript(speak: Speaker, shell: (typeof shells)[number]): Promise<ScriptShape> {
  const script = await speak(["completion", shell]);
  const plain = await speak(["completion", shell, "--no-descriptions"]);
  return {
    asks: /__complete\b/.test(script),
    asksPlainly: /__completeNoDesc\b/.test(plain),
    registers: registrations[shell].test(script),
  };
}
