/**
 * The hosts as a user of the tools has them: regctl's settings file and what was typed.
 *
 * @module
 */

import { type Logger, silentLogger } from "../log.ts";
import { createHostDirectory, type SettingsHostDirectory } from "./host_directory.ts";
import type { NamedHostSettings } from "./host_name.ts";
import { loadRegctlFile } from "./regctl_file.ts";
import type { SettingsSystem } from "./system.ts";

/** Options of {@linkcode loadHostDirectory}. */
export interface LoadHostsOptions {
  /** Environment, files and programs. */
  readonly system: SettingsSystem;
  /** Hosts of the command line, in order. */
  readonly typed?: readonly NamedHostSettings[] | undefined;
  /** Gets warnings about what is set twice or cannot be read. */
  readonly logger?: Logger | undefined;
}

/**
 * Reads regctl's settings file and puts what was typed over it. Docker's files are not read before they are needed.
 *
 * @param options Where to read from, and what was typed.
 * @returns The hosts.
 * @throws {RegkitError} `INVALID_SETTINGS`, `IO` or `DENIED` when the settings file is there but cannot be used.
 */
export async function loadHostDirectory(options: LoadHostsOptions): Promise<SettingsHostDirectory> {
  const { system, typed, logger = silentLogger } = options;
  const regctlFile = await loadRegctlFile(system, logger);
  return createHostDirectory({ system, regctlFile, hostOptions: typed, logger });
}
