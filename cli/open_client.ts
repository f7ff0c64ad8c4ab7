/**
 * Makes the client of a command out of the global flags and the user's settings.
 *
 * @module
 */

import { RegkitError } from "../lib/errors.ts";
import type { Reference } from "../lib/reference/reference.ts";
import type { HostDirectory } from "../lib/settings/host.ts";
import type { SettingsSystem } from "../lib/settings/system.ts";
import type { Invocation } from "./command.ts";
import type { CommandClient, Context } from "./context.ts";
import { unlessStrict } from "./strict.ts";
import { versionInfo } from "./version_info.ts";

/**
 * Makes the client of a command. Settings are read only when a registry is involved.
 *
 * @param context The door to the process.
 * @param invocation What was typed.
 * @param references What the command will open; anything when left out.
 * @param options How long a failed request may wait before it is repeated.
 * @returns The client; dispose it when done.
 * @throws {RegkitError} `INVALID_ARGUMENT` for an unreadable `--host`; `INVALID_SETTINGS` for unreadable settings.
 */
export async function openClient(
  context: Context,
  invocation: Pick<Invocation, "globals" | "logger">,
  references?: readonly Reference[],
  options: { readonly maxRetryWaitMs?: number } = {},
): Promise<CommandClient> {
  const { globals, logger } = invocation;
  if (context.hooks.client !== undefined) return context.hooks.client;
  const usesRegistry = references === undefined || references.some(({ scheme }) => scheme === "reg");
  const hosts = usesRegistry ? await openHosts(context, invocation) : undefined;
  const { Client } = await import("../lib/client.ts");
  return new Client({
    hosts,
    logger,
    userAgent: globals.userAgent || `regkit/regctl (${versionInfo().vcsTag})`,
    clock: context.clock,
    env: context.env,
    sourceDateEpoch: readSourceDate(context),
    ...options,
  });
}

/**
 * Gives what settings are read and saved by.
 *
 * @param context The door to the process.
 * @returns The machine's files, environment and programs, or what a test replaced them by.
 */
export async function openSettingsSystem(context: Context): Promise<SettingsSystem> {
  if (context.hooks.settings !== undefined) return context.hooks.settings;
  const { createDenoSystem } = await import("../lib/settings/deno_system.ts");
  return createDenoSystem();
}

/**
 * Reads the settings of all hosts: the user's files and `--host`.
 *
 * @param context The door to the process.
 * @param invocation What was typed.
 * @returns The hosts.
 * @throws {RegkitError} `INVALID_ARGUMENT` for an unreadable `--host`; `INVALID_SETTINGS` for unreadable settings.
 */
export async function openHosts(
  context: Context,
  { globals, logger }: Pick<Invocation, "globals" | "logger">,
): Promise<HostDirectory> {
  const { parseHostOption } = await import("../lib/settings/host_option.ts");
  const { loadRegctlFile } = await import("../lib/settings/regctl_file.ts");
  const { createHostDirectory } = await import("../lib/settings/host_directory.ts");
  const typed = globals.host.map(parseHostOption);
  const system = await openSettingsSystem(context);
  const regctlFile = await unlessStrict(
    { globals, logger },
    "Failed to load default config",
    () => loadRegctlFile(system, logger),
  );
  return createHostDirectory({ system, regctlFile, hostOptions: typed, logger });
}

/** regctl's misspelt variable counts too. */
function readSourceDate(context: Context): number | undefined {
  for (const name of ["SOURCE_DATE_EPOCH", "SOURCE_DATE_EPOC"]) {
    const text = context.env(name) ?? "";
    if (text === "") continue;
    if (/^\d{1,15}$/.test(text)) return Number(text);
    throw new RegkitError("INVALID_ARGUMENT", `invalid ${name} ${JSON.stringify(text)}, expected seconds since 1970`, {
      tip: `Unset ${name}, or set it to a whole number such as 1700000000`,
    });
  }
  return undefined;
}
