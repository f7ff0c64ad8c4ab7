/**
 * `regctl registry config`.
 *
 * @module
 */

import { createHostDirectory } from "../../../lib/settings/host_directory.ts";
import { withoutSecrets } from "../../../lib/settings/host_fields.ts";
import type { HostSettings } from "../../../lib/settings/host.ts";
import { hostToJson } from "../../../lib/settings/host_json.ts";
import { type RegctlFile, regctlFileToJson } from "../../../lib/settings/regctl_file.ts";
import { DEFAULT_CRED_EXPIRE_MS } from "../../../lib/settings/resolve_host.ts";
import type { Invocation } from "../../command.ts";
import type { Context } from "../../context.ts";
import { openSettingsSystem } from "../../open_client.ts";
import { isTemplate, readFormat } from "../../output/format.ts";
import { type JsonFlag, printJson } from "../../output/json.ts";
import { loadFile } from "./edit_file.ts";
import { parseNameArgument } from "./name_argument.ts";

interface Flags extends JsonFlag {
  readonly format: string;
}

/**
 * Prints the settings of one registry, or all of them, without secrets.
 *
 * @param context The door to the process.
 * @param invocation Arguments and flags.
 */
export async function run(context: Context, invocation: Invocation<Flags>): Promise<void> {
  const { args, flags, logger } = invocation;
  const format = await readFormat(context, invocation, "{{jsonPretty .}}");
  const file = await loadFile(context, invocation);
  const print = async (shown: Readonly<Record<string, unknown>>): Promise<void> => {
    if (flags.json) await printJson(context.stdout, shown);
    else if (format !== "nothing") await context.stdout.write(`${JSON.stringify(shown, null, 2)}\n`);
  };
  if (args.length > 0) {
    const { name } = parseNameArgument(args);
    const settings = file.hosts.get(name)?.settings;
    if (settings === undefined) {
      logger.log("warn", "No configuration found for registry", { registry: name });
      if (flags.json) await printJson(context.stdout, null);
      return;
    }
    const host = withoutSecrets(await withHelperUser(context, invocation, file, name, settings));
    if (!isTemplate(format)) return await print(hostToJson(host));
    return await format.print((await import("../../output/objects/settings.ts")).hostObject(name, host));
  }
  const shown = regctlFileToJson(file, { isRedacted: true });
  if (!isTemplate(format)) return await print(shown);
  await format.print((await import("../../output/objects/settings.ts")).configObject(file, shown));
}

/** A helper's user is shown as if it were stored. */
async function withHelperUser(
  context: Context,
  { logger }: Invocation<Flags>,
  regctlFile: RegctlFile,
  name: string,
  settings: HostSettings,
): Promise<HostSettings> {
  if (!settings.credHelper) return settings;
  const system = await openSettingsSystem(context);
  const hosts = createHostDirectory({ system, regctlFile, usesDockerLogins: false, logger });
  const login = await hosts.credential(hosts.host(name), { signal: context.signal });
  const user = login?.user || settings.user;
  const credExpireMs = settings.credExpireMs ?? DEFAULT_CRED_EXPIRE_MS;
  return { ...settings, credExpireMs, ...(user === undefined ? {} : { user }) };
}
