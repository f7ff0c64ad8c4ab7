import assert from "node:assert/strict";
import { formatReference } from "../../../lib/reference/format.ts";
import { parseReference } from "../../../lib/reference/parse.ts";

const D = `sha256:${"0123456789abcdef".repeat(4)}`;
const half = "0123456789abcdef".repeat(2);

// Every row of the specification's table of examples, in its order.
Deno.test.each([
  { input: "alpine", want: "docker.io/library/alpine:latest" },
  { input: "alpine:3@D", want: "docker.io/library/alpine:3@D" },
  { input: "alpine@D", want: "docker.io/library/alpine@D" },
  { input: "user/app", want: "docker.io/user/app:latest" },
  { input: "a/b/c", want: "docker.io/a/b/c:latest" },
  { input: "index.docker.io/alpine", want: "docker.io/library/alpine:latest" },
  { input: "registry-1.docker.io/alpine", want: "docker.io/library/alpine:latest" },
  { input: "docker.io:443/alpine", want: "docker.io:443/alpine:latest" },
  { input: "localhost/app", want: "localhost/app:latest" },
  { input: "localhost:5000/app", want: "localhost:5000/app:latest" },
  { input: "localhost/a/b", want: "localhost/a/b:latest" },
  { input: "myhost/app", want: "docker.io/myhost/app:latest" },
  { input: "myhost:5000/app", want: "myhost:5000/app:latest" },
  { input: "a.b/c", want: "a.b/c:latest" },
  { input: "a.b:80/c", want: "a.b:80/c:latest" },
  { input: "127.0.0.1/app", want: "127.0.0.1/app:latest" },
  { input: "reg./app", want: "reg./app:latest" },
  { input: "reg.example.com./app", want: "reg.example.com./app:latest" },
  { input: "MyHost/app", want: "MyHost/app:latest" },
  { input: "HOST/app", want: "HOST/app:latest" },
  { input: "my-Host/app", want: "my-Host/app:latest" },
  { input: "AB/c", want: "AB/c:latest" },
  { input: "[::1]/app", want: "[::1]/app:latest" },
  { input: "[2001:db8::1]:5000/app:v1", want: "[2001:db8::1]:5000/app:v1" },
  { input: "[1:2:3:4:5:6:7:8]/app", want: "[1:2:3:4:5:6:7:8]/app:latest" },
  { input: "reg.example.com", want: "docker.io/library/reg.example.com:latest" },
  { input: "reg.example.com:5000", want: "docker.io/library/reg.example.com:5000" },
  { input: "a_b.c/d", want: "docker.io/a_b.c/d:latest" },
  { input: "alpine:_x", want: "docker.io/library/alpine:_x" },
  { input: "a__b", want: "docker.io/library/a__b:latest" },
  { input: "a---b", want: "docker.io/library/a---b:latest" },
  { input: "a.b", want: "docker.io/library/a.b:latest" },
  { input: `x@sha512:${half}`, want: `docker.io/library/x@sha512:${half}` },
  { input: `x@md5:${half}`, want: `docker.io/library/x@md5:${half}` },
  { input: `x@sha256:${half.toUpperCase()}`, want: `docker.io/library/x@sha256:${half.toUpperCase()}` },
  { input: `x@sha256+b64:${half}`, want: `docker.io/library/x@sha256+b64:${half}` },
  { input: "ocidir://x", want: "ocidir://x" },
  { input: "ocidir:///tmp/x:tag", want: "ocidir:///tmp/x:tag" },
  { input: "ocidir://../x:v1", want: "ocidir://../x:v1" },
  { input: "ocidir://x:t@D", want: "ocidir://x:t@D" },
  { input: "ocidir://a b/c~+-_.d:t", want: "ocidir://a b/c~+-_.d:t" },
])("parseReference() reads $input", ({ input, want }) => {
  const text = input.replace("@D", `@${D}`);
  const ref = parseReference(text);
  assert.equal(formatReference(ref), want.replace("@D", `@${D}`));
  assert.equal(ref.reference, text);
  // What is printed is read back as the same.
  const again = parseReference(formatReference(ref));
  assert.deepEqual({ ...again, reference: "" }, { ...ref, reference: "" });
});

Deno.test.each([
  { input: "localhost" },
  { input: "localhost:5000" },
  { input: "localhost:tag" },
  { input: "localhost@D" },
  { input: "m-/app" },
  { input: "[::]/app" },
  { input: "[fe80::1%eth0]/app" },
  { input: "[1::2::3]/app" },
  { input: "[::1:]/app" },
  { input: "[12345::]/app" },
  { input: "[1:2:3:4:5:6:7:8:9]/app" },
  { input: "[::1]" },
  { input: "[::1/app" },
  { input: "alpine:" },
  { input: "alpine:-x" },
  { input: "alpine:a+b" },
  { input: `alpine:${"x".repeat(129)}` },
  { input: "alpine@sha256:abc" },
  { input: "alpine@" },
  { input: "alpine@D:3" },
  { input: "alpine@D@D" },
  { input: "a___b" },
  { input: "a..b" },
  { input: "a-" },
  { input: "_a" },
  { input: "a//b" },
  { input: "a/" },
  { input: "/a" },
  { input: "" },
  { input: " alpine" },
  { input: "alpine " },
  { input: "alpine\n" },
  { input: "host:5000/a:b:c" },
  { input: "a.b:/c" },
  { input: "a.b..:5/c" },
  { input: "ocidir://" },
  { input: "OCIDIR://x" },
])("parseReference() refuses '$input'", ({ input }) => {
  const text = input.replaceAll("@D", `@${D}`);
  assert.throws(() => parseReference(text), { code: "INVALID_REFERENCE", message: `invalid reference "${text}"` });
});

Deno.test.each([
  { input: "A/b" },
  { input: "Alpine" },
  { input: "user/App" },
  { input: "reg.example.com/App" },
  { input: "AB" },
])("parseReference() says that the repository of $input must be lower case", ({ input }) => {
  assert.throws(() => parseReference(input), { message: `invalid reference "${input}", repo must be lowercase` });
});

Deno.test.each([
  { input: "http://alpine", scheme: "http" },
  { input: "docker://alpine", scheme: "docker" },
  { input: "ocifile://x", scheme: "ocifile" },
])("parseReference() refuses the scheme of $input", ({ input, scheme }) => {
  assert.throws(() => parseReference(input), {
    code: "INVALID_REFERENCE",
    message: `invalid reference, unknown scheme "${scheme}" in "${input}"`,
  });
});

Deno.test.each([
  { tail: "x:" },
  { tail: "x@" },
  { tail: "x:a:b" },
  { tail: "C:\\x" },
  { tail: "ä" },
  { tail: "x@sha256:ab" },
  { tail: ":t" },
])("parseReference() refuses the layout path $tail", ({ tail }) => {
  assert.throws(() => parseReference(`ocidir://${tail}`), {
    code: "INVALID_REFERENCE",
    message: `invalid reference, invalid path for scheme "ocidir": ${tail}`,
  });
});

Deno.test("parseReference() gives the parts of a registry reference", () => {
  assert.deepEqual(parseReference(`reg.example.org:5000/a/b:v1@${D}`), {
    scheme: "reg",
    registry: "reg.example.org:5000",
    repository: "a/b",
    tag: "v1",
    digest: D,
    reference: `reg.example.org:5000/a/b:v1@${D}`,
  });
});

Deno.test("parseReference() gives the parts of a layout reference and fills nothing in", () => {
  assert.deepEqual(parseReference("ocidir://./x"), {
    scheme: "ocidir",
    path: "./x",
    tag: "",
    digest: "",
    reference: "ocidir://./x",
  });
});

Deno.test("parseReference() takes time in proportion to the length of its text", () => {
  // Each of these makes a backtracking expression try a great many ways; a million characters would then never end.
  const length = 1_000_000;
  for (const unit of ["a", "a-", "a.", "a_", "-", "a/", "a:", "1:", "A", "@"]) {
    const text = unit.repeat(length / unit.length);
    for (const input of [`${text}!`, `[${text}`, `ocidir://${text}!`, `x@${text}!`]) {
      assert.throws(() => parseReference(input), { code: "INVALID_REFERENCE" });
    }
  }
});
