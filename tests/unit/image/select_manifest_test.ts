import assert from "node:assert/strict";
import { copyImage } from "../../../lib/image/copy.ts";
import { selectManifest } from "../../../lib/image/select_manifest.ts";
import type { Logger } from "../../../lib/log.ts";
import { createMemoryRegistry } from "../../../lib/memory/memory_repository.ts";
import type { Descriptor } from "../../../lib/oci/descriptor.ts";
import { mediaTypes } from "../../../lib/oci/media_type.ts";
import { parsePlatform } from "../../../lib/oci/platform.ts";
import { CountingRepository } from "../../support/counting_repository.ts";
import { putDocument, putRandomImage, putRandomIndex } from "../../support/random_image.ts";

const emptySide = (name: string) => new CountingRepository(createMemoryRegistry().repository(name));

Deno.test("selectManifest() finds the entry of a platform without reading it", async () => {
  const repository = emptySide("a");
  const index = await putRandomIndex(repository.inner, 3);
  assert(index.kind === "index");
  const { descriptor, manifest } = await selectManifest(repository, index, parsePlatform("linux/arm64"));
  assert.equal(descriptor, index.body.manifests[1]);
  assert.equal(manifest, undefined);
  assert.deepEqual(repository.counts, {});
});

Deno.test("selectManifest() looks into indexes that name a platform", async () => {
  const repository = emptySide("a");
  const inner = await putRandomIndex(repository.inner, 2);
  assert(inner.kind === "index");
  const outer = await putDocument(repository.inner, {
    schemaVersion: 2,
    mediaType: mediaTypes.ociIndex,
    manifests: [{ ...inner.descriptor, platform: { os: "linux", architecture: "arm64" } }],
  });
  const { descriptor } = await selectManifest(repository, outer, parsePlatform("linux/arm64"));
  assert.equal(descriptor.digest, inner.body.manifests[1]?.digest);
  assert.deepEqual(repository.counts, { "get manifest": 1 });
});

Deno.test("selectManifest() takes a single image whatever its platform", async () => {
  const repository = emptySide("a");
  const image = await putRandomImage(repository.inner);
  const { manifest } = await selectManifest(repository, image, parsePlatform("linux/s390x"));
  assert.equal(manifest, image);
});

Deno.test("selectManifest() says which platforms there are instead", async () => {
  const repository = emptySide("a");
  const index = await putRandomIndex(repository.inner, 3);
  await assert.rejects(selectManifest(repository, index, parsePlatform("linux/mips")), {
    code: "NOT_FOUND",
    message: "platform not found: linux/mips",
    tip: "it has linux/amd64, linux/arm64, linux/arm/v7",
  });
});

Deno.test("selectManifest() warns of another operating system", async () => {
  const repository = emptySide("a");
  const index = await putRandomIndex(repository.inner, 1);
  const lines: unknown[] = [];
  const logger: Logger = {
    isEnabled: () => true,
    log: (level, message, fields) => lines.push([level, message, fields]),
  };
  await selectManifest(repository, index, parsePlatform("windows/amd64"), { logger });
  assert.deepEqual(lines, [["warn", "Selected platform has another operating system", {
    wanted: "windows/amd64",
    selected: "linux/amd64",
  }]]);
});

Deno.test("copyImage() with a platform copies its manifest alone to the tag", async () => {
  const [source, target] = [emptySide("a"), emptySide("b")];
  const index = await putRandomIndex(source.inner, 2, { tag: "v1" });
  assert(index.kind === "index");
  const copy = () =>
    copyImage({ repository: source, reference: "v1" }, { repository: target, reference: "v1" }, {
      platform: parsePlatform("linux/arm64"),
    });
  const { descriptor } = await copy();
  assert.equal(descriptor.digest, index.body.manifests[1]?.digest);
  assert.equal((await target.inner.manifests.head("v1")).descriptor.digest, descriptor.digest);
  assert.deepEqual(source.counts, { "get manifest": 2, "get blob": 3 });
  source.reset();
  target.reset();
  assert.equal((await copy()).isUnchanged, true);
  assert.deepEqual(source.counts, { "get manifest": 1 });
  assert.deepEqual(target.counts, { "head manifest": 1 });
});

Deno.test("copyImage() with platforms copies these entries and the index unchanged", async () => {
  const [source, target] = [emptySide("a"), emptySide("b")];
  const index = await putRandomIndex(source.inner, 3);
  assert(index.kind === "index");
  const entries: Descriptor[] = [...index.body.manifests];
  const plain = await putRandomImage(source.inner, { seed: 50 });
  const whole = await putDocument(source.inner, {
    schemaVersion: 2,
    mediaType: mediaTypes.ociIndex,
    manifests: [...entries, plain.descriptor],
  }, "v1");
  const copied = async (platforms: Parameters<typeof copyImage>[2]) => {
    const fresh = new CountingRepository(createMemoryRegistry().repository("b"));
    await copyImage({ repository: source, reference: "v1" }, { repository: fresh, reference: "v1" }, platforms);
    assert.deepEqual((await fresh.inner.manifests.get("v1")).bytes, whole.bytes);
    return fresh.ended.filter(({ op }) => op === "put manifest").map(({ reference }) => reference);
  };
  assert.deepEqual(await copied({ platforms: [parsePlatform("linux/arm/v7")] }), [entries[2]?.digest, "v1"]);
  assert.deepEqual(await copied({ platforms: [""] }), [plain.descriptor.digest, "v1"]);
  assert.deepEqual(await copied({ platforms: [] }), ["v1"]);
  assert.equal((await copied({})).length, 5);
  assert.deepEqual(target.calls, []);
});
