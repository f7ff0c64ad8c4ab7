import assert from "node:assert/strict";
import { copyImage } from "../../../lib/image/copy.ts";
import { createMemoryRegistry } from "../../../lib/memory/memory_repository.ts";
import { CountingRepository } from "../../support/counting_repository.ts";
import { putRandomImage, putRandomIndex } from "../../support/random_image.ts";

/** Two empty repositories of two registries. */
function sides(): { readonly source: CountingRepository; readonly target: CountingRepository } {
  return {
    source: new CountingRepository(createMemoryRegistry().repository("app")),
    target: new CountingRepository(createMemoryRegistry().repository("copy/app")),
  };
}

async function copyTag(source: CountingRepository, target: CountingRepository, options = {}) {
  return await copyImage({ repository: source, reference: "v1" }, { repository: target, reference: "v1" }, options);
}

Deno.test("copyImage() fills an empty repository with as few calls as can be", async () => {
  const { source, target } = sides();
  const index = await putRandomIndex(source.inner, 2, { tag: "v1" });
  const result = await copyTag(source, target);
  assert.deepEqual(source.counts, { "get manifest": 3, "get blob": 6 });
  // With two requests for each blob, 26 requests in all.
  assert.deepEqual(target.counts, { "head manifest": 1, exists: 1, "put blob": 6, "put manifest": 3 });
  assert.deepEqual(result.descriptor, index.descriptor);
  assert.equal(result.isUnchanged, false);
  assert.deepEqual(result.counts, {
    manifestsPut: 3,
    manifestsSkipped: 0,
    blobsUploaded: 6,
    blobsMounted: 0,
    blobsSkipped: 0,
    bytesUploaded: result.counts.bytesUploaded,
  });
  assert.deepEqual((await target.inner.manifests.get("v1")).bytes, index.bytes);
});

Deno.test("copyImage() copies six platforms with 42 blobs in 142 requests", async () => {
  const { source, target } = sides();
  await putRandomIndex(source.inner, 6, { tag: "v1", layers: 6 });
  await copyTag(source, target);
  assert.deepEqual(source.counts, { "get manifest": 7, "get blob": 42 });
  assert.deepEqual(target.counts, { "head manifest": 1, exists: 1, "put blob": 42, "put manifest": 7 });
});

Deno.test("copyImage() does two calls at the same time when nothing changed", async () => {
  const { source, target } = sides();
  await putRandomIndex(source.inner, 2, { tag: "v1" });
  await copyTag(source, target);
  source.reset();
  target.reset();
  // Each waits for the other to have begun: neither would end if they went one after the other.
  const begun = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  source.before = () => (begun[0]?.resolve(), begun[1]?.promise);
  target.before = () => (begun[1]?.resolve(), begun[0]?.promise);
  const result = await copyTag(source, target);
  assert.deepEqual(source.counts, { "get manifest": 1 });
  assert.deepEqual(target.counts, { "head manifest": 1 });
  assert.equal(result.isUnchanged, true);
  assert.equal(result.counts.manifestsSkipped, 1);
});

Deno.test("copyImage() only looks Docker Hub's tag up when nothing changed, since reading is limited there", async () => {
  const registry = createMemoryRegistry();
  const source = new CountingRepository(registry.repository("library/app"), "reg://docker.io/library/app");
  const { target } = sides();
  await putRandomIndex(source.inner, 2, { tag: "v1" });
  await copyTag(source, target);
  assert.deepEqual(source.counts, { "head manifest": 1, "get manifest": 3, "get blob": 6 });
  source.reset();
  target.reset();
  await copyTag(source, target);
  assert.deepEqual(source.counts, { "head manifest": 1 });
  assert.deepEqual(target.counts, { "head manifest": 1 });
});

Deno.test("copyImage() asks the target alone when a source digest is there already", async () => {
  const { source, target } = sides();
  const { descriptor: { digest } } = await putRandomIndex(source.inner, 2, { tag: "v1" });
  const copy = () => copyImage({ repository: source, reference: digest }, { repository: target, reference: "v1" });
  await copy();
  assert.deepEqual(source.counts, { "get manifest": 3, "get blob": 6 });
  source.reset();
  target.reset();
  const { descriptor } = await copy();
  assert.equal(descriptor.digest, digest);
  assert.deepEqual(source.counts, {});
  assert.deepEqual(target.counts, { "head manifest": 1 });
});

Deno.test("copyImage() looks up what a repository with other content may have", async () => {
  const { source, target } = sides();
  await putRandomIndex(source.inner, 2, { tag: "v1" });
  await putRandomImage(target.inner, { seed: 99, tag: "other" });
  await copyTag(source, target);
  assert.deepEqual(source.counts, { "get manifest": 3, "get blob": 6 });
  assert.deepEqual(target.counts, {
    "head manifest": 3,
    exists: 1,
    "head blob": 6,
    "put blob": 6,
    "put manifest": 3,
  });
});

Deno.test("copyImage() sends only what is new when a tag has moved", async () => {
  const { source, target } = sides();
  await putRandomImage(source.inner, { tag: "v1", layers: 2 });
  await copyTag(source, target);
  const first = await source.inner.manifests.get("v1");
  assert(first.kind === "image");
  const { putBytes, putDocument, randomBytes } = await import("../../support/random_image.ts");
  const layer = await putBytes(source.inner, randomBytes(500, 77), "application/vnd.oci.image.layer.v1.tar+gzip");
  await putDocument(source.inner, { ...first.body, layers: [...first.body.layers, layer] }, "v1");
  source.reset();
  target.reset();
  const { counts } = await copyTag(source, target);
  assert.deepEqual(source.counts, { "get manifest": 1, "get blob": 1 });
  assert.deepEqual(target.counts, { "head manifest": 1, "head blob": 4, "put blob": 1, "put manifest": 1 });
  assert.equal(counts.bytesUploaded, 500);
  assert.equal(counts.blobsSkipped, 3);
});

Deno.test("copyImage() with isForced looks at everything and puts nothing again", async () => {
  const { source, target } = sides();
  await putRandomIndex(source.inner, 2, { tag: "v1" });
  await copyTag(source, target);
  source.reset();
  target.reset();
  const { isUnchanged } = await copyTag(source, target, { isForced: true });
  assert.deepEqual(source.counts, { "get manifest": 3 });
  assert.deepEqual(target.counts, { "head manifest": 3, "head blob": 6 });
  assert.equal(isUnchanged, true);
});

Deno.test("copyImage() with isForced brings back what the target lost", async () => {
  const { source, target } = sides();
  const image = await putRandomImage(source.inner, { tag: "v1" });
  await copyTag(source, target);
  assert(image.kind === "image");
  await target.inner.blobs.delete(image.body.config.digest);
  assert.equal((await copyTag(source, target)).isUnchanged, true);
  const { counts } = await copyTag(source, target, { isForced: true });
  assert.equal(counts.blobsUploaded, 1);
  await target.inner.blobs.head(image.body.config);
});

Deno.test("copyImage() with isFast does nothing more than compare", async () => {
  const { source, target } = sides();
  await putRandomIndex(source.inner, 2, { tag: "v1" });
  await copyTag(source, target);
  target.reset();
  await copyTag(source, target, { isFast: true, isForced: true, referrers: true, digestTags: true });
  assert.deepEqual(target.counts, { "head manifest": 1 });
});

Deno.test("copyImage() mounts blobs within a registry without looking them up", async () => {
  const registry = createMemoryRegistry();
  const source = new CountingRepository(registry.repository("app"));
  const target = new CountingRepository(registry.repository("copy"));
  await putRandomIndex(source.inner, 2, { tag: "v1" });
  const { counts } = await copyTag(source, target);
  assert.deepEqual(source.counts, { "get manifest": 3 });
  assert.deepEqual(target.counts, { "head manifest": 1, exists: 1, "mount blob": 6, "put manifest": 3 });
  assert.equal(counts.blobsMounted, 6);
  assert.equal(counts.bytesUploaded, 0);
});

Deno.test("copyImage() to a new tag of the same repository takes three calls", async () => {
  const { source } = sides();
  const { descriptor } = await putRandomIndex(source.inner, 2, { tag: "v1" });
  const target = { repository: source, reference: "v2" };
  await copyImage({ repository: source, reference: "v1" }, target);
  assert.deepEqual(source.counts, { "get manifest": 1, "head manifest": 1, "put manifest": 1 });
  assert.equal((await source.inner.manifests.head("v2")).descriptor.digest, descriptor.digest);
});

Deno.test("copyImage() puts one copy under several tags, the content once", async () => {
  const { source, target } = sides();
  const { descriptor } = await putRandomIndex(source.inner, 2, { tag: "v1" });
  const to = { repository: target, reference: "v1", tags: ["v1.2", "latest", "v1"] };
  await copyImage({ repository: source, reference: "v1" }, to);
  assert.deepEqual(target.counts, { "head manifest": 3, exists: 1, "put blob": 6, "put manifest": 5 });
  for (const tag of ["v1", "v1.2", "latest"]) {
    assert.equal((await target.inner.manifests.head(tag)).descriptor.digest, descriptor.digest);
  }
});

Deno.test("copyImage() adds the tags that are missing to content that is there", async () => {
  const { source, target } = sides();
  await putRandomIndex(source.inner, 2, { tag: "v1" });
  await copyTag(source, target);
  source.reset();
  target.reset();
  const to = { repository: target, reference: "v1", tags: ["latest"] };
  await copyImage({ repository: source, reference: "v1" }, to);
  assert.deepEqual(source.counts, { "get manifest": 1 });
  assert.deepEqual(target.counts, { "head manifest": 2, "put manifest": 1 });
});

Deno.test("copyImage() puts by digest alone, and by digest and tag", async () => {
  const { source, target } = sides();
  const { descriptor: { digest } } = await putRandomImage(source.inner, { tag: "v1" });
  await copyImage({ repository: source, reference: "v1" }, { repository: target, reference: digest });
  assert.deepEqual(await Array.fromAsync(target.inner.tags.list()), []);
  await target.inner.manifests.head(digest);
  await copyImage({ repository: source, reference: "v1" }, { repository: target, reference: digest, tags: ["v1"] });
  assert.equal((await target.inner.manifests.head("v1")).descriptor.digest, digest);
});

Deno.test("copyImage() refuses a target digest that the copy will not have", async () => {
  const { source, target } = sides();
  await putRandomImage(source.inner, { tag: "v1" });
  const to = { repository: target, reference: `sha256:${"0".repeat(64)}`, tags: ["v1"] };
  await assert.rejects(copyImage({ repository: source, reference: "v1" }, to), {
    code: "DIGEST_MISMATCH",
    side: "target",
  });
  assert.equal(
    await target.inner.tags.list()[Symbol.asyncIterator]().next().then(({ done }) => done, () => true),
    true,
  );
});

Deno.test("copyImage() takes a target digest of another algorithm", async () => {
  const { source, target } = sides();
  const { bytes, descriptor } = await putRandomImage(source.inner, { tag: "v1" });
  const { digestBytes } = await import("../../../lib/oci/digest.ts");
  const digest = await digestBytes(bytes, "sha512");
  await copyImage({ repository: source, reference: "v1" }, { repository: target, reference: digest, tags: ["v1"] });
  await target.inner.manifests.head(digest);
  assert.equal((await target.inner.manifests.head("v1")).descriptor.digest, descriptor.digest);
});
