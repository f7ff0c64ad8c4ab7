/**
 * `regctl version`.
 *
 * @module
 */

import type { Invocation } from "../command.ts";
import type { Context } from "../context.ts";
import { parseOutputFormat } from "../output/format_words.ts";
import { type JsonFlag, printJson } from "../output/json.ts";
import { formatTable } from "../output/table.ts";
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
export async function run(context: Context, { flags }: Invocation<Flags>): Promise<void> {
  if (parseOutputFormat(flags.format, "{{printPretty .}}") === "nothing") return;
  const info = versionInfo();
  if (flags.json) return await printJson<VersionInfo>(context.stdout, info);
  await context.stdout.write(formatTable([
    ["VCSTag:", info.vcsTag],
    ["VCSRef:", info.vcsRef],
    ["VCSCommit:", info.vcsCommit],
    ["VCSState:", info.vcsState],
    ["VCSDate:", info.vcsDate],
    ["Platform:", info.platform],
    ["GoVer:", info.goVersion],
    ["GoCompiler:", info.goCompiler],
  ]));
}
