import { deepEqual, equal, match, ok } from "node:assert/strict";
import { commandsBelow } from "../../cli/flag_lookup.ts";
import { regctl } from "../../cli/regctl/commands.ts";
import { parseManifest } from "../../lib/oci/manifest.ts";
import { parseReference } from "../../lib/reference/parse.ts";
import { createRegistry } from "../../lib/server/registry.ts";
import { openDirectoryStore } from "../../lib/server/store/store_dir.ts";
import { tempFolder } from "../support/processes.ts";
import { RegistryApi } from "../support/registry_api.ts";
import { runCli, type RunResult } from "../support/run_cli.ts";
import { createTestClient } from "../support/test_client.ts";
import { createFakeSystem } from "../unit/settings/fake_system.ts";

const encode = (text: string) => new TextEncoder().encode(text);

/** What the lines of the examples read from. */
const files: Readonly<Record<string, string>> = {
  "hello.txt": "hello",
  "manifest.json": '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}',
};

/** A registry with an image, and settings with a login, as the examples in the documentation have them. */
async function createWorld() {
  const client = createTestClient({ "registry.example.org": [["app", "tools"]] });
  const { blobs, manifests } = client.repository(parseReference("registry.example.org/app"));
  const put = async (text: string) => {
    const open = () => Promise.resolve(ReadableStream.from([encode(text)]));
    const { descriptor } = await blobs.put({}, { isRewindable: true, open });
    return { digest: descriptor.digest, size: descriptor.size };
  };
  const document = JSON.stringify({
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    config: { mediaType: "application/vnd.oci.image.config.v1+json", ...await put("{}") },
    layers: [{ mediaType: "application/vnd.oci.image.layer.v1.tar", ...await put("hello") }],
  });
  for (const tag of ["v1", "v2"]) await manifests.put(tag, await parseManifest(encode(document)));
  const config = { hosts: { "registry.example.org": { tls: "disabled", user: "me", pass: "s3cret" } } };
  const settings = createFakeSystem({ env: { REGCTL_CONFIG: "/c" }, files: { "/c": JSON.stringify(config) } });
  return { client, settings };
}

/** Fills a registry's directory with a blob that nothing needs. */
async function makeRegistry(path: string): Promise<void> {
  await using registry = createRegistry({ store: await openDirectoryStore(path, { durability: "none" }) });
  await new RegistryApi(registry.fetch).pushBlob("team/app", "hello");
}

/** Runs a line of the documentation as a shell would. */
async function runExample(line: string): Promise<RunResult> {
  await using folder = await tempFolder();
  const [words = "", file] = line.split(" <");
  const directory = `${folder.path}/registry`;
  if (words.includes("./registry")) await makeRegistry(directory);
  const argv = words.trim().split(/\s+/).slice(1).map((word) => word === "./registry" ? directory : word);
  const stdin = file === undefined ? "" : files[file.trim()] ?? "";
  return await runCli(argv, { stdin, hooks: await createWorld() });
}

const text = await Deno.readTextFile(new URL("../../docs/json.md", import.meta.url));
const examples = [...text.matchAll(/```sh\n(regctl [^\n]*)\n```\n\n```json\n(.*?)```/gs)]
  .map(([, line = "", document = ""]) => ({ line, document }));

for (const { line, document } of examples) {
  Deno.test(`docs/json.md shows what "${line}" prints`, async () => {
    const { code, stdout, stderr } = await runExample(line);
    deepEqual([code, stderr], [0, ""]);
    if (line === "regctl version --json") {
      deepEqual(Object.keys(JSON.parse(stdout)), Object.keys(JSON.parse(document)));
    } else {
      deepEqual(JSON.parse(stdout), JSON.parse(document));
    }
    ok(!stdout.includes("s3cret"));
  });
}

Deno.test("docs/json.md has an example of every command that takes --json", () => {
  const takers = [...commandsBelow(regctl.root)].filter(({ flags }) => "json" in flags).map(({ path }) => path);
  const missing = takers.filter((path) => !examples.some(({ line }) => `${line} `.startsWith(`regctl ${path} `)));
  deepEqual(missing, [], "add a section with an example to docs/json.md");
});

Deno.test("--json prints errors as one object on standard error", async () => {
  const { code, stdout, stderr } = await runExample("regctl manifest get --json registry.example.org/app:v9");
  deepEqual([code, stdout], [1, ""]);
  equal(stderr.split("\n").length, 2);
  const { error } = JSON.parse(stderr);
  deepEqual(Object.keys(error), ["code", "message", "op", "side", "tip"]);
  deepEqual([error.code, error.side], ["NOT_FOUND", null]);
  match(error.message, /v9/);
});

Deno.test("--json prints errors of lines that cannot be read, too", async () => {
  const { error } = JSON.parse((await runExample("regctl tag ls --bogus --json")).stderr);
  deepEqual([error.code, error.message], ["INVALID_ARGUMENT", "unknown flag: --bogus"]);
});

Deno.test("--json tells what was not there to delete", async () => {
  const tag = await runExample("regctl tag delete --ignore-missing --json registry.example.org/app:v9");
  deepEqual(JSON.parse(tag.stdout), { name: "registry.example.org/app:v9", tag: "v9", deleted: false });
  const manifest = await runExample(
    "regctl manifest delete --ignore-missing --force-tag-dereference --json registry.example.org/app:v9",
  );
  deepEqual(JSON.parse(manifest.stdout), { name: "registry.example.org/app:v9", digest: null, deleted: false });
});

Deno.test("--json and --format exclude each other", async () => {
  const { code, stdout, stderr } = await runExample("regctl tag ls --json --format raw registry.example.org/app");
  deepEqual([code, stdout], [1, ""]);
  match(stderr, /--json and --format/);
});
