/**
 * `regctl config set`.
 *
 * @module
 */

import type { RegctlFile } from "../../../lib/settings/regctl_file.ts";
import type { Invocation } from "../../command.ts";
import type { Context } from "../../context.ts";
import { exitCodesKey } from "../../exit_code_setting.ts";
import { editFile } from "../registry/edit_file.ts";

interface Flags {
  readonly "blob-limit": number;
  readonly "default-cred-helper": string;
  readonly "default-exit-codes": boolean;
  readonly "docker-cert": boolean;
  readonly "docker-cred": boolean;
}

/**
 * Changes the settings that are not about one registry.
 *
 * @param context The door to the process.
 * @param invocation Arguments and flags.
 */
export async function run(context: Context, invocation: Invocation<Flags>): Promise<void> {
  await editFile(context, invocation, (file) => withFlags(file, invocation));
}

/** What holds anyway is not stored: a limit of 0, and using what Docker has. */
function withFlags(file: RegctlFile, { flags, given }: Invocation<Flags>): RegctlFile {
  const { settings, rest } = file.hostDefault;
  const credHelper = flags["default-cred-helper"];
  return {
    ...file,
    ...(given.has("blob-limit") ? { blobLimit: flags["blob-limit"] || undefined } : {}),
    ...(given.has("default-cred-helper") ? { hostDefault: { settings: { ...settings, credHelper }, rest } } : {}),
    ...(given.has("default-exit-codes") ? { rest: withExitCodes(file.rest, flags["default-exit-codes"]) } : {}),
    ...(given.has("docker-cert") ? { incDockerCert: flags["docker-cert"] ? undefined : false } : {}),
    ...(given.has("docker-cred") ? { incDockerCred: flags["docker-cred"] ? undefined : false } : {}),
  };
}

function withExitCodes(rest: RegctlFile["rest"], isWanted: boolean): RegctlFile["rest"] {
  const others = Object.entries(rest).filter(([key]) => key !== exitCodesKey);
  return Object.fromEntries(isWanted ? [...others, [exitCodesKey, true]] : others);
}
