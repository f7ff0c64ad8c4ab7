/**
 * The image that the demo copies: two platforms, two layers each, made on the spot.
 */

import { type Descriptor, digestBytes, openLayout, parseManifest, type Repository } from "../mod.ts";

const layerType = "application/vnd.oci.image.layer.v1.tar+gzip";
const configType = "application/vnd.oci.image.config.v1+json";
const manifestType = "application/vnd.oci.image.manifest.v1+json";
const indexType = "application/vnd.oci.image.index.v1+json";

/** Writes the image into an OCI layout directory under a tag. */
export async function makeImage(path: string, tag: string): Promise<void> {
  await using layout = openLayout(path);
  const manifests: Descriptor[] = [];
  for (const architecture of ["amd64", "arm64"]) manifests.push(await makePlatform(layout, architecture));
  await layout.manifests.put(tag, await parseManifest(encode({ schemaVersion: 2, mediaType: indexType, manifests })));
}

async function makePlatform(layout: Repository, architecture: string): Promise<Descriptor> {
  const layers = [
    await putBlob(layout, layerType, randomBytes(3_000_000)),
    await putBlob(layout, layerType, randomBytes(400_000)),
  ];
  const config = await putBlob(
    layout,
    configType,
    encode({
      architecture,
      os: "linux",
      config: { Cmd: ["/hello"] },
      rootfs: { type: "layers", diff_ids: layers.map(({ digest }) => digest) },
    }),
  );
  const manifest = await parseManifest(encode({ schemaVersion: 2, mediaType: manifestType, config, layers }));
  await layout.manifests.put(manifest.descriptor.digest, manifest, { isChild: true });
  return { ...manifest.descriptor, platform: { architecture, os: "linux" } };
}

async function putBlob(layout: Repository, mediaType: string, bytes: Uint8Array<ArrayBuffer>): Promise<Descriptor> {
  const digest = await digestBytes(bytes);
  await layout.blobs.put({ digest, size: bytes.length }, {
    isRewindable: true,
    open: (offset) => Promise.resolve(new Blob([bytes.subarray(offset)]).stream()),
  });
  return { mediaType, digest, size: bytes.length };
}

function encode(value: unknown): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(value));
}

function randomBytes(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  return bytes;
}
