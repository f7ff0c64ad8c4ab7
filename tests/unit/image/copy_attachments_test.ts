import assert from "node:assert/strict";
import { copyImage, type CopyImageOptions } from "../../../lib/image/copy.ts";
import { createMemoryRegistry } from "../../../lib/memory/memory_repository.ts";
import { fallbackTag } from "../../../lib/oci/digest.ts";
import type { Manifest } from "../../../lib/oci/manifest.ts";
import { mediaTypes } from "../../../lib/oci/media_type.ts";
import type { Repository } from "../../../lib/repository.ts";
import { CountingRepository } from "../../support/counting_repository.ts";
import { putDocument, putRandomImage, putRandomIndex } from "../../support/random_image.ts";

const emptySide = (name: string) => new CountingRepository(createMemoryRegistry().repository(name));

async function copyTag(source: Repository, target: Repository, options: CopyImageOptions = {}) {
  return await copyImage({ repository: source, reference: "v1" }, { repository: target, reference: "v1" }, options);
}

async function has(repository: CountingRepository, ...manifests: readonly Manifest[]): Promise<boolean[]> {
  return await Promise.all(
    manifests.map(({ descriptor }) => repository.inner.manifests.head(descriptor.digest).then(() => true, () => false)),
  );
}

/** The references of put manifests in the order in which the puts ended. */
const puts = (repository: CountingRepository) =>
  repository.ended.filter(({ op }) => op === "put manifest").map(({ reference }) => reference);

const artifact = (subject: Manifest, seed: number, more = {}) => ({
  seed,
  layers: 1,
  subject: subject.descriptor,
  artifactType: "application/x-sbom",
  ...more,
});

Deno.test("copyImage() leaves referrers behind unless they are wanted", async () => {
  const [source, target] = [emptySide("a"), emptySide("b")];
  const image = await putRandomImage(source.inner, { tag: "v1" });
  const sbom = await putRandomImage(source.inner, artifact(image, 2));
  await copyTag(source, target);
  assert.deepEqual(await has(target, image, sbom), [true, false]);
  assert.equal(source.counts["list referrers"], undefined);
});

Deno.test("copyImage() copies referrers, and referrers of these, before their subjects", async () => {
  const [source, target] = [emptySide("a"), emptySide("b")];
  const image = await putRandomImage(source.inner, { tag: "v1" });
  const sbom = await putRandomImage(source.inner, artifact(image, 2));
  const signature = await putRandomImage(source.inner, artifact(sbom, 3));
  await copyTag(source, target, { referrers: true });
  assert.deepEqual(puts(target), [signature.descriptor.digest, sbom.descriptor.digest, "v1"]);
  assert.equal(source.counts["list referrers"], 3);
});

Deno.test("copyImage() copies the referrers of every entry of an index", async () => {
  const [source, target] = [emptySide("a"), emptySide("b")];
  const index = await putRandomIndex(source.inner, 2, { tag: "v1" });
  assert(index.kind === "index");
  const child = index.body.manifests[1];
  assert(child !== undefined);
  const sbom = await putRandomImage(source.inner, { seed: 5, subject: child });
  await copyTag(source, target, { referrers: true });
  assert.deepEqual(await has(target, sbom), [true]);

  // A referrer that comes later is found though the index is there.
  const late = await putRandomImage(source.inner, { seed: 6, subject: child });
  source.reset();
  target.reset();
  await copyTag(source, target, { referrers: true });
  assert.deepEqual(await has(target, late), [true]);
  assert.deepEqual(puts(target), [late.descriptor.digest]);
  // The index and the new referrer are read, the images that are there are not.
  assert.equal(source.counts["get manifest"], 2);
  assert.equal(target.counts["head blob"], 3);
});

Deno.test("copyImage() copies the referrers that fit any filter", async () => {
  const [source, target] = [emptySide("a"), emptySide("b")];
  const image = await putRandomImage(source.inner, { tag: "v1" });
  const sbom = await putRandomImage(source.inner, artifact(image, 2));
  const signed = await putRandomImage(
    source.inner,
    artifact(image, 3, { artifactType: "a/b", annotations: { k: "v" } }),
  );
  const other = await putRandomImage(source.inner, artifact(image, 4, { artifactType: "a/b" }));
  await copyTag(source, target, { referrers: [{ artifactType: "application/x-sbom" }, { annotations: { k: "" } }] });
  assert.deepEqual(await has(target, sbom, signed, other), [true, true, false]);
});

Deno.test("copyImage() reads and puts referrers elsewhere", async () => {
  const [source, target, from, to] = ["a", "b", "c", "d"].map(emptySide);
  assert(source && target && from && to);
  const image = await putRandomImage(source.inner, { tag: "v1" });
  const beside = await putRandomImage(source.inner, artifact(image, 2));
  const apart = await putRandomImage(from.inner, artifact(image, 3));
  const nested = await putRandomImage(from.inner, artifact(apart, 4));
  await copyTag(source, target, { referrers: true, referrersSource: from, referrersTarget: to });
  assert.deepEqual(await has(target, image, beside, apart), [true, false, false]);
  assert.deepEqual(await has(to, image, beside, apart, nested), [false, false, true, true]);
});

Deno.test("copyImage() copies referrers elsewhere when the image stays where it is", async () => {
  const [source, to] = [emptySide("a"), emptySide("d")];
  const image = await putRandomImage(source.inner, { tag: "v1" });
  const sbom = await putRandomImage(source.inner, artifact(image, 2));
  await copyImage({ repository: source, reference: "v1" }, { repository: source, reference: "v1" }, {
    referrers: true,
    referrersTarget: to,
  });
  assert.deepEqual(await has(to, image, sbom), [false, true]);
});

Deno.test("copyImage() copies digest tags before the image's tag, and lists the source's tags once", async () => {
  const [source, target] = [emptySide("a"), emptySide("b")];
  const index = await putRandomIndex(source.inner, 2, { tag: "v1" });
  assert(index.kind === "index");
  const child = index.body.manifests[0];
  assert(child !== undefined);
  const ofIndex = `${fallbackTag(index.descriptor.digest)}.sig`;
  const ofChild = `${fallbackTag(child.digest)}.att`;
  await putRandomImage(source.inner, { seed: 7, tag: ofIndex });
  await putRandomImage(source.inner, { seed: 8, tag: ofChild });
  await putRandomImage(source.inner, { seed: 9, tag: `sha256-${"0".repeat(64)}.sig` });
  await copyTag(source, target, { digestTags: true });
  assert.deepEqual(await Array.fromAsync(target.inner.tags.list()), [ofIndex, ofChild, "v1"].sort());
  assert.equal(source.counts["list tags"], 1);
  assert.equal(puts(target).at(-1), "v1");

  source.reset();
  target.reset();
  const { isUnchanged } = await copyTag(source, target, { digestTags: true });
  assert.equal(isUnchanged, true);
  assert.equal(target.counts["put manifest"], undefined);
});

Deno.test("copyImage() copies a digest tag of an image that is its own signature", async () => {
  const [source, target] = [emptySide("a"), emptySide("b")];
  const image = await putRandomImage(source.inner, { tag: "v1" });
  const tag = `${fallbackTag(image.descriptor.digest)}.self`;
  await source.inner.manifests.put(tag, image);
  await copyTag(source, target, { digestTags: true });
  assert.deepEqual(await Array.fromAsync(target.inner.tags.list()), [tag, "v1"]);
});

Deno.test("copyImage() ends when a referrer lists its own subject, and has copied both", async () => {
  const [source, target] = [emptySide("a"), emptySide("b")];
  const image = await putRandomImage(source.inner, { tag: "v1" });
  const around = await putDocument(source.inner, {
    schemaVersion: 2,
    mediaType: mediaTypes.ociIndex,
    manifests: [image.descriptor],
    subject: image.descriptor,
  });
  await copyTag(source, target, { referrers: true });
  assert.deepEqual(await has(target, image, around), [true, true]);
  // The subject cannot come after an index that needs it.
  assert.deepEqual(puts(target), ["v1", around.descriptor.digest]);
});

Deno.test("copyImage() ends when an index lists an image and an index that refers to the image and lists it", async () => {
  const [source, target] = [emptySide("a"), emptySide("b")];
  const image = await putRandomImage(source.inner, { seed: 3 });
  const around = await putDocument(source.inner, {
    schemaVersion: 2,
    mediaType: mediaTypes.ociIndex,
    manifests: [image.descriptor],
    subject: image.descriptor,
  });
  const manifests = [image.descriptor, around.descriptor];
  await putDocument(source.inner, { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests }, "v1");
  await copyTag(source, target, { referrers: true });
  assert.deepEqual(puts(target), [image.descriptor.digest, around.descriptor.digest, "v1"]);
});

Deno.test("copyImage() fails when a referrer cannot be copied, and leaves the tag alone", async () => {
  const [source, target] = [emptySide("a"), emptySide("b")];
  const image = await putRandomImage(source.inner, { tag: "v1" });
  const sbom = await putRandomImage(source.inner, artifact(image, 2));
  assert(sbom.kind === "image");
  await source.inner.blobs.delete(sbom.body.config.digest);
  await assert.rejects(copyTag(source, target, { referrers: true }), { code: "NOT_FOUND", side: "source" });
  assert.deepEqual(puts(target), []);
});
