import { deepEqual } from "node:assert/strict";
import { zstdCompressSync } from "node:zlib";
import { plainHosts, runProgram, tempFolder } from "../support/processes.ts";
import { putBytes, putDocument } from "../support/random_image.ts";
import { runCli } from "../support/run_cli.ts";
import { servedRegistry } from "../support/served_registry.ts";
import { buildTar, type BuiltEntry, gzip } from "../support/tar_builder.ts";
import { findLayout, findPeer } from "../support/test_data.ts";
import { createTestClient, type TestClient } from "../support/test_client.ts";
import { Client } from "../../lib/client.ts";
import { createHostDirectory } from "../../lib/settings/host_directory.ts";
import { openLayout } from "../../lib/layout/layout_repository.ts";

const peer = findPeer("regctl");
const layout = findLayout("testrepo");
const ignore = peer.ignore || layout.ignore;
const note = peer.note + layout.note;
const repo = `ocidir://${layout.path}`;
const missing = `sha256:${"0".repeat(64)}`;
/** Configs and layers of the images of testrepo, and a blob that is only `{}`. */
const configs = [
  "sha256:265cf623914b139bb063c377e702759275910c1013005615cb400323d00608c1",
  "sha256:2097cbe98aab004aa60148c1b49515a86cd1ff514310dcf8654313259aad0b12",
  "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
] as const;
const layers = [
  "sha256:ac4ae1712ec852391e6aae58abf8ff4665df9ae87c71d1e81aa421508a7b831d",
  "sha256:5fcd3f90f6c7214b2f48d998385f38dd9f047fd219f03255f3c823c0e93f630a",
] as const;

/** Exit code and standard output. */
type Outcome = readonly [code: number, stdout: string];

async function runPeer(args: readonly string[]): Promise<Outcome> {
  await using home = await tempFolder();
  const { code, stdout } = await runProgram(peer.path, args, { env: { HOME: home.path } });
  return [code, stdout];
}

async function runOurs(args: readonly string[], client = createTestClient()): Promise<Outcome> {
  const { code, stdout } = await runCli(args, { hooks: { client } });
  return [code, stdout];
}

const lines: readonly (readonly string[])[] = [
  ["image", "inspect", `${repo}:v1`],
  ["image", "config", "-p", "linux/arm64", `${repo}:v2`],
  ["image", "inspect", "--format", "raw", `${repo}:v1`],
  ["image", "inspect", "--format", "body", `${repo}:v1`],
  ["image", "inspect", "--format", "rawHeaders", `${repo}:v1`],
  ["image", "inspect", "--format", "", `${repo}:v1`],
  ["image", "inspect", `${repo}:a1`],
  ["image", "inspect", "-p", "linux/s390x", `${repo}:v1`],
  ["image", "inspect", "-p", "linux/!", `${repo}:v1`],
  ["image", "inspect", `${repo}:nope`],
  ["image", "ratelimit", `${repo}:v1`],
  ["image", "rate-limit", "--format", "", `${repo}:v1`],
  ["image", "ratelimit", `${repo}:nope`],
  ["manifest", "diff", `${repo}:v1`, `${repo}:v2`],
  ["manifest", "diff", `${repo}:v1`, `${repo}:v1`],
  ["manifest", "diff", "--context", "0", `${repo}:v1`, `${repo}:v3`],
  ["manifest", "diff", "--context=-1", `${repo}:v1`, `${repo}:a1`],
  ["manifest", "diff", "--context-full", `${repo}:a1`, `${repo}:a-docker`],
  ["manifest", "diff", `${repo}:a1`, `${repo}:a-docker`],
  ["manifest", "diff", `${repo}:v1`, `${repo}:nope`],
  ["manifest", "diff", "--context", "x", `${repo}:v1`, `${repo}:v2`],
  ["manifest", "diff", `${repo}:v1`],
  ["blob", "diff-config", repo, configs[0], repo, configs[1]],
  ["blob", "diff-config", "--context", "1", repo, configs[0], repo, configs[2]],
  ["blob", "diff-config", repo, configs[0], repo, configs[0]],
  ["blob", "diff-config", repo, configs[0], repo, layers[0]],
  ["blob", "diff-config", repo, configs[0], repo, missing],
  ["blob", "diff-config", repo, "sha256:abc", repo, configs[0]],
  ["blob", "diff-layer", repo, layers[0], repo, layers[1]],
  ["layer", "diff-layer", "--ignore-timestamp", repo, layers[0], repo, layers[1]],
  ["blob", "diff-layer", repo, layers[0], repo, layers[0]],
  ["blob", "diff-layer", repo, layers[0], repo, configs[0]],
  ["blob", "get-file", repo, layers[0], "base.txt"],
  ["blob", "cat", repo, layers[0], "/base.txt"],
  ["blob", "get-file", repo, layers[0], "nothing"],
  ["blob", "get-file", repo, layers[0], ".wh.base.txt"],
  ["blob", "get-file", repo, configs[0], "base.txt"],
  ["blob", "get-file", repo, missing, "base.txt"],
  ["blob", "get-file", repo, layers[0]],
  ["tag", "ls", "--include", "v.*", repo],
  ["tag", "ls", "--include", "v.*", "--exclude", "v2", repo],
  ["tag", "ls", "--include", "v1", "--include", "a1", repo],
  ["tag", "ls", "--exclude", "sha256-.*", repo],
  ["tag", "ls", "--include", "nothing", repo],
  ["tag", "ls", "--include", "(", repo],
  ["tag", "ls", "--exclude", "[", repo],
  ["tag", "ls", "--include", "v.*", "--format", "body", repo],
];

for (const line of lines) {
  const shown = line.join(" ").replaceAll(layout.path === "" ? "\0" : layout.path, "testrepo");
  Deno.test({
    name: `regctl ${shown} prints what the real one prints${note}`,
    ignore,
    fn: async () => deepEqual(await runOurs(line), await runPeer(line)),
  });
}

const entries: readonly BuiltEntry[] = [
  { name: "dir/", flag: "5", mode: 0o755 },
  { name: "dir/setuid", body: "x", mode: 0o4755, ids: [1000, 65534] },
  { name: "dir/.wh.gone" },
  { name: "sym", flag: "2", linkname: "dir/setuid", mode: 0o777 },
  { name: "hard", flag: "1", linkname: "dir/setuid" },
  { name: "größe-und-ein-sehr-langer-name-über-vierzig-zeichen", body: "ü" },
  { name: "ümlaut", body: "u", seconds: 0 },
  { name: "null", flag: "3", mode: 0o600 },
  { name: "pipe", flag: "6" },
  { name: "big", body: "b".repeat(123_456), mode: 0 },
  { name: "late", seconds: 4102444800, ids: [2097151, 0] },
  { name: "a/.wh..wh..opq" },
];

/** A layout with layers of every kind, known by name. */
async function layersIn(path: string): Promise<ReadonlyMap<string, string>> {
  await using repository = openLayout(path, { durability: "none" });
  const full = buildTar(entries);
  const blobs: Readonly<Record<string, Uint8Array<ArrayBuffer>>> = {
    plain: full,
    empty: buildTar([]),
    gzip: await gzip(full),
    zstd: new Uint8Array(zstdCompressSync(full)),
    endless: buildTar(entries, { hasNoTrailer: true }),
    cut: full.slice(0, 100_000),
    nothing: new Uint8Array(0),
    noise: new TextEncoder().encode("x".repeat(3000)),
    odd: new TextEncoder().encode('{"zz":"<&>\\u00e9é","os":"a","config":{"Env":[],"e":{}},"n":1.50}'),
    list: new TextEncoder().encode("[1]"),
  };
  const digests = new Map<string, string>();
  for (const [name, bytes] of Object.entries(blobs)) digests.set(name, (await putBytes(repository, bytes)).digest);
  await putDocument(repository, {
    layers: [],
    zz: "<&>é",
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    config: { mediaType: "application/vnd.oci.image.config.v1+json", digest: digests.get("odd"), size: 65 },
    schemaVersion: 2,
  }, "odd");
  await putDocument(repository, {
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.index.v1+json",
    manifests: [],
  }, "index");
  return digests;
}

Deno.test({
  name: `regctl reads layers and configs of every kind as the real one does${peer.note}`,
  ignore: peer.ignore,
  fn: async (t) => {
    await using folder = await tempFolder();
    const digests = await layersIn(folder.path);
    const place = `ocidir://${folder.path}`;
    const at = (name: string) => digests.get(name) ?? name;
    const names = [...digests.keys()];
    const files = [
      "dir/setuid",
      "./dir//setuid",
      "dir",
      "sym",
      "gone",
      "dir/gone/x",
      "a/x",
      "big",
      "null",
      "dir/.wh.gone",
    ];
    const all = [
      ...names.map((name) => ["blob", "diff-layer", place, at("empty"), place, at(name)]),
      ...names.map((
        name,
      ) => ["blob", "diff-layer", "--ignore-timestamp", "--context", "0", place, at(name), place, at("gzip")]),
      ...names.map((name) => ["blob", "diff-config", place, at("odd"), place, at(name)]),
      ...files.map((file) => ["blob", "get-file", place, at("gzip"), file]),
      ["image", "inspect", `${place}:odd`],
      ["manifest", "diff", `${place}:odd`, `${place}:index`],
    ];
    for (const line of all) {
      const shown = line.join(" ").replaceAll(folder.path, "layout");
      await t.step(shown, async () => deepEqual(await runOurs(line), await runPeer(line)));
    }
  },
});

Deno.test({
  name: `regctl lists and copies over a registry as the real one does${peer.note}`,
  ignore: peer.ignore,
  fn: async (t) => {
    await using registry = await servedRegistry();
    await using repository = registry.open("app");
    const body = { schemaVersion: 2, mediaType: "application/vnd.oci.image.index.v1+json", manifests: [] };
    for (const tag of ["v1", "v2", "v10", "rc", "latest"]) {
      await putDocument(repository, { ...body, annotations: { tag } }, tag);
    }
    const { address } = registry;
    const lines = [
      ["tag", "ls", "--include", "v.*", `${address}/app`],
      ["tag", "ls", "--limit", "2", "--include", "v.*", `${address}/app`],
      ["tag", "ls", "--limit", "3", "--exclude", "l.*", `${address}/app`],
      ["tag", "ls", "--last", "rc", "--exclude", "v2", `${address}/app`],
      ["tag", "ls", "--include", "v1", "--format", "body", `${address}/app`],
      ["image", "ratelimit", `${address}/app:v1`],
      ["manifest", "diff", `${address}/app:v1`, `${address}/app:v2`],
      ["repo", "copy", "--include", "v.*", `${address}/app`, `${address}/copied`],
      ["repo", "cp", "--new-tags", "--exclude", "rc", `${address}/app`, `${address}/copied`],
      ["repo", "copy", `${address}/nothing`, `${address}/copied`],
      ["repo", "copy", "--include", "(", `${address}/app`, `${address}/copied`],
      ["blob", "delete", `${address}/app`, missing],
      ["blob", "copy", `${address}/app`, `${address}/copied`, missing],
    ];
    for (const line of lines) {
      await t.step(line.join(" ").replaceAll(address, "registry"), async () => {
        const mine = line.map((word) => word.replace("/copied", "/ours"));
        const other = line.map((word) => word.replace("/copied", "/peers"));
        await using client = plainClient(address);
        deepEqual(await runOurs(mine, client), await runPeer([...other, ...plainHosts(address)]));
        const tags = (name: string) => runPeer(["tag", "ls", `${address}/${name}`, ...plainHosts(address)]);
        deepEqual(await tags("ours"), await tags("peers"));
      });
    }
  },
});

function plainClient(address: string): TestClient {
  const client = new Client({
    hosts: createHostDirectory({ hostOptions: [{ name: address, settings: { tls: "disabled" } }] }),
  });
  return Object.assign(client, { registry: () => createTestClient().registry(address) });
}
