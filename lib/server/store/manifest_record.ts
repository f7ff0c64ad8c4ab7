/**
 * What the registry remembers of a manifest beside its bytes: enough to answer everything but its content.
 *
 * @module
 */

import type { Annotations } from "../../oci/descriptor.ts";
import type { Digest } from "../../oci/digest.ts";
import { guessMediaType } from "../../oci/manifest.ts";
import { isIndexType, isKnownBlobType, isManifestType } from "../../oci/media_type.ts";
import { isContentDigest } from "../names.ts";

/** A stored manifest without its bytes. */
export interface ManifestRecord {
  /** The digest by which it was stored. */
  readonly digest: Digest;
  /** Its media type, without parameters. */
  readonly mediaType: string;
  /** Its length in bytes. */
  readonly size: number;
  /** The artifact type to list it with: its own, else an image's config type. */
  readonly artifactType: string | undefined;
  /** Its annotations. */
  readonly annotations: Annotations | undefined;
  /** The digest it refers to. */
  readonly subject: Digest | undefined;
  /** The manifests it lists. */
  readonly children: readonly Digest[];
  /** The media types that it states of them, in the same order. */
  readonly childTypes: readonly string[];
  /** The blobs it names: config and layers. */
  readonly blobs: readonly Digest[];
  /** Those of the blobs that may be documents which need more: what an index lists under a type that nobody here knows. */
  readonly documents: readonly Digest[];
}

/** A JSON object. */
export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Tells whether a JSON value is an object.
 *
 * @param value The value.
 * @returns Whether it is.
 */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Describes a manifest from its document. Tolerant, since it also reads what other tools stored: what has another form
 * than expected is left out.
 *
 * @param body The parsed document.
 * @param stored The digest, the length in bytes, and the media type stated for it, if any.
 * @returns The record.
 */
export function describeManifest(
  body: JsonObject,
  stored: { readonly digest: Digest; readonly size: number; readonly mediaType?: string | undefined },
): ManifestRecord {
  const mediaType = stored.mediaType === undefined || stored.mediaType === "" ? guessMediaType(body) : stored.mediaType;
  const isIndex = isIndexType(mediaType);
  const children: Digest[] = [];
  const childTypes: string[] = [];
  const blobs: Digest[] = [];
  const documents: Digest[] = [];
  for (const entry of isIndex ? listOf(body["manifests"]) : partsOf(body)) {
    const digest = digestOf(entry);
    if (digest === undefined) continue;
    const isChild = isIndex && isManifestType(typeOf(entry));
    (isChild ? children : blobs).push(digest);
    if (isChild) childTypes.push(typeOf(entry));
    if (isIndex && !isChild && !isKnownBlobType(typeOf(entry))) documents.push(digest);
  }
  return {
    digest: stored.digest,
    mediaType,
    size: stored.size,
    artifactType: artifactTypeOf(body, isIndex),
    annotations: annotationsOf(body["annotations"]),
    subject: digestOf(body["subject"]),
    children,
    childTypes,
    blobs,
    documents,
  };
}

/** Config and layers, by whatever name; Docker's first schema has only digests. */
function partsOf(body: JsonObject): readonly unknown[] {
  const layers = listOf(body["fsLayers"]).map((layer) => isJsonObject(layer) ? { digest: layer["blobSum"] } : layer);
  return [body["config"], ...listOf(body["layers"]), ...listOf(body["blobs"]), ...layers];
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function digestOf(descriptor: unknown): Digest | undefined {
  if (!isJsonObject(descriptor)) return undefined;
  const digest = descriptor["digest"];
  return typeof digest === "string" && isContentDigest(digest) ? digest : undefined;
}

function typeOf(descriptor: unknown): string {
  return isJsonObject(descriptor) && typeof descriptor["mediaType"] === "string" ? descriptor["mediaType"] : "";
}

function artifactTypeOf(body: JsonObject, isIndex: boolean): string | undefined {
  const own = body["artifactType"];
  if (typeof own === "string" && own !== "") return own;
  const config = isIndex ? "" : typeOf(body["config"]);
  return config === "" ? undefined : config;
}

function annotationsOf(value: unknown): Annotations | undefined {
  if (!isJsonObject(value)) return undefined;
  const texts = Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === "string");
  return texts.length === 0 ? undefined : Object.fromEntries(texts);
}
