/**
 * `regctl manifest put`.
 *
 * @module
 */

import { RegkitError } from "../../../lib/errors.ts";
import { isManifestType, isMediaType } from "../../../lib/oci/media_type.ts";
import { maxManifestBytes, parseManifest } from "../../../lib/oci/manifest.ts";
import { withDigest } from "../../../lib/reference/edit.ts";
import { parseReference } from "../../../lib/reference/parse.ts";
import { readBytes } from "../../../lib/streams/read_bytes.ts";
import type { Invocation } from "../../command.ts";
import type { Context } from "../../context.ts";
import { openClient } from "../../open_client.ts";
import { isTemplate, readFormat } from "../../output/format.ts";
import { type JsonFlag, printJson } from "../../output/json.ts";
import { type ManifestInfoJson, manifestInfoJson } from "../../output/manifest_json.ts";

interface Flags extends JsonFlag {
  readonly format: string;
  readonly "by-digest": boolean;
  readonly "content-type": string;
}

/**
 * Stores a manifest read from standard input. All is checked before anything is sent.
 *
 * @param context The door to the process.
 * @param invocation Arguments and flags.
 */
export async function run(context: Context, invocation: Invocation<Flags>): Promise<void> {
  const { args, flags } = invocation;
  const format = await readFormat(context, invocation, "");
  const ref = parseReference(args[0] ?? "");
  const mediaType = flags["content-type"];
  if (mediaType !== "" && !isMediaType(mediaType)) {
    throw new RegkitError("INVALID_ARGUMENT", `invalid media type: ${mediaType}`, {
      tip: "Give a type and subtype without parameters, such as application/vnd.oci.image.index.v1+json",
    });
  }
  if (mediaType !== "" && !isManifestType(mediaType)) {
    throw new RegkitError("UNSUPPORTED_MEDIA_TYPE", `unsupported media type: ${JSON.stringify(mediaType)}`, {
      tip: "Give the media type of a manifest or index, or leave it out to take that of the document",
    });
  }
  const { signal } = context;
  const bytes = await readBytes(context.stdin.stream(), maxManifestBytes, "manifest on standard input");
  const manifest = await parseManifest(bytes, { mediaType, digest: ref.digest || undefined });
  const { digest } = manifest.descriptor;
  await using client = await openClient(context, invocation, [ref]);
  await using repository = client.repository(ref, { isTarget: true });
  await repository.manifests.put(flags["by-digest"] ? digest : ref.tag || ref.digest, manifest, { signal });
  if (flags.json) {
    const name = flags["by-digest"] ? withDigest(ref, digest) : ref;
    return await printJson<ManifestInfoJson>(context.stdout, manifestInfoJson(name, manifest.descriptor));
  }
  if (isTemplate(format)) {
    const { putManifestObject } = await import("../../output/objects/manifest.ts");
    return await format.print(putManifestObject({ ref, descriptor: manifest.descriptor, manifest }));
  }
  if (flags["by-digest"] && flags.format === "") await context.stdout.write(`${digest}\n`);
}
