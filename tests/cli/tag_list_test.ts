import { deepEqual, equal, match } from "node:assert/strict";
import { mediaTypes } from "../../lib/oci/media_type.ts";
import { putBytes, putDocument } from "../support/random_image.ts";
import { runCli } from "../support/run_cli.ts";
import { createTestClient, type TestClient } from "../support/test_client.ts";

const repo = "registry.example.org/app";

/** Puts an image whose config tells a time, unless that is empty. */
async function putImage(client: TestClient, tag: string, created: string, size = 10): Promise<void> {
  const repository = client.repository(repo);
  const text = JSON.stringify({ os: "linux", architecture: "amd64", ...(created === "" ? {} : { created }), tag });
  const config = await putBytes(repository, new TextEncoder().encode(text), mediaTypes.ociConfig);
  const layer = await putBytes(repository, new Uint8Array(size));
  await putDocument(repository, { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers: [layer] }, tag);
}

async function list(client: TestClient, ...flags: readonly string[]): Promise<readonly string[]> {
  const { code, stdout, stderr } = await runCli(["tag", "ls", ...flags, repo], { hooks: { client } });
  deepEqual([code, stderr], [0, ""]);
  return stdout.split("\n").slice(0, -1);
}

async function manyTags(): Promise<TestClient> {
  const client = createTestClient();
  const tags = ["v1.10.0", "v1.9.0", "latest", "1.2.3-rc.1", "1.2.3", "v2.0.0+b1", "abc"];
  for (const tag of tags) await putImage(client, tag.replace("+", "_"), "");
  return client;
}

Deno.test("regctl tag ls --sort semver puts the highest version first, and names behind", async () => {
  const client = await manyTags();
  deepEqual(await list(client, "--sort", "semver"), [
    "v1.10.0",
    "v1.9.0",
    "1.2.3",
    "1.2.3-rc.1",
    "abc",
    "latest",
    "v2.0.0_b1",
  ]);
  deepEqual(await list(client, "--sort", "semver", "--limit", "2"), ["v1.10.0", "v1.9.0"]);
  deepEqual(await list(client, "--sort=semver", "--limit=1", "--include", "v?1\\.[0-9.]+", "--exclude", "v1\\.10.*"), [
    "v1.9.0",
  ]);
});

Deno.test("regctl tag ls --sort alpha sorts by name, then applies the limit", async () => {
  const client = await manyTags();
  deepEqual(await list(client, "--sort", "alpha", "--limit", "2", "--exclude", "1.*"), ["abc", "latest"]);
});

Deno.test("regctl tag ls --sort created puts the newest image first", async () => {
  const client = createTestClient();
  await putImage(client, "old", "2020-01-01T00:00:00Z");
  await putImage(client, "new", "2024-01-01T00:00:00Z");
  await putImage(client, "timeless", "");
  await putImage(client, "mid", "2022-01-01T00:00:00Z");
  deepEqual(await list(client, "--sort", "created"), ["new", "mid", "old", "timeless"]);
  deepEqual(await list(client, "--sort", "created", "--limit", "2"), ["new", "mid"]);
});

Deno.test("regctl tag ls --long shows digest, size and date in columns", async () => {
  const client = createTestClient();
  await putImage(client, "old", "2020-01-01T00:00:00Z", 1000);
  await putImage(client, "timeless", "", 2_000_000);
  const repository = client.repository(repo);
  const { descriptor } = await repository.manifests.get("old");
  const platform = { os: "linux", architecture: "amd64" };
  await putDocument(repository, {
    schemaVersion: 2,
    mediaType: mediaTypes.ociIndex,
    manifests: [{ ...descriptor, platform }],
    annotations: { "org.opencontainers.image.created": "2023-05-06T07:08:09Z" },
  }, "index");
  const rows = (await list(client, "--long")).map((line) => line.split(/ +/));
  deepEqual(rows.map(([tag, , size, date]) => [tag, size, date]), [
    ["index", "1.082kB", "2023-05-06T07:08:09Z"],
    ["old", "1.082kB", "2020-01-01T00:00:00Z"],
    ["timeless", "2.000MB", "-"],
  ]);
  equal(rows[1]?.[1], descriptor.digest);
  equal(new Set((await list(client, "--long")).slice(0, 2).map((line) => line.length)).size, 1);
});

Deno.test("regctl tag ls refuses other orders and bad expressions before it asks", async () => {
  const client = createTestClient();
  const refusal = async (...flags: readonly string[]) =>
    (await runCli(["tag", "ls", ...flags, repo], { hooks: { client } })).stderr;
  match(await refusal("--sort", "size"), /^invalid argument "size" for "--sort" flag\n/);
  match(await refusal("--include", "("), /^failed to parse regexp "\(": .*missing closing/);
});
