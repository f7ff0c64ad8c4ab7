import assert from "node:assert/strict";
import {
  addDigest,
  hasTagOrDigest,
  isSameRegistry,
  isSameRepository,
  tagOrDigest,
  withDigest,
  withoutTagAndDigest,
  withTag,
} from "../../../lib/reference/edit.ts";
import { formatReference, formatRepository } from "../../../lib/reference/format.ts";
import { hubHostHint } from "../../../lib/reference/hub_hint.ts";
import { asRegistryReference, normalizeLayoutPath } from "../../../lib/reference/layout_path.ts";
import { parseReference } from "../../../lib/reference/parse.ts";

const D = `sha256:${"0".repeat(64)}`;

Deno.test("withTag() sets the tag and clears the digest", () => {
  const ref = withTag(parseReference(`alpine:3@${D}`), "4");
  assert.equal(formatReference(ref), "docker.io/library/alpine:4");
  assert.equal(ref.reference, "docker.io/library/alpine:4");
  assert.throws(() => withTag(ref, "a b"), { code: "INVALID_REFERENCE" });
});

Deno.test("withDigest() sets the digest and clears the tag", () => {
  assert.equal(withDigest(parseReference("ocidir://x:v1"), D).reference, `ocidir://x@${D}`);
  assert.throws(() => withDigest(parseReference("x"), "sha256:1"), { code: "INVALID_REFERENCE" });
});

Deno.test("addDigest() keeps the tag", () => {
  assert.equal(addDigest(parseReference("a.b/c"), D).reference, `a.b/c:latest@${D}`);
});

Deno.test("withoutTagAndDigest() leaves the repository", () => {
  const ref = withoutTagAndDigest(parseReference(`a.b/c:v1@${D}`));
  assert.equal(ref.reference, "a.b/c");
  assert.equal(hasTagOrDigest(ref), false);
});

Deno.test("hasTagOrDigest() and tagOrDigest() tell what manifests are asked for by", () => {
  assert.equal(hasTagOrDigest(parseReference("alpine")), true);
  assert.equal(hasTagOrDigest(parseReference("ocidir://x")), false);
  assert.equal(tagOrDigest(parseReference("alpine:3")), "3");
  assert.equal(tagOrDigest(parseReference(`alpine:3@${D}`)), D);
  assert.equal(tagOrDigest(parseReference("ocidir://x")), "latest");
});

Deno.test("isSameRepository() compares repositories and the places of layouts", () => {
  const same = (a: string, b: string) => isSameRepository(parseReference(a), parseReference(b));
  assert(same("alpine:1", "index.docker.io/library/alpine:2"));
  assert(same("ocidir://x:1", "ocidir://./x"));
  assert(same("ocidir:///a/../b/", "ocidir:///b"));
  assert(!same("a.b/c", "a.b/d"));
  assert(!same("a.b/c", "a.c/c"));
  assert(!same("ocidir://x", "ocidir:///x"));
  assert(!same("ocidir://x", "x"));
});

Deno.test("isSameRegistry() compares registries; each layout is its own", () => {
  const same = (a: string, b: string) => isSameRegistry(parseReference(a), parseReference(b));
  assert(same("a.b/c", "a.b/d"));
  assert(!same("a.b/c", "a.b:443/c"));
  assert(!same("ocidir://a", "ocidir://b"));
  assert(!same("ocidir://a", "a.b/a"));
});

Deno.test("formatRepository() leaves tag and digest out", () => {
  assert.equal(formatRepository(parseReference(`alpine:3@${D}`)), "docker.io/library/alpine");
  assert.equal(formatRepository(parseReference("ocidir://../x:v1")), "ocidir://../x");
});

Deno.test.each([
  { path: "x", want: "x" },
  { path: "./x/", want: "x" },
  { path: "a//b/./../c", want: "a/c" },
  { path: "../../x", want: "../../x" },
  { path: "a/../..", want: ".." },
  { path: "/..", want: "/" },
  { path: ".", want: "." },
  { path: "/", want: "/" },
])("normalizeLayoutPath() shortens $path", ({ path, want }) => {
  assert.equal(normalizeLayoutPath(path), want);
});

Deno.test.each([
  { text: "ocidir:///tmp/My Dir/x:v1", want: "localhost/tmp/my-dir/x:v1" },
  { text: "ocidir://../../img_1", want: "localhost/img-1" },
  { text: "a.b/c:v1", want: "a.b/c:v1" },
])("asRegistryReference() names $text", ({ text, want }) => {
  assert.equal(formatReference(asRegistryReference(parseReference(text))), want);
});

Deno.test("hubHostHint() sees a host where the repository should be", () => {
  assert.match(hubHostHint(parseReference("reg.example.com:5000")) ?? "", /reg\.example\.com:5000\/<repository>$/);
  assert.match(hubHostHint(parseReference("reg.example.com")) ?? "", /is a registry, add a repository/);
  assert.match(hubHostHint(parseReference("myhost:5000")) ?? "", /myhost:5000/);
});

Deno.test("hubHostHint() keeps quiet about ordinary names", () => {
  for (const text of ["alpine", "debian:12", "user/a.b", "a.b/c", "python3.1", "ocidir://reg.example.com"]) {
    assert.equal(hubHostHint(parseReference(text)), undefined, text);
  }
});
