/**
 * `regctl config get`.
 *
 * @module
 */

import { regctlFileToJson } from "../../../lib/settings/regctl_file.ts";
import type { Invocation } from "../../command.ts";
import type { Context } from "../../context.ts";
import { exitCodesKey } from "../../exit_code_setting.ts";
import { isTemplate, readFormat } from "../../output/format.ts";
import { type JsonFlag, printJson } from "../../output/json.ts";
import { loadFile } from "../registry/edit_file.ts";

interface Flags extends JsonFlag {
  readonly format: string;
}

/**
 * Prints all settings without secrets.
 *
 * @param context The door to the process.
 * @param invocation Arguments and flags.
 */
export async function run(context: Context, invocation: Invocation<Flags>): Promise<void> {
  const format = await readFormat(context, invocation, "{{jsonPretty .}}");
  const file = await loadFile(context, invocation);
  const exitCodes = file.rest[exitCodesKey];
  const shown = {
    ...regctlFileToJson(file, { isRedacted: true }),
    ...(typeof exitCodes === "boolean" ? { [exitCodesKey]: exitCodes } : {}),
  };
  if (invocation.flags.json) return await printJson(context.stdout, shown);
  if (isTemplate(format)) {
    return await format.print((await import("../../output/objects/settings.ts")).configObject(file, shown));
  }
  if (format !== "nothing") await context.stdout.write(`${JSON.stringify(shown, null, 2)}\n`);
}
