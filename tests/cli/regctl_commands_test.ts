import { deepEqual, equal, match } from "node:assert/strict";
import { digestBytes } from "../../lib/oci/digest.ts";
import { mediaTypes } from "../../lib/oci/media_type.ts";
import { runCli, type RunOptions, type RunResult } from "../support/run_cli.ts";
import { createTestClient, type TestClient } from "../support/test_client.ts";

const repo = "registry.example.org/app";
const encode = (text: string) => new TextEncoder().encode(text);

/** Runs a command line that must succeed without a word on standard error. */
async function good(client: TestClient, argv: readonly string[], options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await runCli(argv, { ...options, hooks: { client } });
  deepEqual([code, stderr], [0, ""]);
  return stdout;
}

function bad(client: TestClient, argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return runCli(argv, { ...options, hooks: { client } });
}

/** Puts an image of one layer for a platform; gives its digest. */
async function putImage(client: TestClient, ref: string, text: string): Promise<string> {
  const layer = await good(client, ["blob", "put", repo], { stdin: text }).then((line) => line.trim());
  const config = await good(client, ["blob", "put", repo], { stdin: "{}" }).then((line) => line.trim());
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: { mediaType: mediaTypes.ociConfig, digest: config, size: 2 },
    layers: [{ mediaType: mediaTypes.ociLayer, digest: layer, size: text.length }],
  });
  equal(await good(client, ["manifest", "put", ref], { stdin: manifest }), "");
  return await digestBytes(encode(manifest));
}

/** Puts an index of two platforms at a tag; gives the digests of its images. */
async function putIndex(client: TestClient, tag: string): Promise<readonly [string, string]> {
  const first = await putImage(client, `${repo}:first`, "first");
  const second = await putImage(client, `${repo}:second`, "second layer");
  const entry = (digest: string, size: number, architecture: string) => (
    { mediaType: mediaTypes.ociManifest, digest, size, platform: { os: "linux", architecture } }
  );
  const sizes = await Promise.all(
    ["first", "second"].map(async (name) =>
      (await good(client, ["manifest", "get", `${repo}:${name}`, "--format", "body"])).length
    ),
  );
  const manifests = [entry(first, sizes[0] ?? 0, "amd64"), entry(second, sizes[1] ?? 0, "arm64")];
  const index = JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests });
  await good(client, ["manifest", "put", `${repo}:${tag}`], { stdin: index });
  return [first, second];
}

Deno.test("regctl blob put stores standard input, blob get gives it back", async () => {
  const client = createTestClient();
  const digest = await digestBytes(encode("hello"));
  equal(await good(client, ["blob", "put", repo], { stdin: "hello" }), `${digest}\n`);
  equal(await good(client, ["blob", "get", repo, digest]), "hello");
  equal(await good(client, ["blob", "get", repo, digest, "--format", "raw"]), "\nhello");
  equal(await good(client, ["blob", "get", repo, digest, "--format="]), "");
  equal(await good(client, ["blob", "head", repo, digest]), "");
  equal(await good(client, ["blob", "put", repo, "--digest", digest, "--format", ""], { stdin: "hello" }), "");
});

Deno.test("regctl blob put stores an empty standard input", async () => {
  equal(await good(createTestClient(), ["layer", "push", repo]), `${await digestBytes(encode(""))}\n`);
});

Deno.test("regctl blob put refuses bytes of another digest, and stores nothing", async () => {
  const client = createTestClient();
  const digest = await digestBytes(encode("hello"));
  const { code, stdout, stderr } = await bad(client, ["blob", "put", repo, "--digest", digest], { stdin: "other" });
  deepEqual([code, stdout], [1, ""]);
  match(stderr, /expected sha256:\w+, computed sha256:\w+/);
  equal((await bad(client, ["blob", "head", repo, await digestBytes(encode("other"))])).code, 1);
});

Deno.test("regctl blob put says where an old flag has no effect", async () => {
  const argv = ["blob", "put", repo, "--content-type", "a/b", "-v", "info"];
  const { code, stderr } = await bad(createTestClient(), argv, { stdin: "x" });
  equal(code, 0);
  match(stderr, /level=INFO msg="Flag content-type has no effect" value=a\/b\n/);
});

Deno.test("regctl manifest put, head, get and image digest agree", async () => {
  const client = createTestClient();
  const digest = await putImage(client, `${repo}:v1`, "layer");
  equal(await good(client, ["manifest", "head", `${repo}:v1`]), `${digest}\n`);
  equal(await good(client, ["image", "digest", `${repo}:v1`]), `${digest}\n`);
  equal(await good(client, ["manifest", "head", `${repo}:v1`, "--format", "rawHeaders"]), "");
  match(await good(client, ["image", "manifest", `${repo}:v1`]), /^Name: +registry\.example\.org\/app:v1\nMediaType:/);
});

Deno.test("regctl manifest get picks an image of an index, and names it by digest", async () => {
  const client = createTestClient();
  const [amd64, arm64] = await putIndex(client, "v1");
  const text = await good(client, ["manifest", "get", `${repo}:v1`, "-p", "linux/arm64"]);
  match(text, new RegExp(`^Name: +${repo}@${arm64}\n`));
  equal(await good(client, ["manifest", "head", "--platform=linux/amd64", `${repo}:v1`]), `${amd64}\n`);
  equal(await good(client, ["image", "digest", "-plocal", `${repo}:v1`]), `${amd64}\n`);
  equal(
    await good(client, ["image", "digest", "-plinux/s390x", `${repo}@${amd64}`]),
    `${amd64}\n`,
    "no index, no choice",
  );
  const missing = await bad(client, ["manifest", "get", `${repo}:v1`, "-p", "linux/s390x"]);
  equal(missing.code, 1);
  match(missing.stderr, /platform not found: linux\/s390x\nIt has linux\/amd64, linux\/arm64\n$/);
});

Deno.test("regctl manifest get --require-list refuses what is no index with --strict", async () => {
  const client = createTestClient();
  await putIndex(client, "v1");
  for (const command of ["get", "head"]) {
    equal((await bad(client, ["manifest", command, "--require-list", `${repo}:v1`])).code, 0);
    equal((await bad(client, ["manifest", command, "--require-list", `${repo}:first`])).code, 0);
    const { code, stderr } = await bad(client, ["manifest", command, "--strict", "--require-list", `${repo}:first`]);
    equal(code, 1);
    match(stderr, /registry\.example\.org\/app:first is not an index/);
    const both = await bad(client, ["manifest", command, "--require-list", "-plinux", `${repo}:v1`]);
    match(both.stderr, /^cannot request a platform and require-list simultaneously\n/);
  }
});

Deno.test("regctl manifest put --by-digest prints the digest and sets no tag", async () => {
  const client = createTestClient();
  const digest = await putImage(client, `${repo}:v1`, "layer");
  const stdin = await good(client, ["manifest", "get", `${repo}:v1`, "--format", "rawBody"]);
  equal(await good(client, ["manifest", "put", "--by-digest", `${repo}:v2`], { stdin }), `${digest}\n`);
  equal(await good(client, ["tag", "ls", repo]), "v1\n");
});

const manifests: readonly (readonly [what: string, argv: readonly string[], stdin: string, message: RegExp])[] = [
  ["no JSON", [`${repo}:v1`], "x", /not valid JSON/],
  ["an object of no type", [`${repo}:v1`], "{}", /unsupported media type: ""/],
  ["a bad media type", [`${repo}:v1`, "-t", "json"], "{}", /^invalid media type: json\n/],
  [
    "another media type",
    [`${repo}:v1`, "-t", mediaTypes.ociIndex],
    JSON.stringify({ mediaType: mediaTypes.ociManifest }),
    /manifest contains an unexpected media type: expected .*index.*, received .*manifest/,
  ],
  [
    "another digest",
    [`${repo}@sha256:${"0".repeat(64)}`],
    JSON.stringify({ mediaType: mediaTypes.ociIndex, manifests: [] }),
    /digest mismatch, expected sha256:0+, computed sha256:[0-9a-f]+/,
  ],
];

for (const [what, argv, stdin, message] of manifests) {
  Deno.test(`regctl manifest put refuses ${what} and changes nothing`, async () => {
    const client = createTestClient();
    const { code, stdout, stderr } = await bad(client, ["manifest", "put", ...argv], { stdin });
    deepEqual([code, stdout], [1, ""]);
    match(stderr, message);
    equal((await bad(client, ["tag", "ls", repo])).code, 1, "there is still no repository");
  });
}

Deno.test("regctl manifest delete wants a digest, or to be told otherwise", async () => {
  const client = createTestClient();
  const digest = await putImage(client, `${repo}:v1`, "layer");
  const { code, stderr } = await bad(client, ["manifest", "delete", `${repo}:v1`]);
  equal(code, 1);
  match(stderr, /^digest required to delete manifest, reference registry\.example\.org\/app:v1\n/);
  equal(await good(client, ["manifest", "rm", `${repo}@${digest}`]), "");
  equal((await bad(client, ["manifest", "delete", `${repo}@${digest}`])).code, 1);
  equal(await good(client, ["manifest", "delete", "--ignore-missing", `${repo}@${digest}`]), "");
  await putImage(client, `${repo}:v2`, "layer");
  equal(await good(client, ["image", "delete", "--force-tag-dereference", `${repo}:v2`]), "");
  equal(await good(client, ["tag", "ls", repo]), "");
});

Deno.test("regctl tag ls sorts, starts after --last and stops at --limit", async () => {
  const client = createTestClient();
  for (const tag of ["v2", "v10", "a", "v1"]) await putImage(client, `${repo}:${tag}`, "layer");
  equal(await good(client, ["tag", "ls", repo]), "a\nv1\nv10\nv2\n");
  equal(await good(client, ["tag", "ls", "--limit", "2", repo]), "a\nv1\n");
  equal(await good(client, ["tag", "ls", "--last", "v1", "--limit", "0x1", repo]), "v10\n");
  equal(
    await good(client, ["tag", "list", "--format", "body", "--limit=1", repo]),
    '{"name":"app","tags":["a"]}',
  );
});

Deno.test("regctl tag delete removes a tag and leaves the manifest", async () => {
  const client = createTestClient();
  const digest = await putImage(client, `${repo}:v1`, "layer");
  equal(await good(client, ["tag", "rm", `${repo}:v1`]), "");
  equal(await good(client, ["manifest", "head", `${repo}@${digest}`]), `${digest}\n`);
  equal((await bad(client, ["tag", "delete", `${repo}:v1`])).code, 1);
  equal(await good(client, ["tag", "delete", "--ignore-missing", `${repo}:v1`]), "");
  match((await bad(client, ["tag", "delete", `${repo}@${digest}`])).stderr, /^tag missing from image reference /);
});

Deno.test("regctl repo ls joins the pages of a catalog", async () => {
  const client = createTestClient({ "registry.example.org": [["b", "a"], ["c"]] });
  equal(await good(client, ["repo", "ls", "registry.example.org"]), "a\nb\nc\n");
  equal(await good(client, ["repo", "ls", "--limit", "1", "registry.example.org"]), "b\n");
  equal(
    await good(client, ["repo", "ls", "--format", "raw", "registry.example.org"]),
    'Content-Type: application/json\n\n{"repositories":["b","a","c"]}',
  );
});

Deno.test("regctl repo ls gives the registry's own document when there is one page", async () => {
  const client = createTestClient({ "registry.example.org": [["b", "a"]] });
  equal(await good(client, ["repo", "ls", "--format=body", "registry.example.org"]), '{"repositories":["b","a"]}');
});

Deno.test("regctl image copy copies between registries and layouts, and prints the target", async () => {
  const client = createTestClient();
  const [, arm64] = await putIndex(client, "v1");
  const folder = await Deno.makeTempDir();
  try {
    const target = `ocidir://${folder}/out:v1`;
    equal(await good(client, ["image", "copy", `${repo}:v1`, target]), `${target}\n`);
    equal(await good(client, ["image", "cp", target, "alpine"]), "docker.io/library/alpine:latest\n");
    const want = await good(client, ["manifest", "head", `${repo}:v1`]);
    equal(await good(client, ["manifest", "head", "alpine"]), want);
    equal(await good(client, ["image", "copy", "--format", "", "-plinux/arm64", "alpine", "alpine:arm"]), "");
    equal(await good(client, ["manifest", "head", "alpine:arm"]), `${arm64}\n`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("regctl image copy also sets the tag beside a digest", async () => {
  const client = createTestClient();
  const digest = await putImage(client, `${repo}:v1`, "layer");
  const target = `registry.example.com/app:v2@${digest}`;
  equal(await good(client, ["image", "copy", `${repo}:v1`, target]), `${target}\n`);
  equal(await good(client, ["manifest", "head", "registry.example.com/app:v2"]), `${digest}\n`);
  const other = `registry.example.com/app:v3@sha256:${"0".repeat(64)}`;
  equal((await bad(client, ["image", "copy", `${repo}:v1`, other])).code, 1);
  equal(await good(client, ["tag", "ls", "registry.example.com/app"]), "v2\n");
});

Deno.test("regctl image copy shows bars on a terminal, and nothing with --quiet or -v", async () => {
  const client = createTestClient();
  await putImage(client, `${repo}:v1`, "layer");
  const copy = (...flags: readonly string[]) =>
    bad(client, ["image", "copy", ...flags, `${repo}:v1`, `registry.example.com/app:v${flags.length}`], {
      isTerminal: true,
    });
  match((await copy()).stderr, /Manifests: 1\/1 \| Blobs: 7\.000B copied, 0\.000B skipped \| Elapsed: 0s\n$/);
  equal((await copy("--quiet")).stderr, "");
  equal((await copy("-v", "warn")).stderr, "");
});

Deno.test("regctl image copy stops when it is interrupted", async () => {
  const client = createTestClient();
  await putImage(client, `${repo}:v1`, "layer");
  const signal = AbortSignal.abort(new Error("interrupted by SIGINT, context canceled"));
  const { code, stderr } = await bad(client, ["image", "copy", `${repo}:v1`, "alpine"], { signal });
  deepEqual([code, stderr], [1, "interrupted by SIGINT, context canceled\n"]);
  equal((await bad(client, ["tag", "ls", "alpine"])).code, 1);
});

const inputs: readonly (readonly [argv: readonly string[], first: RegExp])[] = [
  [["ref", "Bad Ref"], /^failed to parse Bad Ref: invalid reference "Bad Ref"/],
  [
    ["tag", "ls", "registry.example.org/App"],
    /invalid reference "registry\.example\.org\/App", repo must be lowercase/,
  ],
  [["manifest", "get", "docker://alpine"], /invalid reference, unknown scheme "docker" in "docker:\/\/alpine"/],
  [["image", "copy", "alpine", "b:c:d"], /invalid reference "b:c:d"/],
  [["image", "copy", "--referrers-src", "x", "a", "b"], /^referrers must be enabled to specify an external referrers/],
  [["image", "copy", "-p", "linux/!", "a", "b"], /^failed to parse platform linux\/!: invalid platform component ! in/],
  [["manifest", "get", "-p", "linux,x=y", "a"], /^failed to parse platform linux,x=y: unsupported platform arg type/],
  [["blob", "get", repo, "sha256:abc"], /^invalid checksum digest length/],
  [["blob", "head", repo, "abc"], /^invalid checksum digest format/],
  [["blob", "put", repo, "--strict", "--digest", "x"], /^invalid checksum digest format/],
  [["repo", "ls", "a/b"], /"a\/b"/],
  [["repo", "ls", "https://registry.example.org"], /"https:\/\/registry\.example\.org"/],
  [["tag", "ls", "--format", "{{.Tags", repo], /^template: out:1: unclosed action$/],
  [["version", "--format", "{{.Nope}}"], /^template: out:1:2: executing "out" at <\.Nope>: can't evaluate field Nope/],
  [["image", "copy", "--format", "{{nope}}", "a", "b"], /^template: out:1: function "nope" not defined$/],
  [["tag", "ls", "ocidir://missing/layout"], /missing\/layout/],
  [["manifest", "get", `${repo}:nope`], /nope/],
];

for (const [argv, first] of inputs) {
  Deno.test(`regctl refuses ${JSON.stringify(argv.join(" "))} in one line that names the value`, async () => {
    const { code, stdout, stderr } = await bad(createTestClient(), argv);
    deepEqual([code, stdout], [1, ""]);
    const [line = "", tip, ...rest] = stderr.trimEnd().split("\n");
    match(line, first);
    deepEqual(rest, [], `nothing after the tip ${tip}`);
  });
}

Deno.test("regctl version names the release and the machine", async () => {
  const text = await good(createTestClient(), ["version"]);
  match(text, /^VCSTag: {5}v\d+\.\d+\.\d+\n(.+\n){4}Platform: {3}\w+\/\w+\nGoVer: {6}deno\S+\nGoCompiler: \S+\n$/);
});
