/**
 * The version, as templates see it.
 *
 * @module
 */

import { defineStruct, type FieldSpec, type GoObject } from "../../../lib/template/struct_type.ts";
import { goTypes, listOf, pointerTo } from "../../../lib/template/types.ts";
import type { VersionInfo } from "../../version_info.ts";
import { formatVersion } from "../version.ts";

const { string } = goTypes;

function field(name: string, json: keyof VersionInfo): FieldSpec<VersionInfo> {
  return { name, type: string, json, get: (info) => info[json] };
}

const moduleType = defineStruct<VersionInfo>({
  name: "debug.Module",
  fields: [
    { name: "Path", type: string, get: () => "regkit" },
    { name: "Version", type: string, get: ({ vcsTag }) => vcsTag },
  ],
});

const settingType = defineStruct({
  name: "debug.BuildSetting",
  fields: [{ name: "Key", type: string }, { name: "Value", type: string }],
});

/** What the program was built from, as far as there is anything to say. */
const buildType = defineStruct<VersionInfo>({
  name: "debug.BuildInfo",
  fields: [
    { name: "GoVersion", type: string, get: ({ goVersion }) => goVersion },
    { name: "Path", type: string, get: () => "regkit/regctl" },
    { name: "Main", type: moduleType, get: (info) => info },
    { name: "Deps", type: listOf(pointerTo(moduleType)), get: () => [] },
    { name: "Settings", type: listOf(settingType), get: () => [] },
  ],
  text: ({ goVersion, vcsTag }) => `go\t${goVersion}\npath\tregkit/regctl\nmod\tregkit\t${vcsTag}\n`,
});

const versionType = defineStruct<VersionInfo>({
  name: "version.Info",
  fields: [
    field("GoVer", "goVersion"),
    field("GoCompiler", "goCompiler"),
    field("Platform", "platform"),
    field("VCSCommit", "vcsCommit"),
    field("VCSDate", "vcsDate"),
    field("VCSRef", "vcsRef"),
    field("VCSState", "vcsState"),
    field("VCSTag", "vcsTag"),
    { name: "Debug", type: pointerTo(buildType), json: "debug", get: (info) => info },
  ],
  pretty: formatVersion,
});

/**
 * Makes the object of a version.
 *
 * @param info The facts.
 * @returns The object.
 */
export function versionObject(info: VersionInfo): GoObject {
  return versionType.of(info);
}
