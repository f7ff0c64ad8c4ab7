import assert from "node:assert/strict";
import type { CopyEvent } from "../../../lib/copy/progress.ts";
import { HttpError, RegkitError } from "../../../lib/errors.ts";
import { copyImage, type CopyImageOptions } from "../../../lib/image/copy.ts";
import { createMemoryRegistry } from "../../../lib/memory/memory_repository.ts";
import { mediaTypes } from "../../../lib/oci/media_type.ts";
import type { Repository } from "../../../lib/repository.ts";
import { CountingRepository } from "../../support/counting_repository.ts";
import { putBytes, putDocument, putRandomImage, putRandomIndex, randomBytes } from "../../support/random_image.ts";

const emptySide = (name: string) => new CountingRepository(createMemoryRegistry().repository(name));

async function copyTag(source: Repository, target: Repository, options: CopyImageOptions = {}) {
  return await copyImage({ repository: source, reference: "v1" }, { repository: target, reference: "v1" }, options);
}

function httpError(status: number, code: string): HttpError {
  const details = { status, method: "PUT", url: "https://reg.example.org/v2/", entries: [{ code, message: "" }] };
  return new HttpError("HTTP_STATUS", `registry answered ${status}`, details);
}

Deno.test("copyImage() reads a damaged blob again", async () => {
  const [source, target] = [emptySide("a"), emptySide("b")];
  await putRandomImage(source.inner, { tag: "v1" });
  let left = 2;
  source.tamper = (_, chunk) => left-- > 0 ? chunk.map((byte) => byte ^ 1) : chunk;
  await copyTag(source, target);
  assert.equal(source.counts["get blob"], 5);
  assert.equal(target.counts["put blob"], 5);
  assert.equal(target.counts["put manifest"], 1);
});

Deno.test("copyImage() gives a blob up that is damaged four times", async () => {
  const [source, target] = [emptySide("a"), emptySide("b")];
  const image = await putRandomImage(source.inner, { tag: "v1" });
  assert(image.kind === "image");
  const { digest } = image.body.config;
  source.tamper = (of, chunk) => of === digest ? chunk.map((byte) => byte ^ 1) : chunk;
  await assert.rejects(copyTag(source, target), { code: "DIGEST_MISMATCH" });
  assert.equal(source.calls.filter(({ op, reference }) => op === "get blob" && reference === digest).length, 4);
  assert.equal(target.counts["put manifest"], undefined);
});

Deno.test("copyImage() reads a damaged manifest again", async () => {
  const [source, target] = [emptySide("a"), emptySide("b")];
  await putRandomImage(source.inner, { tag: "v1" });
  let left = 3;
  source.before = ({ op }) => {
    if (op === "get manifest" && left-- > 0) throw new RegkitError("DIGEST_MISMATCH", "damaged");
  };
  await copyTag(source, target);
  assert.equal(source.counts["get manifest"], 4);
});

Deno.test("copyImage() sends again what the target turns out to lack", async () => {
  const [source, target] = [emptySide("a"), emptySide("b")];
  const index = await putRandomIndex(source.inner, 2, { tag: "v1" });
  assert(index.kind === "index");
  const child = index.body.manifests[0]?.digest ?? "";
  let refusals = 1;
  target.before = async ({ op, reference }) => {
    if (op !== "put manifest" || reference !== child || refusals-- <= 0) return;
    // The registry's garbage collection took a blob between its upload and the manifest.
    const manifest = await source.inner.manifests.get(child);
    assert(manifest.kind === "image");
    await target.inner.blobs.delete(manifest.body.config.digest);
    throw httpError(404, "MANIFEST_BLOB_UNKNOWN");
  };
  await copyTag(source, target);
  assert.deepEqual(target.counts, {
    "head manifest": 1,
    exists: 1,
    "head blob": 3,
    "put blob": 7,
    "put manifest": 4,
  });
});

Deno.test("copyImage() sends a child manifest again that the target lost", async () => {
  const [source, target] = [emptySide("a"), emptySide("b")];
  const index = await putRandomIndex(source.inner, 2, { tag: "v1" });
  assert(index.kind === "index");
  const child = index.body.manifests[0]?.digest ?? "";
  let refusals = 1;
  target.before = async ({ op, reference }) => {
    if (op !== "put manifest" || reference !== "v1" || refusals-- <= 0) return;
    await target.inner.manifests.delete(child);
    throw httpError(400, "MANIFEST_UNKNOWN");
  };
  await copyTag(source, target);
  await target.inner.manifests.head(child);
  assert.equal(target.counts["put manifest"], 5);
});

Deno.test("copyImage() believes a target that keeps lacking content", async () => {
  const [source, target] = [emptySide("a"), emptySide("b")];
  await putRandomImage(source.inner, { tag: "v1" });
  target.before = ({ op }) => {
    if (op === "put manifest") throw httpError(404, "BLOB_UNKNOWN");
  };
  await assert.rejects(copyTag(source, target), { status: 404, side: "target" });
  assert.equal(target.counts["put manifest"], 3);
});

Deno.test("copyImage() names the child that is missing at the source", async () => {
  const [source, target] = [emptySide("a"), emptySide("b")];
  const index = await putRandomIndex(source.inner, 2, { tag: "v1" });
  assert(index.kind === "index");
  const child = index.body.manifests[1]?.digest ?? "";
  await source.inner.manifests.delete(child);
  await assert.rejects(copyTag(source, target), {
    code: "NOT_FOUND",
    side: "source",
    message: `manifest ${child} that ${index.descriptor.digest} lists is missing in a`,
  });
  assert.equal(target.ended.some(({ op, reference }) => op === "put manifest" && reference === "v1"), false);
});

Deno.test("copyImage() says on which side it failed", async () => {
  const [source, target] = [emptySide("a"), emptySide("b")];
  await assert.rejects(copyTag(source, target), { code: "NOT_FOUND", side: "source" });
  await putRandomImage(source.inner, { tag: "v1" });
  target.before = ({ op }) => {
    if (op === "put blob") throw new RegkitError("DENIED", "no");
  };
  await assert.rejects(copyTag(source, target), { code: "DENIED", side: "target" });
  target.before = () => {
    throw new RegkitError("TRANSPORT", "cannot connect");
  };
  await assert.rejects(copyTag(source, target), { code: "TRANSPORT", side: "target" });
});

Deno.test("copyImage() takes a refused look-up for absence", async () => {
  const [source, target] = [emptySide("a"), emptySide("b")];
  await putRandomImage(source.inner, { tag: "v1" });
  target.before = ({ op }) => {
    if (op === "head manifest") throw httpError(403, "DENIED");
  };
  await copyTag(source, target);
  assert.equal(target.counts["put manifest"], 1);
});

Deno.test("copyImage() cancels everything on the first failure and waits until all has ended", async () => {
  const [source, target] = [emptySide("a"), emptySide("b")];
  const image = await putRandomImage(source.inner, { tag: "v1", layers: 4 });
  assert(image.kind === "image");
  const bad = image.body.layers[0]?.digest;
  let running = 0;
  target.before = async ({ op, reference, signal }) => {
    if (op !== "put blob") return;
    if (reference === bad) throw new RegkitError("DENIED", "no");
    running++;
    await new Promise((_, reject) => {
      signal?.addEventListener("abort", () => queueMicrotask(() => (running--, reject(new Error("aborted")))));
    });
  };
  await assert.rejects(copyTag(source, target), { code: "DENIED" });
  assert.equal(running, 0);
  assert.equal(target.counts["put blob"], 5);
  assert.equal(target.counts["put manifest"], undefined);
});

Deno.test("copyImage() ends with the signal's reason and puts no manifest afterwards", async () => {
  const [source, target] = [emptySide("a"), emptySide("b")];
  await putRandomIndex(source.inner, 2, { tag: "v1" });
  const controller = new AbortController();
  const reason = new RegkitError("ABORTED", "interrupted");
  let blobs = 0;
  target.before = ({ op }) => {
    if (op === "put blob" && ++blobs === 4) controller.abort(reason);
  };
  await assert.rejects(copyTag(source, target, { signal: controller.signal }), (error) => error === reason);
  assert.equal(await target.inner.manifests.head("v1").then(() => true, () => false), false);
  await assert.rejects(copyTag(source, target, { signal: controller.signal }), (error) => error === reason);
});

Deno.test("copyImage() tells of each manifest and blob how it went", async () => {
  const [source, target] = [emptySide("a"), emptySide("b")];
  const image = await putRandomImage(source.inner, { tag: "v1", layers: 1 });
  assert(image.kind === "image");
  const events: CopyEvent[] = [];
  await copyTag(source, target, { onProgress: (event) => void events.push(event) });
  const of = (digest: string) => events.filter((event) => event.digest === digest);
  const layer = image.body.layers[0]?.digest ?? "";
  assert.deepEqual(of(layer).map(({ kind, state, bytes, total }) => [kind, state, bytes, total]), [
    ["blob", "started", 0, 1000],
    ["blob", "active", 1000, 1000],
    ["blob", "finished", 1000, 1000],
  ]);
  const { digest, size } = image.descriptor;
  assert.deepEqual(of(digest).map(({ kind, state, bytes }) => [kind, state, bytes]), [
    ["manifest", "started", 0],
    ["manifest", "finished", size],
  ]);
  events.length = 0;
  await copyTag(source, target, { onProgress: (event) => void events.push(event) });
  assert.deepEqual(events.map(({ state }) => state), ["skipped"]);
});

Deno.test("copyImage() leaves out layers that can be had elsewhere, unless they are wanted", async () => {
  const [source, target] = [emptySide("a"), emptySide("b")];
  const config = await putBytes(source.inner, new TextEncoder().encode("{}"), mediaTypes.ociConfig);
  const layer = await putBytes(source.inner, randomBytes(100, 1), mediaTypes.ociLayerForeignGzip);
  const layers = [{ ...layer, urls: ["https://example.org/layer"] }];
  await putDocument(source.inner, { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers }, "v1");
  const { counts } = await copyTag(source, target);
  assert.equal(counts.blobsSkipped, 1);
  await assert.rejects(target.inner.blobs.head(layer), { code: "NOT_FOUND" });
  await copyTag(source, target, { includeExternal: true, isForced: true });
  await target.inner.blobs.head(layer);
});

Deno.test("copyImage() copies entries of unknown types as manifests where they are some, else as blobs", async () => {
  const [source, target] = [emptySide("a"), emptySide("b")];
  const image = await putRandomImage(source.inner, { seed: 4 });
  const blob = await putBytes(source.inner, randomBytes(100, 1), "application/x-other");
  const manifests = [{ ...image.descriptor, mediaType: "application/x-unknown" }, blob];
  await putDocument(source.inner, { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests }, "v1");
  await copyTag(source, target);
  await target.inner.manifests.head(image.descriptor.digest);
  await target.inner.blobs.head(blob);
});

Deno.test("copyImage() copies a blob once that several images share", async () => {
  const [source, target] = [emptySide("a"), emptySide("b")];
  const one = await putRandomImage(source.inner, { seed: 1 });
  assert(one.kind === "image");
  const two = await putDocument(source.inner, { ...one.body, layers: [...one.body.layers, ...one.body.layers] });
  const manifests = [one.descriptor, two.descriptor, one.descriptor];
  await putDocument(source.inner, { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests }, "v1");
  await copyTag(source, target);
  assert.equal(target.counts["put blob"], 3);
  assert.equal(target.counts["put manifest"], 3);
});

Deno.test("copyImage() copies schema 1 with its layers, whose sizes nobody tells", async () => {
  const [source, target] = [emptySide("a"), emptySide("b")];
  const layer = await putBytes(source.inner, randomBytes(100, 1));
  const body = { schemaVersion: 1, name: "a", tag: "v1", fsLayers: [{ blobSum: layer.digest }] };
  await putDocument(source.inner, body, "v1");
  const { counts } = await copyTag(source, target);
  assert.equal(counts.bytesUploaded, 100);
  await target.inner.blobs.head(layer);
});
