import assert from "node:assert/strict";
import { readByteRange } from "../../../lib/server/endpoints/byte_range.ts";
import { isContentDigest, isRepositoryName, isTag } from "../../../lib/server/names.ts";
import { readTarget } from "../../../lib/server/request_target.ts";
import { compileRoutes } from "../../../lib/server/route_match.ts";
import { routes } from "../../../lib/server/routes.ts";

const match = compileRoutes(routes);

const paths: readonly (readonly [string, string, string, string])[] = [
  ["/v2/a/manifests/v1", "manifest", "a", "v1"],
  ["/v2/a/b/c/manifests/v1", "manifest", "a/b/c", "v1"],
  ["/v2/a/manifests/manifests/manifests", "manifest", "a/manifests", "manifests"],
  ["/v2/a/blobs/sha256:x", "blob", "a", "sha256:x"],
  ["/v2/a/blobs/uploads", "upload", "a", ""],
  ["/v2/a/blobs/uploads/", "upload", "a", ""],
  ["/v2/a/blobs/uploads/id", "upload", "a", "id"],
  ["/v2/a/blobs/uploads/tags/list", "tags", "a/blobs/uploads", ""],
  ["/v2/a/blobs/uploads/blobs/uploads/id", "upload", "a/blobs/uploads", "id"],
  ["/v2/a/tags/list", "tags", "a", ""],
  ["/v2/tags/list/tags/list", "tags", "tags/list", ""],
  ["/v2/a/referrers/d", "referrers", "a", "d"],
  ["/v2/_catalog", "catalog", "", ""],
  ["/v2/_oci/ext/discover", "discover", "", ""],
  ["/v2/", "ping", "", ""],
  ["/v2", "ping", "", ""],
];

for (const [path, kind, name, reference] of paths) {
  Deno.test(`compileRoutes() finds ${kind} of "${name}" in ${path}`, () => {
    const found = match(readTarget(`http://h${path}`).segments);
    assert.deepEqual([found?.byMethod.values().next().value?.kind, found?.name, found?.reference], [
      kind,
      name,
      reference,
    ]);
  });
}

Deno.test("compileRoutes() finds nothing where no pattern fits", () => {
  for (const path of ["/", "/v2/a", "/v2/manifests/x", "/v2/tags/list", "/v3/a/tags/list", "/v2/_catalog/x"]) {
    assert.equal(match(readTarget(`http://h${path}`).segments), undefined, path);
  }
});

Deno.test("readTarget() splits before it decodes and leaves the query raw", () => {
  assert.deepEqual(readTarget("http://h:1/v2/%61/b?x=%2F#f"), {
    path: "/v2/%61/b",
    segments: ["v2", "a", "b"],
    query: "x=%2F",
    hostLength: 3,
  });
  for (const path of ["/a/../b", "/a//b", "/a/./b", "/%2e%2e/b", "/a%2fb", "/a\\b", "/a%5cb", "/a%00", "/%", "/%ff"]) {
    assert.throws(() => readTarget(`http://h${path}`), { status: 400 }, path);
  }
});

Deno.test("isRepositoryName(), isTag() and isContentDigest() follow the grammar", () => {
  for (const name of ["a", "a/b", "a.b_c__d-e--f/1", "blobs"]) assert(isRepositoryName(name), name);
  for (const name of ["", "A", "a/", "/a", "a//b", "a._b", "a___b", "_a", "a-", "ä"]) {
    assert(!isRepositoryName(name), name);
  }
  assert(isRepositoryName("a".repeat(244), 10));
  assert(!isRepositoryName("a".repeat(245), 10));
  for (const tag of ["a", "_a", "A.b-c_D", "a".repeat(128)]) assert(isTag(tag), tag);
  for (const tag of ["", "-a", ".a", "a b", "a:b", "a".repeat(129)]) assert(!isTag(tag), tag);
  assert(isContentDigest(`sha512:${"0".repeat(128)}`));
  for (
    const digest of [`sha256:${"A".repeat(64)}`, `sha256:${"0".repeat(63)}`, `sha384:${"0".repeat(96)}`, "sha256:"]
  ) {
    assert(!isContentDigest(digest), digest);
  }
});

Deno.test("readByteRange() gives the part that lies in the blob", () => {
  assert.deepEqual(readByteRange("bytes=0-0", 1), { start: 0, length: 1 });
  assert.deepEqual(readByteRange("bytes=99999999999999999999-", 5), "unsatisfiable");
  assert.equal(readByteRange("bytes=0-", 0), "unsatisfiable");
  assert.equal(readByteRange("bytes = 0-1", 5), undefined);
});
