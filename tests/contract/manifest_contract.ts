/**
 * What every manifest store does.
 *
 * @module
 */

import assert from "node:assert/strict";
import { digestBytes } from "../../lib/oci/digest.ts";
import { type ContractTest, imageOf, indexOf, putImage } from "./contract_subject.ts";

const notFound = { code: "NOT_FOUND" };

/** Registers the tests. */
export function manifestContract(test: ContractTest): void {
  test("manifests.put() under a tag is found by tag and by digest", async (repository) => {
    const image = await imageOf("one");
    const digest = await putImage(repository, "v1", image);
    for (const reference of ["v1", digest]) {
      const manifest = await repository.manifests.get(reference);
      assert.deepEqual(manifest.bytes, image.manifest.bytes);
      assert.equal(manifest.kind, "image");
      assert.deepEqual(manifest.descriptor, image.manifest.descriptor);
      const { descriptor } = await repository.manifests.head(reference);
      assert.equal(descriptor.digest, digest);
      assert.equal(descriptor.size, image.manifest.bytes.length);
      assert.equal(descriptor.mediaType, image.manifest.descriptor.mediaType);
    }
  });

  test("manifests.put() under a digest makes no tag", async (repository) => {
    await putImage(repository, "v1", await imageOf("one"));
    const digest = await putImage(repository, undefined, await imageOf("two"));
    assert.equal((await repository.manifests.head(digest)).descriptor.digest, digest);
    assert.deepEqual(await Array.fromAsync(repository.tags.list()), ["v1"]);
  });

  test("manifests.put() stores a sha512 manifest by digest", async (repository) => {
    const image = await imageOf("by sha512", {}, "sha512");
    const digest = await putImage(repository, undefined, image);
    assert.match(digest, /^sha512:/);
    assert.deepEqual((await repository.manifests.get(digest)).bytes, image.manifest.bytes);
  });

  test("manifests.put() stores an index over its children", async (repository) => {
    const images = [await imageOf("one"), await imageOf("two")];
    for (const image of images) {
      for (const blob of image.blobs) {
        await repository.blobs.put(blob.descriptor, {
          isRewindable: true,
          open: (offset) => Promise.resolve(new Blob([blob.bytes.slice(offset)]).stream()),
        });
      }
      await repository.manifests.put(image.manifest.descriptor.digest, image.manifest, { isChild: true });
    }
    const index = await indexOf(...images.map(({ manifest }) => manifest));
    await repository.manifests.put("multi", index);
    const found = await repository.manifests.get("multi");
    assert.equal(found.kind, "index");
    for (const { manifest } of images) {
      assert.deepEqual((await repository.manifests.get(manifest.descriptor.digest)).bytes, manifest.bytes);
    }
  });

  test("manifests.put() moves a tag and keeps what it was on", async (repository) => {
    const first = await putImage(repository, "v1", await imageOf("one"));
    const second = await putImage(repository, "v1", await imageOf("two"));
    assert.equal((await repository.manifests.head("v1")).descriptor.digest, second);
    assert.equal((await repository.manifests.get(first)).descriptor.digest, first);
    assert.deepEqual(await Array.fromAsync(repository.tags.list()), ["v1"]);
  });

  test("manifests.put() refuses a digest that is not the manifest's", async (repository) => {
    const image = await imageOf("one");
    await putImage(repository, "v1", image);
    const other = (await imageOf("two")).manifest.descriptor.digest;
    await assert.rejects(repository.manifests.put(other, image.manifest), { code: "DIGEST_MISMATCH" });
    await assert.rejects(repository.manifests.head(other), notFound);
  });

  test("manifests.get() refuses another manifest than the one described", async (repository) => {
    await putImage(repository, "v1", await imageOf("one"));
    const { descriptor } = (await imageOf("two")).manifest;
    await assert.rejects(repository.manifests.get("v1", { descriptor }), { code: "DIGEST_MISMATCH" });
  });

  test("manifests.head(), get() and delete() do not find what is not there", async ({ manifests }, { repository }) => {
    await putImage(repository, "v1", await imageOf("one"));
    const digest = await digestBytes(new Uint8Array([1]));
    for (const reference of ["v2", digest]) {
      await assert.rejects(manifests.head(reference), notFound);
      await assert.rejects(manifests.get(reference), notFound);
    }
    await assert.rejects(manifests.delete(digest), notFound);
  });

  test("manifests.delete() takes the tags of the manifest with it", async (repository) => {
    const image = await imageOf("one");
    const digest = await putImage(repository, "v1", image);
    await putImage(repository, "also", image);
    const other = await putImage(repository, "v2", await imageOf("two"));
    await repository.manifests.delete(digest);
    await assert.rejects(repository.manifests.head(digest), notFound);
    await assert.rejects(repository.manifests.head("v1"), notFound);
    assert.deepEqual(await Array.fromAsync(repository.tags.list()), ["v2"]);
    assert.equal((await repository.manifests.head("v2")).descriptor.digest, other);
  });

  test("manifests.head(), get() and put() throw the reason of a signal that is aborted", async (repository) => {
    const image = await imageOf("one");
    await putImage(repository, "v1", image);
    const reason = new Error("no longer wanted");
    const signal = AbortSignal.abort(reason);
    await assert.rejects(repository.manifests.head("v1", { signal }), reason);
    await assert.rejects(repository.manifests.get("v1", { signal }), reason);
    await assert.rejects(repository.manifests.put("v2", image.manifest, { signal }), reason);
    await assert.rejects(repository.manifests.head("v2"), notFound);
  });
}
