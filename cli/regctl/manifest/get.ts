/**
 * `regctl manifest get`, `regctl image manifest`.
 *
 * @module
 */

import { RegkitError } from "../../../lib/errors.ts";
import { selectManifest } from "../../../lib/image/select_manifest.ts";
import type { Manifest } from "../../../lib/oci/manifest.ts";
import { tagOrDigest, withDigest } from "../../../lib/reference/edit.ts";
import { parseReference } from "../../../lib/reference/parse.ts";
import type { Reference } from "../../../lib/reference/reference.ts";
import type { Invocation } from "../../command.ts";
import type { Context } from "../../context.ts";
import { openClient } from "../../open_client.ts";
import { type OutputFormat, parseOutputFormat } from "../../output/format_words.ts";
import { formatHeaders } from "../../output/headers.ts";
import { type JsonFlag, printJson } from "../../output/json.ts";
import { formatManifest } from "../../output/manifest.ts";
import { manifestInfoJson, type ManifestJson } from "../../output/manifest_json.ts";
import { readPlatform } from "../../platform_option.ts";
import { checkListFlags, requireIndex } from "./require_index.ts";

interface Flags extends JsonFlag {
  readonly format: string;
  readonly platform: string;
  readonly "require-list": boolean;
}

/** A manifest, and the reference that leads to it. */
interface FoundManifest {
  readonly ref: Reference;
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
  const format = parseOutputFormat(flags.format, "{{printPretty .}}", ["raw", "body", "headers"]);
  checkListFlags(flags);
  const found = await find(context, invocation);
  if (flags.json) await printJson<ManifestJson>(context.stdout, toJson(found));
  else await print(context, format, found);
}

async function find(context: Context, invocation: Invocation<Flags>): Promise<FoundManifest> {
  const { flags, logger } = invocation;
  const ref = parseReference(invocation.args[0] ?? "");
  const platform = flags.platform === "" ? undefined : await readPlatform(context, flags.platform);
  await using client = await openClient(context, invocation, [ref]);
  await using repository = client.repository(ref);
  const { signal } = context;
  const manifest = await repository.manifests.get(tagOrDigest(ref), { signal });
  if (flags["require-list"]) requireIndex(ref, manifest.descriptor.mediaType);
  if (platform === undefined) return { ref, manifest };
  const chosen = await selectManifest(repository, manifest, platform, { signal, logger });
  const { descriptor } = chosen;
  if (descriptor.digest === manifest.descriptor.digest) return { ref, manifest };
  const child = chosen.manifest ?? await repository.manifests.get(descriptor.digest, { descriptor, signal });
  return { ref: withDigest(ref, descriptor.digest), manifest: child };
}

function toJson({ ref, manifest: { descriptor, bytes } }: FoundManifest): ManifestJson {
  return { ...manifestInfoJson(ref, descriptor), manifest: JSON.parse(new TextDecoder().decode(bytes)) };
}

async function print({ stdout }: Context, format: OutputFormat, { ref, manifest }: FoundManifest): Promise<void> {
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
