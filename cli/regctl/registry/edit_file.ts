/**
 * Reads, tries and saves regctl's settings file for the commands that change it.
 *
 * @module
 */

import type { HostEntry } from "../../../lib/settings/host_json.ts";
import {
  formatRegctlFile,
  loadRegctlFile,
  type RegctlFile,
  saveRegctlFile,
  withHostEntry,
} from "../../../lib/settings/regctl_file.ts";
import type { SettingsSystem } from "../../../lib/settings/system.ts";
import type { Invocation } from "../../command.ts";
import type { Context } from "../../context.ts";
import { openClient, openSettingsSystem } from "../../open_client.ts";

/** What a command brings along. */
export type Globals = Pick<Invocation, "globals" | "logger">;

/** A host in which nothing is set. */
export const emptyEntry: HostEntry = { settings: {}, rest: {} };

/**
 * Reads the settings file.
 *
 * @param context The door to the process.
 * @param globals What was typed.
 * @returns The settings.
 */
export async function loadFile(context: Context, { logger }: Globals): Promise<RegctlFile> {
  return await loadRegctlFile(await openSettingsSystem(context), logger);
}

/**
 * Changes the settings file. It is read anew just before, so that what happened to it during a prompt or a check stays.
 *
 * @param context The door to the process.
 * @param globals What was typed.
 * @param edit Makes the new settings out of the old ones.
 */
export async function editFile(
  context: Context,
  globals: Globals,
  edit: (file: RegctlFile) => RegctlFile,
): Promise<void> {
  const file = await loadFile(context, globals);
  await saveRegctlFile(edit(file), await openSettingsSystem(context));
}

/**
 * Changes one host in the settings file.
 *
 * @param context The door to the process.
 * @param globals What was typed.
 * @param name The host.
 * @param edit Makes the new entry out of the old one.
 */
export async function editHost(
  context: Context,
  globals: Globals,
  name: string,
  edit: (entry: HostEntry, file: RegctlFile) => HostEntry,
): Promise<void> {
  await editFile(
    context,
    globals,
    (file) => withHostEntry(file, name, edit(file.hosts.get(name) ?? emptyEntry, file)),
  );
}

/**
 * Tries to reach a registry with settings, whether they are saved yet or not.
 *
 * @param context The door to the process.
 * @param globals What was typed.
 * @param name The registry.
 * @param file The settings.
 * @throws {RegkitError} When the registry does not answer or refuses.
 */
export async function checkRegistry(context: Context, globals: Globals, name: string, file: RegctlFile): Promise<void> {
  const settings = withFile(await openSettingsSystem(context), file);
  await using client = await openClient({ ...context, hooks: { ...context.hooks, settings } }, globals);
  await client.ping(name, { signal: context.signal });
}

/** The machine as if the settings were saved already. */
function withFile(system: SettingsSystem, file: RegctlFile): SettingsSystem {
  return {
    ...system,
    readTextFile: (path) => path === file.path ? Promise.resolve(formatRegctlFile(file)) : system.readTextFile(path),
  };
}
