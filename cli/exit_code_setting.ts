/**
 * Whether failures end with the exit codes of the table instead of 1: by flag, environment variable or settings file.
 *
 * @module
 */

import { RegkitError } from "../lib/errors.ts";
import type { SettingsSystem } from "../lib/settings/system.ts";
import type { Context } from "./context.ts";
import { openSettingsSystem } from "./open_client.ts";
import { isFlagTyped, readSwitch } from "./typed_flag.ts";

/** The environment variable. */
export const exitCodesVariable = "REGKIT_EXIT_CODES";

/** The key in regctl's settings file. */
export const exitCodesKey = "exitCodes";

/**
 * Tells whether the exit codes of the table are wanted: `--exit-codes` wins over the variable, that over the settings file.
 *
 * @param context The door to the process.
 * @param argv The words after the program's name.
 * @returns Whether they are.
 */
export async function usesExitCodes(context: Context, argv: readonly string[]): Promise<boolean> {
  return isFlagTyped(argv, "exit-codes") ?? readSwitch(context.env(exitCodesVariable) ?? "") ?? await isInFile(context);
}

/** A file that cannot be read says nothing here: a command that needs it complains by itself. */
async function isInFile(context: Context): Promise<boolean> {
  if (context.hooks.settings === undefined && !mayLook()) return false;
  const { loadRegctlFile } = await import("../lib/settings/regctl_file.ts");
  try {
    const { rest } = await loadRegctlFile(withoutPrompts(await openSettingsSystem(context), context));
    return rest[exitCodesKey] === true;
  } catch (error) {
    if (error instanceof RegkitError) return false;
    throw error;
  }
}

/** Nobody is asked for permissions just to learn how to say that something failed. */
function mayLook(): boolean {
  const variables = ["REGCTL_CONFIG", "XDG_CONFIG_HOME", "APPDATA", "HOME", "USERPROFILE"];
  return variables.every((variable) => Deno.permissions.querySync({ name: "env", variable }).state === "granted");
}

function withoutPrompts(system: SettingsSystem, { hooks }: Context): SettingsSystem {
  if (hooks.settings !== undefined) return system;
  return {
    ...system,
    readTextFile: async (path) => {
      const { state } = await Deno.permissions.query({ name: "read", path });
      if (state !== "granted") throw new RegkitError("DENIED", `may not read ${path}`);
      return await system.readTextFile(path);
    },
  };
}
