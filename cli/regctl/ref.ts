/**
 * `regctl ref`.
 *
 * @module
 */

import { inContext } from "../../lib/errors.ts";
import { formatReference } from "../../lib/reference/format.ts";
import { parseReference } from "../../lib/reference/parse.ts";
import type { Reference } from "../../lib/reference/reference.ts";
import type { Invocation } from "../command.ts";
import type { Context } from "../context.ts";
import { isTemplate, readFormat } from "../output/format.ts";
import { type JsonFlag, printJson } from "../output/json.ts";

interface Flags extends JsonFlag {
  readonly format: string;
}

/** How `--json` shows a reference; parts that it has not are empty. */
export interface ReferenceJson {
  /** The reference with everything that was left out. */
  readonly name: string;
  /** `reg` or `ocidir`. */
  readonly scheme: string;
  /** The registry. */
  readonly registry: string;
  /** The repository. */
  readonly repository: string;
  /** The path of a layout. */
  readonly path: string;
  /** The tag. */
  readonly tag: string;
  /** The digest. */
  readonly digest: string;
}

/**
 * Prints a reference with everything that was left out.
 *
 * @param context The door to the process.
 * @param invocation Arguments and flags.
 */
export async function run(context: Context, invocation: Invocation<Flags>): Promise<void> {
  const { args, flags } = invocation;
  const format = await readFormat(context, invocation, "{{.CommonName}}");
  const ref = read(args[0] ?? "");
  if (flags.json) {
    return await printJson<ReferenceJson>(context.stdout, toJson(ref));
  }
  if (format === "default") return await context.stdout.write(formatReference(ref));
  if (isTemplate(format)) await format.print((await import("../output/objects/ref.ts")).refObject(ref));
}

function toJson(ref: Reference): ReferenceJson {
  const { scheme, tag, digest } = ref;
  const { registry, repository } = ref.scheme === "reg" ? ref : { registry: "", repository: "" };
  const path = ref.scheme === "ocidir" ? ref.path : "";
  return { name: formatReference(ref), scheme, registry, repository, path, tag, digest };
}

function read(text: string): Reference {
  try {
    return parseReference(text);
  } catch (error) {
    throw inContext(error, { op: `parse ${text}` });
  }
}
