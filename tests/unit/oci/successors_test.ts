import assert from "node:assert/strict";
import type { Descriptor } from "../../../lib/oci/descriptor.ts";
import { parseManifest } from "../../../lib/oci/manifest.ts";
import { mediaTypes } from "../../../lib/oci/media_type.ts";
import { isEqualDescriptor, isSameDescriptor } from "../../../lib/oci/same_descriptor.ts";
import { subjectOf, successors } from "../../../lib/oci/successors.ts";

const digest = (digit: string) => `sha256:${digit.repeat(64)}`;
const descriptor = (mediaType: string, digit: string, more: Partial<Descriptor> = {}): Descriptor => ({
  mediaType,
  digest: digest(digit),
  size: 1,
  ...more,
});
const manifest = (body: unknown, mediaType?: string) =>
  parseManifest(new TextEncoder().encode(JSON.stringify(body)), { mediaType });
const summary = (found: ReturnType<typeof successors>) =>
  found.map(({ role, kind, isExternal, descriptor }) => `${role} ${kind} ${isExternal} ${descriptor.digest.at(-1)}`);

Deno.test("successors() gives config and layers of an image, and which may stay elsewhere", async () => {
  const subject = descriptor(mediaTypes.ociManifest, "9");
  const image = await manifest({
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: descriptor(mediaTypes.ociConfig, "1"),
    layers: [
      descriptor(mediaTypes.ociLayerGzip, "2"),
      descriptor(mediaTypes.dockerLayerForeign, "3", { urls: ["https://example.org/layer"] }),
      descriptor("application/x-other", "4", { urls: [] }),
    ],
    subject,
  });
  assert.deepEqual(summary(successors(image)), [
    "config blob false 1",
    "layer blob false 2",
    "layer blob true 3",
    "layer blob false 4",
  ]);
  assert.deepEqual(subjectOf(image), subject);
});

Deno.test("successors() gives the entries of an index by what they point to", async () => {
  const index = await manifest({
    schemaVersion: 2,
    mediaType: mediaTypes.ociIndex,
    manifests: [
      descriptor(mediaTypes.ociManifest, "1"),
      descriptor(mediaTypes.dockerManifestList, "2"),
      descriptor(mediaTypes.ociLayerGzip, "3"),
      descriptor("application/x-other", "4"),
    ],
  });
  assert.deepEqual(summary(successors(index)), [
    "entry manifest false 1",
    "entry manifest false 2",
    "entry blob false 3",
    "entry unknown false 4",
  ]);
  assert.equal(subjectOf(index), undefined);
});

Deno.test("successors() gives the content of the withdrawn artifact manifest", async () => {
  const artifact = await manifest({
    mediaType: mediaTypes.ociArtifact,
    blobs: [descriptor("application/x-other", "1")],
  });
  assert.deepEqual(summary(successors(artifact)), ["blob blob false 1"]);
});

Deno.test("successors() gives the layers of schema 1, whose sizes are not known", async () => {
  const old = await manifest({ schemaVersion: 1, fsLayers: [{ blobSum: digest("1") }, { blobSum: digest("2") }] });
  assert.deepEqual(summary(successors(old)), ["layer blob false 1", "layer blob false 2"]);
  assert.equal(successors(old)[0]?.descriptor.size, -1);
  assert.equal(subjectOf(old), undefined);
});

Deno.test("isSameDescriptor() takes Docker's and OCI's types for the same content as equal", () => {
  assert(isSameDescriptor(descriptor(mediaTypes.dockerManifest, "1"), descriptor(mediaTypes.ociManifest, "1")));
  assert(!isSameDescriptor(descriptor(mediaTypes.dockerManifest, "1"), descriptor(mediaTypes.ociIndex, "1")));
  assert(!isSameDescriptor(descriptor("a/b", "1"), descriptor("a/b", "2")));
  assert(!isSameDescriptor(descriptor("a/b", "1"), descriptor("a/b", "1", { size: 2 })));
  assert(
    !isSameDescriptor(descriptor(mediaTypes.dockerLayerForeign, "1"), descriptor(mediaTypes.ociLayerForeign, "1")),
  );
});

Deno.test("isEqualDescriptor() compares everything", () => {
  const one = descriptor("a/b", "1");
  const linux = { os: "linux", architecture: "arm64" };
  assert(isEqualDescriptor(one, { ...one }));
  assert(isEqualDescriptor({ ...one, platform: linux }, { ...one, platform: { ...linux, variant: "v8" } }));
  assert(!isEqualDescriptor(one, { ...one, platform: linux }));
  assert(!isEqualDescriptor(one, { ...one, annotations: {} }));
  assert(!isEqualDescriptor({ ...one, annotations: { a: "1" } }, { ...one, annotations: { a: "2" } }));
  assert(!isEqualDescriptor(one, { ...one, urls: ["https://example.org"] }));
  assert(!isEqualDescriptor(one, { ...one, artifactType: "c/d" }));
});
