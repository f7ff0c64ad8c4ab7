/**
 * The documents of manifests, as templates see them.
 *
 * @module
 */

import { defineStruct, type FieldSpec, type StructType } from "../../../lib/template/struct_type.ts";
import { type GoType, goTypes, listOf, pointerTo } from "../../../lib/template/types.ts";
import { annotationsType, descriptorsType, descriptorType } from "./descriptor.ts";
import { digestType } from "./digest.ts";

const { int, string } = goTypes;

/** Makes a field that is left out of JSON when it is empty. */
function optional(name: string, type: GoType, json: string): FieldSpec<unknown> {
  return { name, type, json, isOmittedEmpty: true };
}

/** Makes the embedded part that says the version of a document. */
function versioned(name: string, fields: readonly FieldSpec<unknown>[]): FieldSpec<unknown> {
  return { name: "Versioned", type: defineStruct({ name, fields }), isEmbedded: true, get: (body) => body };
}

const schemaVersion: FieldSpec<unknown> = { name: "SchemaVersion", type: int, json: "schemaVersion" };
const mediaType = optional("MediaType", string, "mediaType");
const artifactType = optional("ArtifactType", string, "artifactType");
const annotations = optional("Annotations", annotationsType, "annotations");
const subject = optional("Subject", pointerTo(descriptorType), "subject");
const config: FieldSpec<unknown> = { name: "Config", type: descriptorType, json: "config" };
const layers: FieldSpec<unknown> = { name: "Layers", type: descriptorsType, json: "layers" };
const manifests: FieldSpec<unknown> = { name: "Manifests", type: descriptorsType, json: "manifests" };
const ociVersion = versioned("oci.Versioned", [schemaVersion]);
const docker1Version = versioned("schema1.Versioned", [schemaVersion, mediaType]);
const docker2Version = versioned("schema2.Versioned", [schemaVersion, mediaType]);

/** An OCI image manifest. */
export const ociManifestBody: StructType = defineStruct({
  name: "v1.Manifest",
  fields: [ociVersion, mediaType, artifactType, config, layers, subject, annotations],
});

/** An OCI index. */
export const ociIndexBody: StructType = defineStruct({
  name: "v1.Index",
  fields: [ociVersion, mediaType, artifactType, manifests, subject, annotations],
});

/** A withdrawn OCI artifact manifest. */
export const ociArtifactBody: StructType = defineStruct({
  name: "v1.ArtifactManifest",
  fields: [
    { name: "MediaType", type: string, json: "mediaType" },
    artifactType,
    optional("Blobs", descriptorsType, "blobs"),
    subject,
    annotations,
  ],
});

/** A Docker image manifest. */
export const dockerManifestBody: StructType = defineStruct({
  name: "schema2.Manifest",
  fields: [docker2Version, config, layers, annotations],
});

/** A Docker manifest list. */
export const dockerListBody: StructType = defineStruct({
  name: "schema2.ManifestList",
  fields: [docker2Version, manifests, annotations],
});

const fsLayer = defineStruct({
  name: "schema1.FSLayer",
  fields: [{ name: "BlobSum", type: digestType, json: "blobSum" }],
});
const history = defineStruct({
  name: "schema1.History",
  fields: [{ name: "V1Compatibility", type: string, json: "v1Compatibility" }],
});

const docker1Fields: readonly FieldSpec<unknown>[] = [
  docker1Version,
  { name: "Name", type: string, json: "name" },
  { name: "Tag", type: string, json: "tag" },
  { name: "Architecture", type: string, json: "architecture" },
  { name: "FSLayers", type: listOf(fsLayer), json: "fsLayers" },
  { name: "History", type: listOf(history), json: "history" },
];

/** A Docker schema 1 manifest. */
export const docker1Body: StructType = defineStruct({ name: "schema1.Manifest", fields: docker1Fields });

/** A signed Docker schema 1 manifest. */
export const docker1SignedBody: StructType = defineStruct({ name: "schema1.SignedManifest", fields: docker1Fields });
