import assert from "node:assert/strict";
import {
  findDigest,
  findTag,
  listTagNames,
  withDigest,
  withoutDigest,
  withoutTag,
  withTag,
} from "../../../lib/layout/index_entries.ts";

const created = "2026-01-02T03:04:05Z";
const refName = "org.opencontainers.image.ref.name";
const mediaType = "application/vnd.oci.image.manifest.v1+json";
const a = { mediaType, digest: `sha256:${"a".repeat(64)}`, size: 1 };
const b = { mediaType, digest: `sha256:${"b".repeat(64)}`, size: 2 };
const named = (descriptor: typeof a, name: string) => ({ ...descriptor, annotations: { [refName]: name } });
const foreign = { digest: "odd", x: [1] };

Deno.test("findTag() prefers the exact name to a full image name", () => {
  const entries = [foreign, named(a, "registry.example.org/app:v1"), named(b, "v1")];
  assert.equal(findTag(entries, "v1")?.digest, b.digest);
  assert.equal(findTag(entries.slice(0, 2), "v1")?.digest, a.digest);
  assert.equal(findTag(entries, "1"), undefined);
});

Deno.test("findDigest() finds entries with and without a name", () => {
  assert.equal(findDigest([foreign, named(a, "v1")], a.digest)?.size, 1);
  assert.equal(findDigest([foreign], a.digest), undefined);
});

Deno.test("listTagNames() gives the part after the last colon, each once, sorted", () => {
  const entries = [named(a, "host:5000/app:v2"), named(a, "v1"), named(b, "v2"), a, foreign, named(a, "")];
  assert.deepEqual(listTagNames(entries), ["v1", "v2"]);
});

Deno.test("withTag() replaces the entry in place and drops others of the name", () => {
  const entries = [foreign, named(a, "v1"), named(a, "v2"), named(a, "v1")];
  assert.deepEqual(withTag(entries, "v1", b, created), [
    foreign,
    { ...b, annotations: { "org.opencontainers.image.created": created, [refName]: "v1" } },
    named(a, "v2"),
  ]);
});

Deno.test("withTag() leaves a tag that is right as it is", () => {
  assert.equal(withTag([named(a, "v1"), foreign], "v1", a, created), undefined);
  assert.deepEqual(withTag([named(a, "v1"), named(b, "v1")], "v1", a, created), [named(a, "v1")]);
});

Deno.test("withDigest() adds an entry without a name unless the digest is listed", () => {
  assert.equal(withDigest([named(a, "v1")], a, created), undefined);
  assert.deepEqual(withDigest([foreign], a, created), [
    foreign,
    { ...a, annotations: { "org.opencontainers.image.created": created } },
  ]);
});

Deno.test("withoutTag() takes only the exact name away", () => {
  const full = named(a, "registry.example.org/app:v1");
  assert.deepEqual(withoutTag([full, named(a, "v1"), foreign], "v1"), [full, foreign]);
  assert.equal(withoutTag([full], "v1"), undefined);
});

Deno.test("withoutDigest() takes every entry of the digest away", () => {
  assert.deepEqual(withoutDigest([a, named(a, "v1"), b, foreign], a.digest), [b, foreign]);
  assert.equal(withoutDigest([b], a.digest), undefined);
});
