/**
 * Image configs, as templates see them.
 *
 * @module
 */

import { type DefinedStruct, defineStruct, type FieldSpec } from "../../../lib/template/struct_type.ts";
import { durationType, timeType } from "../../../lib/template/time.ts";
import { type GoType, goTypes, listOf, mapOf, pointerTo } from "../../../lib/template/types.ts";
import { annotationsType } from "./descriptor.ts";
import { digestType } from "./digest.ts";
import { platformType } from "./platform.ts";

const { bool, int, string } = goTypes;
const strings = listOf(string);
/** A set: keys without values. */
const names = mapOf(string, defineStruct({ name: "struct {}", fields: [] }));

function optional(name: string, type: GoType, json = name): FieldSpec<unknown> {
  return { name, type, json, isOmittedEmpty: true };
}

const healthcheck = defineStruct({
  name: "v1.HealthConfig",
  fields: [
    optional("Test", strings),
    optional("Interval", durationType),
    optional("Timeout", durationType),
    optional("StartPeriod", durationType),
    optional("Retries", int),
  ],
});

/** How containers are run. */
const runConfig = defineStruct({
  name: "v1.ImageConfig",
  fields: [
    optional("User", string),
    optional("ExposedPorts", names),
    optional("Env", strings),
    optional("Entrypoint", strings),
    optional("Cmd", strings),
    optional("Volumes", names),
    optional("WorkingDir", string),
    optional("Labels", annotationsType),
    optional("StopSignal", string),
    optional("StopTimeout", pointerTo(int)),
    optional("ArgsEscaped", bool),
    optional("Healthcheck", pointerTo(healthcheck)),
    optional("OnBuild", strings),
    optional("Shell", strings),
  ],
});

const rootFs = defineStruct({
  name: "v1.RootFS",
  fields: [
    { name: "Type", type: string, json: "type" },
    { name: "DiffIDs", type: listOf(digestType), json: "diff_ids" },
  ],
});

const history = defineStruct({
  name: "v1.History",
  fields: [
    optional("Created", pointerTo(timeType), "created"),
    optional("CreatedBy", string, "created_by"),
    optional("Author", string, "author"),
    optional("Comment", string, "comment"),
    optional("EmptyLayer", bool, "empty_layer"),
  ],
});

/** An image config: what is known of its document. */
export const imageConfigType: DefinedStruct<unknown> = defineStruct<unknown>({
  name: "v1.Image",
  fields: [
    optional("Created", pointerTo(timeType), "created"),
    optional("Author", string, "author"),
    { name: "Platform", type: platformType, isEmbedded: true, get: (body) => body ?? {} },
    { name: "Config", type: runConfig, json: "config" },
    { name: "RootFS", type: rootFs, json: "rootfs" },
    optional("History", listOf(history), "history"),
  ],
});
