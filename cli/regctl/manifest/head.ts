/**
 * `regctl manifest head`, `regctl image digest`.
 *
 * @module
 */

import { selectManifest } from "../../../lib/image/select_manifest.ts";
import { tagOrDigest } from "../../../lib/reference/edit.ts";
import { parseReference } from "../../../lib/reference/parse.ts";
import type { ManifestInfo } from "../../../lib/repository.ts";
import type { Invocation } from "../../command.ts";
import type { Context } from "../../context.ts";
import { openClient } from "../../open_client.ts";
import { parseOutputFormat } from "../../output/format_words.ts";
import { formatHeaders } from "../../output/headers.ts";
import { type JsonFlag, printJson } from "../../output/json.ts";
import { type ManifestInfoJson, manifestInfoJson } from "../../output/manifest_json.ts";
import { readPlatform } from "../../platform_option.ts";
import { checkListFlags, requireIndex } from "./require_index.ts";

interface Flags extends JsonFlag {
  readonly format: string;
  readonly platform: string;
  readonly "require-list": boolean;
}

/**
 * Prints the digest of a manifest, or the headers it is served with.
 *
 * @param context The door to the process.
 * @param invocation Arguments and flags.
 */
export async function run(context: Context, invocation: Invocation<Flags>): Promise<void> {
  const { flags } = invocation;
  const format = parseOutputFormat(flags.format, "", ["headers", "digest"]);
  checkListFlags(flags);
  const wantsHeaders = format === "headers";
  const { descriptor, headers } = await find(context, invocation, wantsHeaders);
  if (flags.json) {
    const ref = parseReference(invocation.args[0] ?? "");
    return await printJson<ManifestInfoJson>(context.stdout, manifestInfoJson(ref, descriptor));
  }
  await context.stdout.write(wantsHeaders ? formatHeaders(headers) : `${descriptor.digest}\n`);
}

async function find(context: Context, invocation: Invocation<Flags>, wantsHeaders: boolean): Promise<ManifestInfo> {
  const { flags, logger } = invocation;
  const ref = parseReference(invocation.args[0] ?? "");
  const platform = flags.platform === "" ? undefined : await readPlatform(context, flags.platform);
  await using client = await openClient(context, invocation, [ref]);
  await using repository = client.repository(ref);
  const { signal } = context;
  const { manifests } = repository;
  if (platform === undefined) {
    const info = await manifests.head(tagOrDigest(ref), { signal });
    if (flags["require-list"]) requireIndex(ref, info.descriptor.mediaType);
    return info;
  }
  const manifest = await manifests.get(tagOrDigest(ref), { signal });
  const { descriptor } = await selectManifest(repository, manifest, platform, { signal, logger });
  if (descriptor.digest === manifest.descriptor.digest) return manifest;
  // The index tells the digest already; only the headers need another request.
  return wantsHeaders ? await manifests.head(descriptor.digest, { signal }) : { descriptor };
}
