/**
 * The pretty layout of the version.
 *
 * @module
 */

import type { VersionInfo } from "../version_info.ts";
import { formatTable } from "./table.ts";

/**
 * Writes the facts of a version as a table.
 *
 * @param info The facts.
 * @returns The lines, each ended.
 */
export function formatVersion(info: VersionInfo): string {
  return formatTable([
    ["VCSTag:", info.vcsTag],
    ["VCSRef:", info.vcsRef],
    ["VCSCommit:", info.vcsCommit],
    ["VCSState:", info.vcsState],
    ["VCSDate:", info.vcsDate],
    ["Platform:", info.platform],
    ["GoVer:", info.goVersion],
    ["GoCompiler:", info.goCompiler],
  ]);
}
