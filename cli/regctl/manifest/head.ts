/**
 * `regctl manifest head`, `regctl image digest`.
 *
 * @module
 */

import { selectManifest } from "../../../lib/image/select_manifest.ts";
import { tagOrDigest, withDigest } from "../../../lib/reference/edit.ts";
import { parseReference } from "../../../lib/reference/parse.ts";
import type { Reference } from "../../../lib/reference/reference.ts";
import type { ManifestInfo } from "../../../lib/repository.ts";
import type { Invocation } from "../../command.ts";
import type { Context } from "../../context.ts";
import { openClient } from "../../open_client.ts";
import { isTemplate, type OutputFormat, readFormat } from "../../output/format.ts";
import { formatHeaders } from "../../output/headers.ts";
import { type JsonFlag, printJson } from "../../output/json.ts";
import { type ManifestInfoJson, manifestInfoJson } from "../../output/manifest_json.ts";
import { readPlatform } from "../../platform_option.ts";
import { readEntry } from "./layout_entry.ts";
import { checkListFlags, requireIndex } from "./require_index.ts";

interface Flags extends JsonFlag {
  readonly format: string;
  readonly platform: string;
  readonly "require-list": boolean;
}

/** What was found out. */
interface FoundInfo extends ManifestInfo {
  readonly ref: Reference;
}

/**
 * Prints the digest of a manifest, or the headers it is served with.
 *
 * @param context The door to the process.
 * @param invocation Arguments and flags.
 */
export async function run(context: Context, invocation: Invocation<Flags>): Promise<void> {
  const { flags } = invocation;
  const format = await readFormat(context, invocation, "", ["headers", "digest"]);
  checkListFlags(flags);
  const { ref, descriptor, headers } = await find(context, invocation, format);
  if (flags.json) {
    const asked = parseReference(invocation.args[0] ?? "");
    return await printJson<ManifestInfoJson>(context.stdout, manifestInfoJson(asked, descriptor));
  }
  if (!isTemplate(format)) {
    return await context.stdout.write(format === "headers" ? formatHeaders(headers) : `${descriptor.digest}\n`);
  }
  const { manifestObject } = await import("../../output/objects/manifest.ts");
  await format.print(manifestObject({ ref, descriptor, headers }));
}

async function find(context: Context, invocation: Invocation<Flags>, format: OutputFormat): Promise<FoundInfo> {
  const { flags, logger } = invocation;
  const ref = parseReference(invocation.args[0] ?? "");
  const platform = flags.platform === "" ? undefined : await readPlatform(context, flags.platform);
  await using client = await openClient(context, invocation, [ref]);
  await using repository = client.repository(ref);
  const { signal } = context;
  const { manifests } = repository;
  const described = async (of: Reference, { descriptor, headers }: ManifestInfo): Promise<FoundInfo> => {
    const entry = isTemplate(format) ? await readEntry(repository, of, descriptor, { signal }) : descriptor;
    return { ref: of, descriptor: entry, headers };
  };
  if (platform === undefined) {
    const info = await manifests.head(tagOrDigest(ref), { signal });
    if (flags["require-list"]) await requireIndex(ref, info.descriptor.mediaType, invocation);
    return await described(ref, info);
  }
  const manifest = await manifests.get(tagOrDigest(ref), { signal });
  const { descriptor } = await selectManifest(repository, manifest, platform, { signal, logger });
  if (descriptor.digest === manifest.descriptor.digest) return await described(ref, manifest);
  const child = withDigest(ref, descriptor.digest);
  // The index tells the digest already; only the headers need another request.
  const wantsHeaders = isTemplate(format) ? format.mentions("RawHeaders", "RateLimit") : format === "headers";
  if (wantsHeaders) return await described(child, await manifests.head(descriptor.digest, { signal }));
  const { mediaType, digest, size } = descriptor;
  return await described(child, { descriptor: { mediaType, digest, size } });
}
