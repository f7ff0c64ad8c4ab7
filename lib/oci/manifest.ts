/**
 * Manifests as they are stored: the exact bytes, what they are, and the parsed document (image-spec "manifest", "image-index").
 *
 * @module
 */

import { RegkitError } from "../errors.ts";
import type { Annotations, Descriptor } from "./descriptor.ts";
import { type Digest, digestBytes, parseDigest } from "./digest.ts";
import { isImageType, isIndexType, isManifestType, mediaTypes } from "./media_type.ts";

/** The document of an image manifest, OCI or Docker schema 2. */
export interface ImageManifestBody {
  /** Always 2. */
  readonly schemaVersion: number;
  /** The media type, if the document says it. */
  readonly mediaType?: string;
  /** The artifact type, for artifacts. */
  readonly artifactType?: string;
  /** The config blob. */
  readonly config: Descriptor;
  /** The layers, base first. */
  readonly layers: readonly Descriptor[];
  /** What this manifest refers to. */
  readonly subject?: Descriptor;
  /** Annotations of the manifest. */
  readonly annotations?: Annotations;
}

/** The document of an index or Docker manifest list. */
export interface IndexBody {
  /** Always 2. */
  readonly schemaVersion: number;
  /** The media type, if the document says it. */
  readonly mediaType?: string;
  /** The artifact type, for artifacts. */
  readonly artifactType?: string;
  /** The manifests listed. */
  readonly manifests: readonly Descriptor[];
  /** What this index refers to. */
  readonly subject?: Descriptor;
  /** Annotations of the index. */
  readonly annotations?: Annotations;
}

/** The document of the withdrawn OCI artifact manifest. */
export interface ArtifactManifestBody {
  /** The media type. */
  readonly mediaType: string;
  /** The artifact type. */
  readonly artifactType?: string;
  /** The content. */
  readonly blobs: readonly Descriptor[];
  /** What this manifest refers to. */
  readonly subject?: Descriptor;
  /** Annotations of the manifest. */
  readonly annotations?: Annotations;
}

/** The document of a Docker schema 1 manifest. */
export interface Docker1Body {
  /** Always 1. */
  readonly schemaVersion: number;
  /** The media type, if the document says it. */
  readonly mediaType?: string;
  /** The repository it was pushed to. */
  readonly name?: string;
  /** The tag it was pushed to. */
  readonly tag?: string;
  /** The architecture. */
  readonly architecture?: string;
  /** The layers, top first. */
  readonly fsLayers: readonly { readonly blobSum: Digest }[];
  /** The history, one text each. */
  readonly history?: readonly { readonly v1Compatibility: string }[];
}

/** A manifest: the parsed document by kind, and the exact bytes. */
export type Manifest =
  & {
    /** Media type, digest and size in bytes. */
    readonly descriptor: Descriptor;
    /** The exact bytes. */
    readonly bytes: Uint8Array<ArrayBuffer>;
    /** The registry's response headers, when it was read from one. */
    readonly headers?: Headers | undefined;
  }
  & (
    | { readonly kind: "image"; readonly body: ImageManifestBody }
    | { readonly kind: "index"; readonly body: IndexBody }
    | { readonly kind: "artifact"; readonly body: ArtifactManifestBody }
    | { readonly kind: "docker1"; readonly body: Docker1Body }
  );

/** Options of {@linkcode parseManifest}. */
export interface ParseManifestOptions {
  /** The media type that a descriptor or header states, without parameters; generic ones such as `text/plain` do not count. */
  readonly mediaType?: string | undefined;
  /** The digest the bytes must have. */
  readonly digest?: Digest | undefined;
  /** The registry's response headers, kept with the manifest. */
  readonly headers?: Headers | undefined;
  /** The name to show in errors. */
  readonly name?: string | undefined;
}

/** The largest manifest that is read, in bytes. */
export const maxManifestBytes: number = 8 * 1024 * 1024;

const genericTypes: ReadonlySet<string> = new Set(["", "text/plain", "application/json", "application/octet-stream"]);

/**
 * Parses and verifies a manifest.
 *
 * @param bytes The exact bytes.
 * @param options What is known of it.
 * @returns The manifest.
 * @throws {RegkitError} `DIGEST_MISMATCH` when the bytes have another digest; `INVALID_MANIFEST` when they are no JSON
 *   object, contradict the stated media type or lack what their kind needs; `UNSUPPORTED_MEDIA_TYPE` for any other type.
 */
export async function parseManifest(
  bytes: Uint8Array<ArrayBuffer>,
  options: ParseManifestOptions = {},
): Promise<Manifest> {
  const name = options.name === undefined ? "" : ` of ${options.name}`;
  const body = parseObject(bytes, name);
  const stated = genericTypes.has(options.mediaType ?? "") ? undefined : options.mediaType;
  const mediaType = stated ?? guessMediaType(body);
  if (!isManifestType(mediaType)) {
    throw new RegkitError("UNSUPPORTED_MEDIA_TYPE", `unsupported media type: "${mediaType}"${name}`);
  }
  if (typeof body["mediaType"] === "string" && body["mediaType"] !== "" && body["mediaType"] !== mediaType) {
    throw new RegkitError(
      "INVALID_MANIFEST",
      `manifest contains an unexpected media type: expected ${mediaType}, received ${body["mediaType"]}${name}`,
    );
  }
  const digest = await verifiedDigest(bytes, body, mediaType, options.digest, name);
  const descriptor: Descriptor = { mediaType, digest, size: bytes.length };
  return { descriptor, bytes, headers: options.headers, ...typedBody(body, mediaType, name) };
}

/**
 * Guesses the media type of a manifest from its document: its `mediaType`, else what its keys show.
 *
 * @param body The parsed document.
 * @returns The media type; empty when nothing tells.
 */
export function guessMediaType(body: Readonly<Record<string, unknown>>): string {
  if (typeof body["mediaType"] === "string" && body["mediaType"] !== "") return body["mediaType"];
  if (body["schemaVersion"] === 1) {
    return "signatures" in body ? mediaTypes.dockerManifest1Signed : mediaTypes.dockerManifest1;
  }
  if (Array.isArray(body["manifests"])) {
    return startsWithDocker(body["manifests"][0]) ? mediaTypes.dockerManifestList : mediaTypes.ociIndex;
  }
  if (Array.isArray(body["layers"]) || isRecord(body["config"])) {
    const first = Array.isArray(body["layers"]) && body["layers"].length > 0 ? body["layers"][0] : body["config"];
    return startsWithDocker(first) ? mediaTypes.dockerManifest : mediaTypes.ociManifest;
  }
  return "";
}

function startsWithDocker(descriptor: unknown): boolean {
  return isRecord(descriptor) && typeof descriptor["mediaType"] === "string" &&
    descriptor["mediaType"].startsWith("application/vnd.docker.");
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parseObject(bytes: Uint8Array, name: string): Record<string, unknown> {
  let body: unknown;
  try {
    body = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new RegkitError("INVALID_MANIFEST", `manifest${name} is not valid JSON`, { cause });
  }
  if (!isRecord(body)) throw new RegkitError("INVALID_MANIFEST", `manifest${name} is not a JSON object`);
  return body;
}

async function verifiedDigest(
  bytes: Uint8Array<ArrayBuffer>,
  body: Readonly<Record<string, unknown>>,
  mediaType: string,
  expected: Digest | undefined,
  name: string,
): Promise<Digest> {
  const algorithm = expected === undefined ? "sha256" : parseDigest(expected).algorithm;
  const content = mediaType === mediaTypes.dockerManifest1Signed ? signedPayload(bytes, body, name) : bytes;
  const digest = await digestBytes(content, algorithm);
  if (expected !== undefined && digest !== expected) {
    throw new RegkitError(
      "DIGEST_MISMATCH",
      `manifest digest mismatch, expected ${expected}, computed ${digest}${name}`,
    );
  }
  return digest;
}

/** The part of a signed schema 1 manifest that its digest covers: the text up to `formatLength`, and the tail (libtrust JWS). */
function signedPayload(
  bytes: Uint8Array<ArrayBuffer>,
  body: Readonly<Record<string, unknown>>,
  name: string,
): Uint8Array<ArrayBuffer> {
  try {
    const signature: unknown = Array.isArray(body["signatures"]) ? body["signatures"][0] : undefined;
    if (!isRecord(signature) || typeof signature["protected"] !== "string") throw new SyntaxError("no signature");
    const decode = (text: string) => Uint8Array.fromBase64(text, { alphabet: "base64url" });
    const header: unknown = JSON.parse(new TextDecoder().decode(decode(signature["protected"])));
    if (!isRecord(header)) throw new SyntaxError("no protected header");
    const { formatLength, formatTail } = header;
    if (typeof formatLength !== "number" || typeof formatTail !== "string") throw new SyntaxError("no format");
    if (formatLength < 0 || formatLength > bytes.length) throw new SyntaxError("format length beyond the end");
    const tail = decode(formatTail);
    const payload = new Uint8Array(formatLength + tail.length);
    payload.set(bytes.subarray(0, formatLength));
    payload.set(tail, formatLength);
    return payload;
  } catch (cause) {
    throw new RegkitError("INVALID_MANIFEST", `signed manifest${name} has an unreadable signature`, { cause });
  }
}

type TypedBody =
  | { readonly kind: "image"; readonly body: ImageManifestBody }
  | { readonly kind: "index"; readonly body: IndexBody }
  | { readonly kind: "artifact"; readonly body: ArtifactManifestBody }
  | { readonly kind: "docker1"; readonly body: Docker1Body };

function typedBody(body: Record<string, unknown>, mediaType: string, name: string): TypedBody {
  const list = (key: string): readonly Descriptor[] => {
    const value = body[key] ?? [];
    if (!Array.isArray(value)) {
      throw new RegkitError("INVALID_MANIFEST", `"${key}" of the manifest${name} is not a list`);
    }
    return value.map((entry, at) => checkDescriptor(entry, `${key}[${at}]`, name));
  };
  const subject = body["subject"] === undefined || body["subject"] === null
    ? undefined
    : checkDescriptor(body["subject"], "subject", name);
  const common = { ...body, ...(subject === undefined ? {} : { subject }) };
  if (isIndexType(mediaType)) {
    return { kind: "index", body: { ...common, manifests: list("manifests") } as unknown as IndexBody };
  }
  if (isImageType(mediaType)) {
    const config = checkDescriptor(body["config"], "config", name);
    return { kind: "image", body: { ...common, config, layers: list("layers") } as unknown as ImageManifestBody };
  }
  if (mediaType === mediaTypes.ociArtifact) {
    return { kind: "artifact", body: { ...common, blobs: list("blobs") } as unknown as ArtifactManifestBody };
  }
  const fsLayers: unknown = body["fsLayers"] ?? [];
  if (!Array.isArray(fsLayers) || !fsLayers.every((layer) => isRecord(layer) && typeof layer["blobSum"] === "string")) {
    throw new RegkitError("INVALID_MANIFEST", `"fsLayers" of the manifest${name} is not a list of blobs`);
  }
  return { kind: "docker1", body: { ...body, fsLayers } as unknown as Docker1Body };
}

function checkDescriptor(value: unknown, where: string, name: string): Descriptor {
  if (!isRecord(value)) {
    throw new RegkitError("INVALID_MANIFEST", `"${where}" of the manifest${name} is not a descriptor`);
  }
  const { mediaType = "", digest, size } = value;
  if (typeof mediaType !== "string" || typeof digest !== "string" || !Number.isSafeInteger(size) || Number(size) < 0) {
    throw new RegkitError("INVALID_MANIFEST", `"${where}" of the manifest${name} lacks a media type, digest or size`);
  }
  parseDigest(digest);
  return { ...value, mediaType, digest, size: Number(size) };
}
