/**
 * `regctl manifest get`, `regctl image manifest`.
 *
 * @module
 */

import { RegkitError } from "../../../lib/errors.ts";
import { selectManifest } from "../../../lib/image/select_manifest.ts";
import type { Descriptor } from "../../../lib/oci/descriptor.ts";
import type { Manifest } from "../../../lib/oci/manifest.ts";
import { tagOrDigest, withDigest } from "../../../lib/reference/edit.ts";
import { parseReference } from "../../../lib/reference/parse.ts";
import type { Reference } from "../../../lib/reference/reference.ts";
import type { Invocation } from "../../command.ts";
import type { Context } from "../../context.ts";
import { openClient } from "../../open_client.ts";
import { isTemplate, readFormat } from "../../output/format.ts";
import type { PlainFormat } from "../../output/format_words.ts";
import { formatHeaders } from "../../output/headers.ts";
import { type JsonFlag, printJson } from "../../output/json.ts";
import { formatManifest } from "../../output/manifest.ts";
import { manifestInfoJson, type ManifestJson } from "../../output/manifest_json.ts";
import { readPlatform } from "../../platform_option.ts";
import { readEntry } from "./layout_entry.ts";
import { checkListFlags, requireIndex } from "./require_index.ts";

interface Flags extends JsonFlag {
  readonly format: string;
  readonly platform: string;
  readonly "require-list": boolean;
}

/** A manifest, and the reference that leads to it. */
interface FoundManifest {
  readonly ref: Reference;
  /** What points to it, as far as that was looked up. */
  readonly descriptor: Descriptor;
  readonly manifest: Manifest;
}

/**
 * Prints a manifest.
 *
 * @param context The door to the process.
 * @param invocation Arguments and flags.
 */
export async function run(context: Context, invocation: Invocation<Flags>): Promise<void> {
  const { flags } = invocation;
  const format = await readFormat(context, invocation, "{{printPretty .}}", ["raw", "body", "headers"]);
  checkListFlags(flags);
  const found = await find(context, invocation, isTemplate(format));
  if (flags.json) return await printJson<ManifestJson>(context.stdout, toJson(found));
  if (!isTemplate(format)) return await print(context, format, found);
  const { manifestObject } = await import("../../output/objects/manifest.ts");
  const { descriptor, manifest, ref } = found;
  await format.print(manifestObject({ ref, descriptor, manifest, headers: manifest.headers }));
}

async function find(
  context: Context,
  invocation: Invocation<Flags>,
  wantsEntry: boolean,
): Promise<FoundManifest> {
  const { flags, logger } = invocation;
  const ref = parseReference(invocation.args[0] ?? "");
  const platform = flags.platform === "" ? undefined : await readPlatform(context, flags.platform);
  await using client = await openClient(context, invocation, [ref]);
  await using repository = client.repository(ref);
  const { signal } = context;
  const manifest = await repository.manifests.get(tagOrDigest(ref), { signal });
  if (flags["require-list"]) await requireIndex(ref, manifest.descriptor.mediaType, invocation);
  const described = async (found: Omit<FoundManifest, "descriptor">): Promise<FoundManifest> => {
    const { descriptor } = found.manifest;
    return {
      ...found,
      descriptor: wantsEntry ? await readEntry(repository, found.ref, descriptor, { signal }) : descriptor,
    };
  };
  if (platform === undefined) return await described({ ref, manifest });
  const chosen = await selectManifest(repository, manifest, platform, { signal, logger });
  const { descriptor } = chosen;
  if (descriptor.digest === manifest.descriptor.digest) return await described({ ref, manifest });
  const child = chosen.manifest ?? await repository.manifests.get(descriptor.digest, { descriptor, signal });
  return await described({ ref: withDigest(ref, descriptor.digest), manifest: child });
}

function toJson({ ref, manifest: { descriptor, bytes } }: FoundManifest): ManifestJson {
  return { ...manifestInfoJson(ref, descriptor), manifest: JSON.parse(new TextDecoder().decode(bytes)) };
}

async function print({ stdout }: Context, format: PlainFormat, { ref, manifest }: FoundManifest): Promise<void> {
  switch (format) {
    case "default":
      return await stdout.write(formatManifest(ref, manifest));
    case "nothing":
      return;
    case "body":
      return await stdout.write(manifest.bytes);
    case "headers":
      return await stdout.write(formatHeaders(manifest.headers));
    case "raw":
      await stdout.write(`${formatHeaders(manifest.headers)}\n`);
      return await stdout.write(manifest.bytes);
    default:
      throw new RegkitError("UNSUPPORTED", `--format ${format} is not available here`);
  }
}
