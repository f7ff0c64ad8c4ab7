/** Images of random but repeatable content for tests. */

import type { Descriptor } from "../../lib/oci/descriptor.ts";
import { digestBytes } from "../../lib/oci/digest.ts";
import { type Manifest, parseManifest } from "../../lib/oci/manifest.ts";
import { mediaTypes } from "../../lib/oci/media_type.ts";
import type { Platform } from "../../lib/oci/platform.ts";
import type { Repository } from "../../lib/repository.ts";
import { bytesStream } from "../../lib/streams/bytes_stream.ts";

/** What an image is made of. */
export interface RandomImageOptions {
  /** Makes other content. */
  readonly seed?: number;
  /** Number of layers of each image; 2 by default. */
  readonly layers?: number;
  /** Bytes of each layer; 1000 by default. */
  readonly layerBytes?: number;
  /** The tag to put it under; by digest alone without it. */
  readonly tag?: string;
  /** What it refers to. */
  readonly subject?: Descriptor;
  /** The artifact type. */
  readonly artifactType?: string;
  /** Annotations. */
  readonly annotations?: Readonly<Record<string, string>>;
}

const platforms: readonly Platform[] = [
  { os: "linux", architecture: "amd64" },
  { os: "linux", architecture: "arm64" },
  { os: "linux", architecture: "arm", variant: "v7" },
  { os: "linux", architecture: "s390x" },
  { os: "linux", architecture: "ppc64le" },
  { os: "linux", architecture: "riscv64" },
];

/** Bytes that look random and are always the same for a seed. */
export function randomBytes(length: number, seed: number): Uint8Array<ArrayBuffer> {
  let state = (seed * 2654435761 + 12345) >>> 0;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
}

/** Puts bytes as a blob. */
export async function putBytes(
  repository: Repository,
  bytes: Uint8Array<ArrayBuffer>,
  mediaType: string = mediaTypes.octetStream,
): Promise<Descriptor> {
  const blob = { digest: await digestBytes(bytes), size: bytes.length };
  await repository.blobs.put(blob, {
    isRewindable: true,
    open: (offset) => Promise.resolve(bytesStream(bytes.slice(offset))),
  });
  return { mediaType, ...blob };
}

/** Puts a document as a manifest. */
export async function putDocument(repository: Repository, body: unknown, tag?: string): Promise<Manifest> {
  const manifest = await parseManifest(new TextEncoder().encode(JSON.stringify(body)));
  await repository.manifests.put(tag ?? manifest.descriptor.digest, manifest);
  return manifest;
}

/** Puts a single image: a config and layers. */
export async function putRandomImage(repository: Repository, options: RandomImageOptions = {}): Promise<Manifest> {
  const { seed = 1, layers = 2, layerBytes = 1000, tag, subject, artifactType, annotations } = options;
  const encoded = new TextEncoder().encode(JSON.stringify({ architecture: "amd64", os: "linux", seed }));
  return await putDocument(repository, {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    ...(artifactType === undefined ? {} : { artifactType }),
    config: await putBytes(repository, encoded, mediaTypes.ociConfig),
    layers: await Promise.all(
      Array.from(
        { length: layers },
        (_, at) => putBytes(repository, randomBytes(layerBytes, seed * 1000 + at), mediaTypes.ociLayerGzip),
      ),
    ),
    ...(subject === undefined ? {} : { subject }),
    ...(annotations === undefined ? {} : { annotations }),
  }, tag);
}

/** Puts an index of images for up to six platforms. */
export async function putRandomIndex(
  repository: Repository,
  count: number,
  options: RandomImageOptions = {},
): Promise<Manifest> {
  const { seed = 1, tag, subject, ...rest } = options;
  const manifests: Descriptor[] = [];
  for (const [at, platform] of platforms.slice(0, count).entries()) {
    const { descriptor } = await putRandomImage(repository, { ...rest, seed: seed * 10 + at });
    manifests.push({ ...descriptor, platform });
  }
  const body = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests };
  return await putDocument(repository, subject === undefined ? body : { ...body, subject }, tag);
}
