import { deepEqual, equal, match } from "node:assert/strict";
import { digestBytes } from "../../lib/oci/digest.ts";
import { mediaTypes } from "../../lib/oci/media_type.ts";
import { tempFolder } from "../support/processes.ts";
import { putBytes, putDocument } from "../support/random_image.ts";
import { runCli, type RunResult } from "../support/run_cli.ts";
import { buildTar, type BuiltEntry, gzip } from "../support/tar_builder.ts";
import { createTestClient, type TestClient } from "../support/test_client.ts";

const repo = "registry.example.org/app";
const encode = (text: string) => new TextEncoder().encode(text);

async function run(client: TestClient, ...argv: readonly string[]): Promise<RunResult> {
  return await runCli(argv, { hooks: { client } });
}

async function good(client: TestClient, ...argv: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run(client, ...argv);
  deepEqual([code, stderr], [0, ""]);
  return stdout;
}

/** Puts a layer, and gives its digest. */
async function putLayer(client: TestClient, entries: readonly BuiltEntry[]): Promise<string> {
  return (await putBytes(client.repository(repo), await gzip(buildTar(entries)))).digest;
}

const entries: readonly BuiltEntry[] = [
  { name: "bin/", flag: "5", mode: 0o1777 },
  { name: "bin/su", body: "su", mode: 0o4755, ids: [1000, 100] },
  { name: "bin/sh", flag: "2", linkname: "su", mode: 0o777 },
  { name: "bin/.wh.old" },
];

Deno.test("regctl blob diff-layer shows one line for each entry", async () => {
  const client = createTestClient();
  const [empty, full] = [await putLayer(client, []), await putLayer(client, entries)];
  const su = await digestBytes(encode("su"));
  const line = (text: string, rest = "") => `+ ${text}${rest}`;
  equal(
    await good(client, "blob", "diff-layer", repo, empty, repo, full),
    [
      "@@ -1,0 +1,4 @@",
      line("-rwxrwxrwx 0/0        0 2020-01-01T00:00:00Z ", "bin/".padEnd(40)),
      line("-rwxr-xr-x 1000/100        2 2020-01-01T00:00:00Z ", `${"bin/su".padEnd(40)} ${su}`),
      line("-rwxrwxrwx 0/0        0 2020-01-01T00:00:00Z ", "bin/sh".padEnd(40)),
      line("-rw-r--r-- 0/0        0 2020-01-01T00:00:00Z ", "bin/.wh.old".padEnd(40)),
      "",
    ].join("\n"),
  );
  const long = await good(client, "blob", "diff-layer", "--long", "--ignore-timestamp", repo, empty, repo, full);
  deepEqual(long.split("\n").slice(1, 4).map((text) => text.trimEnd()), [
    "+ drwxrwxrwt 0/0        0 bin/",
    `+ -rwsr-xr-x 1000/100        2 ${"bin/su".padEnd(40)} ${su}`,
    "+ lrwxrwxrwx 0/0        0 bin/sh -> su",
  ]);
});

Deno.test("regctl blob diff-layer --fail-if-different ends with 1 only where there is a difference", async () => {
  const client = createTestClient();
  const [empty, full] = [await putLayer(client, []), await putLayer(client, entries)];
  const compare = (...digests: readonly [string, string]) =>
    run(client, "blob", "diff-layer", "--fail-if-different", repo, digests[0], repo, digests[1]);
  equal((await compare(empty, full)).code, 1);
  deepEqual(await compare(full, full).then(({ code, stdout }) => [code, stdout]), [0, "\n"]);
});

Deno.test("regctl blob diff-config compares configs as they are written", async () => {
  const client = createTestClient();
  const repository = client.repository(repo);
  const put = async (text: string) => (await putBytes(repository, encode(text))).digest;
  const [left, right] = [await put('{"os":"a","zz":1.50}'), await put('{"os":"<b>","zz":1.50}')];
  equal(
    await good(client, "blob", "diff-config", repo, left, repo, right),
    '@@ -1,4 +1,4 @@\n  {\n-   "os": "a",\n+   "os": "\\u003cb\\u003e",\n    "zz": 1.50\n  }\n',
  );
  const { code, stderr } = await run(client, "blob", "diff-config", repo, left, repo, await put("[]"));
  equal(code, 1);
  match(stderr, /is no image config/);
});

Deno.test("regctl blob get-file writes a file to standard output", async () => {
  const client = createTestClient();
  const layer = await putLayer(client, entries);
  equal(await good(client, "blob", "get-file", repo, layer, "/bin/su"), "su");
  equal(await good(client, "blob", "cat", "--follow-links", repo, layer, "bin/sh"), "su");
  const link = await run(client, "blob", "get-file", repo, layer, "bin/sh");
  deepEqual([link.code, link.stdout], [0, ""]);
  match(link.stderr, /level=WARN msg="Entry is no regular file.*type=symlink target=su/);
  match((await run(client, "blob", "get-file", repo, layer, "bin/old")).stderr, /^file deleted/);
  match((await run(client, "blob", "get-file", repo, layer, "bin/new")).stderr, /^file not found/);
});

Deno.test("regctl blob get-file writes a file that appears when the layer is verified", async () => {
  const client = createTestClient();
  const layer = await putLayer(client, entries);
  await using folder = await tempFolder();
  const out = `${folder.path}/su`;
  equal(await good(client, "blob", "get-file", repo, layer, "bin/su", out), "");
  equal(await Deno.readTextFile(out), "su");

  const repository = client.repository(repo);
  const broken: TestClient = {
    ...client,
    repository: () => ({
      ...repository,
      [Symbol.asyncDispose]: () => Promise.resolve(),
      blobs: {
        ...repository.blobs,
        get: async (blob) => ({
          ...await repository.blobs.get(blob),
          stream: ReadableStream.from(failing(buildTar([{ name: "bin/su", body: "evil" }]))),
        }),
      },
    }),
  };
  for (const path of [out, `${folder.path}/new`]) {
    equal((await run(broken, "blob", "get-file", repo, layer, "bin/su", path)).stderr, "digest mismatch\n");
  }
  equal(await Deno.readTextFile(out), "su");
  deepEqual((await Array.fromAsync(Deno.readDir(folder.path))).map(({ name }) => name), ["su"]);

  const nowhere = await run(client, "blob", "get-file", repo, layer, "bin/su", `${folder.path}/no/folder`);
  equal(nowhere.code, 1);
  match(nowhere.stderr, /^cannot write .*folder/);
});

/** Bytes whose digest turns out wrong at the end. */
async function* failing(bytes: Uint8Array<ArrayBuffer>): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  yield bytes;
  await Promise.resolve();
  throw new Error("digest mismatch");
}

Deno.test("regctl blob get-file keeps a symbolic link and the mode of the file it leads to", async () => {
  const client = createTestClient();
  const layer = await putLayer(client, entries);
  await using folder = await tempFolder();
  const [file, link] = [`${folder.path}/file`, `${folder.path}/link`];
  await Deno.writeTextFile(file, "old", { mode: 0o600 });
  await Deno.symlink(file, link);
  await good(client, "blob", "get-file", repo, layer, "bin/su", link);
  equal(await Deno.readTextFile(file), "su");
  equal((await Deno.lstat(link)).isSymlink, true);
  if (Deno.build.os !== "windows") equal(((await Deno.stat(file)).mode ?? 0) & 0o777, 0o600);
});

Deno.test("regctl blob copy brings a blob to another repository, and blob delete removes it", async () => {
  const client = createTestClient();
  const layer = await putLayer(client, entries);
  const other = "registry.example.com/copy";
  equal(await good(client, "blob", "copy", repo, other, layer), "");
  equal(await good(client, "blob", "cp", repo, other, layer), "");
  equal(await good(client, "blob", "get-file", other, layer, "bin/su"), "su");
  equal(await good(client, "blob", "rm", other, layer), "");
  equal((await run(client, "blob", "delete", other, layer)).code, 1);
  equal((await run(client, "blob", "copy", other, repo, `sha256:${"0".repeat(64)}`)).code, 1);
  equal((await run(client, "blob", "copy", other, other, layer)).code, 1, "it is not there to copy");
});

Deno.test("regctl image inspect refuses what is no image", async () => {
  const client = createTestClient();
  const repository = client.repository(repo);
  const config = await putBytes(repository, encode("{}"), mediaTypes.empty);
  await putDocument(
    repository,
    { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers: [] },
    "artifact",
  );
  const { code, stderr } = await run(client, "image", "inspect", `${repo}:artifact`);
  equal(code, 1);
  match(stderr, /^artifacts are not supported with "regctl image inspect".*empty\.v1\+json: unsupported media type/);
});

Deno.test("regctl digest hashes standard input", async () => {
  const options = { stdin: "abc", hooks: { client: createTestClient() } };
  const { stdout } = await runCli(["digest"], options);
  equal(stdout, await digestBytes(encode("abc")));
  equal(
    (await runCli(["digest", "--algorithm", "sha512"], options)).stdout,
    await digestBytes(encode("abc"), "sha512"),
  );
  match((await runCli(["digest", "--algorithm=md5"], options)).stderr, /^digest algorithm md5 is not available/);
});

Deno.test({
  name: "regctl blob get-file writes to a device as it is",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const client = createTestClient();
    const layer = await putLayer(client, entries);
    await good(client, "blob", "get-file", repo, layer, "bin/su", "/dev/null");
    equal((await Deno.stat("/dev/null")).isCharDevice, true);
  },
});
