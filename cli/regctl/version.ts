/**
 * `regctl version`.
 *
 * @module
 */

import type { Invocation } from "../command.ts";
import type { Context } from "../context.ts";
import { isTemplate, readFormat } from "../output/format.ts";
import { type JsonFlag, printJson } from "../output/json.ts";
import { formatVersion } from "../output/version.ts";
import { type VersionInfo, versionInfo } from "../version_info.ts";

interface Flags extends JsonFlag {
  readonly format: string;
}

/**
 * Prints which version this is, and what it runs on.
 *
 * @param context The door to the process.
 * @param invocation Arguments and flags.
 */
export async function run(context: Context, invocation: Invocation<Flags>): Promise<void> {
  const format = await readFormat(context, invocation, "{{printPretty .}}");
  if (format === "nothing") return;
  const info = versionInfo();
  if (invocation.flags.json) return await printJson<VersionInfo>(context.stdout, info);
  if (!isTemplate(format)) return await context.stdout.write(formatVersion(info));
  await format.print((await import("../output/objects/version.ts")).versionObject(info));
}
