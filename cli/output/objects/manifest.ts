/**
 * Manifests, as templates see them: the fields of their kind, and methods that all kinds have.
 *
 * @module
 */

import { isIndexType, mediaTypes } from "../../../lib/oci/media_type.ts";
import { defineStruct, GoObject, type StructType } from "../../../lib/template/struct_type.ts";
import { goTypes } from "../../../lib/template/types.ts";
import { formatManifest } from "../manifest.ts";
import {
  docker1Body,
  docker1SignedBody,
  dockerListBody,
  dockerManifestBody,
  ociArtifactBody,
  ociIndexBody,
  ociManifestBody,
} from "./manifest_bodies.ts";
import { emptyManifest } from "./manifest_empty.ts";
import type { ManifestFacts } from "./manifest_facts.ts";
import { extraMethods, manifestMethods } from "./manifest_methods.ts";

const kinds: readonly (readonly [mediaType: string, name: string, bodyName: string, body: StructType])[] = [
  [mediaTypes.ociManifest, "oci1Manifest", "Manifest", ociManifestBody],
  [mediaTypes.ociIndex, "oci1Index", "Index", ociIndexBody],
  [mediaTypes.ociArtifact, "oci1Artifact", "ArtifactManifest", ociArtifactBody],
  [mediaTypes.dockerManifest, "docker2Manifest", "Manifest", dockerManifestBody],
  [mediaTypes.dockerManifestList, "docker2ManifestList", "ManifestList", dockerListBody],
  [mediaTypes.dockerManifest1, "docker1Manifest", "Manifest", docker1Body],
  [mediaTypes.dockerManifest1Signed, "docker1SignedManifest", "SignedManifest", docker1SignedBody],
];

const types: ReadonlyMap<string, StructType> = new Map(
  kinds.map(([mediaType, name, bodyName, body]) => [
    mediaType,
    defineStruct<ManifestFacts>({
      name: `*manifest.${name}`,
      fields: [{ name: bodyName, type: body, isEmbedded: true, get: bodyOf }],
      methods: {
        ...manifestMethods,
        GetOrig: { result: goTypes.any, call: (facts) => new GoObject(body, bodyOf(facts)) },
        ...extraMethods(name),
      },
      json: ({ manifest }) => manifest === undefined ? "" : new TextDecoder().decode(manifest.bytes),
      pretty: ({ ref, descriptor, manifest }) => formatManifest(ref, manifest ?? emptyManifest(descriptor)),
    }),
  ]),
);

function bodyOf({ manifest }: ManifestFacts): unknown {
  return manifest?.body ?? {};
}

/**
 * Makes the object of a manifest.
 *
 * @param facts What is known of it.
 * @returns The object.
 */
export function manifestObject(facts: ManifestFacts): GoObject {
  const { mediaType } = facts.descriptor;
  const fallback = isIndexType(mediaType) ? mediaTypes.ociIndex : mediaTypes.ociManifest;
  const type = types.get(mediaType) ?? types.get(fallback);
  if (type === undefined) throw new TypeError(`no object type for ${mediaType}`);
  return new GoObject(type, facts);
}

/** The result of putting a manifest. */
const putResult = defineStruct<GoObject>({
  name: "struct { Manifest manifest.Manifest }",
  fields: [{ name: "Manifest", type: goTypes.any, get: (manifest) => manifest }],
});

/**
 * Makes the object of a manifest that was put.
 *
 * @param facts What is known of it.
 * @returns The object, whose only field is the manifest.
 */
export function putManifestObject(facts: ManifestFacts): GoObject {
  return putResult.of(manifestObject(facts));
}
