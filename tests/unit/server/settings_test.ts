import assert from "node:assert/strict";
import { resolveSettings } from "../../../lib/server/settings.ts";

const mebibyte = 1024 * 1024;

Deno.test("resolveSettings() fills in what the documentation says", () => {
  const { now, ...settings } = resolveSettings({}, false);
  assert(Math.abs(now() - Date.now()) < 60_000);
  assert.deepEqual(settings, {
    locationPrefix: "",
    maxManifestBytes: 8 * mebibyte,
    maxBlobBytes: Infinity,
    anyManifest: false,
    isSparseImage: false,
    isSparseIndex: false,
    strictAccept: false,
    noDelete: false,
    protectChildren: false,
    deleteUsedBlobs: false,
    isReadOnly: false,
    minChunkBytes: 0,
    uploadIdleMs: 60 * 60_000,
    maxUploads: 1000,
    bodyIdleMs: 60_000,
  });
});

Deno.test("resolveSettings() takes no smaller manifests for the limit than clients may push", () => {
  assert.equal(resolveSettings({ maxManifestBytes: 1000 }, false).maxManifestBytes, 4 * mebibyte);
  assert.equal(resolveSettings({ maxManifestBytes: 5 * mebibyte }, false).maxManifestBytes, 5 * mebibyte);
});

Deno.test("resolveSettings() changes nothing in a store that takes no changes", () => {
  assert.equal(resolveSettings({}, true).isReadOnly, true);
  assert.equal(resolveSettings({ isReadOnly: true }, false).isReadOnly, true);
});
