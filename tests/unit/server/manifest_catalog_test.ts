import assert from "node:assert/strict";
import { ManifestCatalog } from "../../../lib/server/store/manifest_catalog.ts";
import { describeManifest, type ManifestRecord } from "../../../lib/server/store/manifest_record.ts";

const record = (digest: string, more: Partial<ManifestRecord> = {}): ManifestRecord => ({
  digest,
  mediaType: "t",
  size: 1,
  artifactType: undefined,
  annotations: undefined,
  subject: undefined,
  children: [],
  blobs: [],
  documents: [],
  childTypes: [],
  ...more,
});

Deno.test("ManifestCatalog.remove() forgets children that only the removed index made known", () => {
  const catalog = new ManifestCatalog();
  catalog.add(record("index", { children: ["own", "listed", "both"] }), true);
  catalog.add(record("other", { children: ["both"] }), true);
  for (const digest of ["own", "both"]) catalog.add(record(digest), false);
  catalog.add(record("listed"), true);
  catalog.remove("index");
  assert.deepEqual(["own", "listed", "both"].map((digest) => catalog.get(digest)?.digest), [
    undefined,
    "listed",
    "both",
  ]);
  assert(catalog.isChild("both"));
  assert(!catalog.isChild("listed"));
  assert.equal(catalog.size, 3);
});

Deno.test("ManifestCatalog counts what uses a blob", () => {
  const catalog = new ManifestCatalog();
  catalog.add(record("a", { blobs: ["layer", "layer"] }), true);
  catalog.add(record("b", { blobs: ["layer"] }), true);
  catalog.add(record("b", { blobs: ["layer"] }), true);
  catalog.remove("a");
  assert(catalog.isBlobInUse("layer"));
  catalog.remove("b");
  assert(!catalog.isBlobInUse("layer"));
});

Deno.test("ManifestCatalog.add() with another media type changes what tags show", () => {
  const catalog = new ManifestCatalog();
  catalog.add(record("a", { subject: "s" }), true);
  catalog.tag("v1", "a");
  catalog.add(record("a", { subject: "s", mediaType: "u" }), true);
  assert.equal(catalog.byTag("v1")?.mediaType, "u");
  assert.deepEqual(catalog.referrers("s").map(({ mediaType }) => mediaType), ["u"]);
});

Deno.test("ManifestCatalog survives manifests that list each other", () => {
  const catalog = new ManifestCatalog();
  catalog.add(record("a", { children: ["b"] }), true);
  catalog.add(record("b", { children: ["a"] }), false);
  catalog.remove("a");
  assert.equal(catalog.get("a"), undefined);
});

Deno.test("describeManifest() leaves out what has another form than expected", () => {
  const body = {
    mediaType: "application/vnd.oci.image.index.v1+json",
    manifests: [null, { digest: "bad" }, { digest: `sha256:${"a".repeat(64)}`, mediaType: "text/x" }],
    annotations: { good: "x", bad: 1 },
    subject: "none",
  };
  const found = describeManifest(body, { digest: "d", size: 3 });
  assert.deepEqual([found.children, found.blobs], [[], [`sha256:${"a".repeat(64)}`]]);
  assert.deepEqual([found.annotations, found.subject, found.artifactType], [{ good: "x" }, undefined, undefined]);
});
