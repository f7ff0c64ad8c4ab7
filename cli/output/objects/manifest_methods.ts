/**
 * The methods of manifests in templates.
 *
 * @module
 */

import { parseRateLimit } from "../../../lib/http/rate_limit.ts";
import type { Descriptor } from "../../../lib/oci/descriptor.ts";
import type { Manifest } from "../../../lib/oci/manifest.ts";
import { isIndexType } from "../../../lib/oci/media_type.ts";
import { formatPlatform, type Platform, selectPlatform } from "../../../lib/oci/platform.ts";
import { goTypes, listOf, type MethodSpec, pointerTo } from "../../../lib/template/types.ts";
import { annotationsType, descriptorsType, descriptorType } from "./descriptor.ts";
import { digestType } from "./digest.ts";
import { headersData, headersType } from "./headers.ts";
import type { ManifestFacts } from "./manifest_facts.ts";
import { platformType } from "./platform.ts";
import { rateLimitType } from "./rate_limit.ts";
import { refParts, refType } from "./ref.ts";

type Methods = Readonly<Record<string, MethodSpec<ManifestFacts>>>;

const { bool, bytes, int64, string } = goTypes;

/** The methods of all kinds. */
export const manifestMethods: Methods = {
  GetConfig: { result: descriptorType, call: configOf },
  GetConfigDigest: { result: digestType, call: (facts) => configOf(facts).digest },
  GetDescriptor: { result: descriptorType, call: ({ descriptor }) => descriptor },
  GetDigest: { result: digestType, call: ({ descriptor }) => descriptor.digest },
  GetLayers: { result: descriptorsType, call: layersOf },
  GetManifestList: { result: descriptorsType, call: (facts) => entriesOf(facts, "platform descriptor list") },
  GetMediaType: { result: string, call: ({ descriptor }) => descriptor.mediaType },
  GetPlatformDesc: {
    params: [pointerTo(platformType)],
    result: pointerTo(descriptorType),
    call: (facts, platform) => entryFor(facts, platform),
  },
  GetPlatformList: {
    result: listOf(pointerTo(platformType)),
    call: (facts) => entriesOf(facts, "platform list").flatMap(({ platform }) => platform ?? []),
  },
  GetRateLimit: { result: rateLimitType, call: ({ headers }) => parseRateLimit(headers ?? new Headers()) },
  GetRef: { result: refType, call: ({ ref }) => refParts(ref) },
  HasRateLimit: { result: bool, call: ({ headers }) => parseRateLimit(headers ?? new Headers()).isSet },
  IsList: { result: bool, call: ({ descriptor }) => isIndexType(descriptor.mediaType) },
  IsSet: { result: bool, call: ({ manifest }) => manifest !== undefined },
  RawBody: { result: bytes, call: (facts) => read(facts).bytes },
  RawHeaders: { result: headersType, call: ({ headers }) => headersData(headers) },
};

const annotations: Methods = {
  GetAnnotations: {
    result: annotationsType,
    call: (facts) => {
      const { body } = read(facts);
      return "annotations" in body ? body.annotations : undefined;
    },
  },
};

const subject: Methods = {
  GetSubject: {
    result: pointerTo(descriptorType),
    call: (facts) => {
      const { body } = read(facts);
      return "subject" in body ? body.subject : undefined;
    },
  },
};

const size: Methods = {
  GetSize: {
    result: int64,
    call: (facts) => {
      if (read(facts).kind === "docker1") throw unavailable("GetSize is not available", facts);
      return layersOf(facts).reduce((sum, layer) => sum + (layer.size ?? 0), 0);
    },
  },
};

/**
 * Gives the methods that only some kinds have.
 *
 * @param kind The kind, as regctl calls it.
 * @returns The methods.
 */
export function extraMethods(kind: string): Methods {
  switch (kind) {
    case "oci1Manifest":
    case "oci1Artifact":
      return { ...annotations, ...subject, ...size };
    case "oci1Index":
      return { ...annotations, ...subject };
    case "docker2Manifest":
      return { ...annotations, ...size };
    case "docker2ManifestList":
      return annotations;
    default:
      return size;
  }
}

/** After a look at the headers alone there is nothing to read. */
function read({ manifest }: ManifestFacts): Manifest {
  if (manifest === undefined) throw new Error("manifest not set");
  return manifest;
}

function unavailable(what: string, { descriptor }: ManifestFacts): Error {
  return new Error(`${what} for media type ${descriptor.mediaType}`);
}

function configOf(facts: ManifestFacts): Descriptor {
  const manifest = read(facts);
  if (manifest.kind === "image") return manifest.body.config;
  throw unavailable("config digest not available", facts);
}

function layersOf(facts: ManifestFacts): readonly Partial<Descriptor>[] {
  const manifest = read(facts);
  switch (manifest.kind) {
    case "image":
      return manifest.body.layers;
    case "artifact":
      return manifest.body.blobs;
    case "docker1":
      return manifest.body.fsLayers.map(({ blobSum }) => ({ digest: blobSum }));
    case "index":
      throw unavailable("layers are not available", facts);
  }
}

function entriesOf(facts: ManifestFacts, what: string): readonly Descriptor[] {
  const manifest = read(facts);
  if (manifest.kind === "index") return manifest.body.manifests;
  throw unavailable(`${what} not available`, facts);
}

function entryFor(facts: ManifestFacts, platform: unknown): Descriptor {
  const entries = entriesOf(facts, "platform lookup");
  if (!isPlatform(platform)) throw new Error("invalid input, platform is nil");
  const found = selectPlatform(entries, platform);
  if (found === undefined) throw new Error(`platform not found: ${formatPlatform(platform)}`);
  return found;
}

function isPlatform(value: unknown): value is Platform {
  return typeof value === "object" && value !== null && "os" in value && "architecture" in value;
}
