/**
 * Descriptors, as templates see them.
 *
 * @module
 */

import type { Descriptor } from "../../../lib/oci/descriptor.ts";
import { digestAlgorithms } from "../../../lib/oci/digest.ts";
import { type DefinedStruct, defineStruct } from "../../../lib/template/struct_type.ts";
import { goTypes, listOf, mapOf, type MapType, pointerTo } from "../../../lib/template/types.ts";
import { algorithmType, digestType } from "./digest.ts";
import { platformType } from "./platform.ts";

/** Annotations and labels. */
export const annotationsType: MapType = mapOf(goTypes.string, goTypes.string);

/** A descriptor. */
export const descriptorType: DefinedStruct<Partial<Descriptor>> = defineStruct<Partial<Descriptor>>({
  name: "descriptor.Descriptor",
  fields: [
    { name: "MediaType", type: goTypes.string, json: "mediaType", isOmittedEmpty: true },
    { name: "Digest", type: digestType, json: "digest" },
    { name: "Size", type: goTypes.int64, json: "size" },
    { name: "URLs", type: listOf(goTypes.string), json: "urls", isOmittedEmpty: true },
    { name: "Annotations", type: annotationsType, json: "annotations", isOmittedEmpty: true },
    { name: "Data", type: goTypes.bytes, json: "data", isOmittedEmpty: true },
    { name: "Platform", type: pointerTo(platformType), json: "platform", isOmittedEmpty: true },
    { name: "ArtifactType", type: goTypes.string, json: "artifactType", isOmittedEmpty: true },
    // regctl prints one more part of every descriptor, which is always empty.
    { name: "digestAlgo", type: goTypes.string, json: false, get: () => "" },
  ],
  methods: {
    DigestAlgo: { result: algorithmType, call: ({ digest }) => algorithmOf(digest) },
    GetData: { result: goTypes.bytes, call: verifiedData },
  },
});

/** A list of descriptors. */
export const descriptorsType: ReturnType<typeof listOf> = listOf(descriptorType);

function algorithmOf(digest = ""): string {
  const algorithm = digest.slice(0, Math.max(digest.indexOf(":"), 0));
  return digestAlgorithms.has(algorithm) ? algorithm : "sha256";
}

let createHash: typeof import("node:crypto").createHash | undefined;

/**
 * Loads what `GetData` verifies data by, which has to be done before a template calls it.
 */
export async function loadVerification(): Promise<void> {
  ({ createHash } = await import("node:crypto"));
}

/** Embedded data counts only when it is what the descriptor says. */
function verifiedData({ data = "", digest = "", size = 0 }: Partial<Descriptor>): Uint8Array {
  const bytes = Uint8Array.fromBase64(data);
  const algorithm = algorithmOf(digest);
  const hex = bytes.length === 0 || bytes.length !== size ? "" : createHash?.(algorithm).update(bytes).digest("hex");
  if (`${algorithm}:${hex}` !== digest) throw new Error("parsing failed");
  return bytes;
}
