/**
 * Images made for the measurements: layouts of random content, the same in every run.
 */

import { openLayout } from "../lib/layout/layout_repository.ts";
import { digestBytes } from "../lib/oci/digest.ts";
import { parseManifest } from "../lib/oci/manifest.ts";
import { mediaTypes } from "../lib/oci/media_type.ts";
import type { Descriptor } from "../lib/oci/descriptor.ts";
import type { Repository } from "../lib/repository.ts";
import { bytesStream } from "../lib/streams/bytes_stream.ts";

/** What an image is made of. */
export interface ImagePlan {
  /** How many platforms it has. */
  readonly platforms: number;
  /** Layers per platform. */
  readonly layers: number;
  /** Bytes per layer. */
  readonly layerBytes: number;
  /** Tags, each an image of its own. */
  readonly tags: readonly string[];
}

const architectures = ["amd64", "arm64", "arm", "ppc64le", "s390x", "riscv64"];

/** Writes images into a layout directory. */
export async function makeLayout(path: string, plan: ImagePlan): Promise<void> {
  await using layout = openLayout(path, { durability: "none" });
  for (const tag of plan.tags) {
    const manifests: Descriptor[] = [];
    for (let at = 0; at < plan.platforms; at++) manifests.push(await makePlatform(layout, plan, tag, at));
    const index = await parseManifest(encode({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests }));
    await layout.manifests.put(tag, index);
  }
}

async function makePlatform(layout: Repository, plan: ImagePlan, tag: string, at: number): Promise<Descriptor> {
  const architecture = architectures[at % architectures.length] ?? "amd64";
  const layers: Descriptor[] = [];
  for (let layer = 0; layer < plan.layers; layer++) {
    layers.push(await putBlob(layout, mediaTypes.ociLayerGzip, noise(plan.layerBytes, hash(`${tag}/${at}/${layer}`))));
  }
  const config = await putBlob(
    layout,
    mediaTypes.ociConfig,
    encode({
      architecture,
      os: "linux",
      config: { Labels: { tag, at: String(at) } },
      rootfs: { type: "layers", diff_ids: layers.map(({ digest }) => digest) },
    }),
  );
  const manifest = await parseManifest(encode({ schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers }));
  await layout.manifests.put(manifest.descriptor.digest, manifest, { isChild: true });
  return { ...manifest.descriptor, platform: { architecture, os: "linux" } };
}

async function putBlob(layout: Repository, mediaType: string, bytes: Uint8Array<ArrayBuffer>): Promise<Descriptor> {
  const digest = await digestBytes(bytes);
  await layout.blobs.put({ digest, size: bytes.length }, {
    isRewindable: true,
    open: (offset) => Promise.resolve(bytesStream(bytes.subarray(offset))),
  });
  return { mediaType, digest, size: bytes.length };
}

function encode(value: unknown): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(value));
}

function hash(text: string): number {
  let value = 2166136261;
  for (const character of text) value = Math.imul(value ^ (character.codePointAt(0) ?? 0), 16777619);
  return value >>> 0;
}

/** Pseudo-random bytes (xorshift), so that nothing on the way can compress them. */
function noise(length: number, seed: number): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(length / 4));
  let state = seed || 1;
  for (let at = 0; at < words.length; at++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[at] = state;
  }
  return new Uint8Array(words.buffer, 0, length);
}
