/**
 * What the templates of `--format` are tried on: a layout with every kind of manifest, a registry, a settings file.
 *
 * @module
 */

import { Client } from "../../lib/client.ts";
import { digestBytes } from "../../lib/oci/digest.ts";
import { createDenoSystem } from "../../lib/settings/deno_system.ts";
import { createHostDirectory } from "../../lib/settings/host_directory.ts";
import type { SettingsSystem } from "../../lib/settings/system.ts";
import { plainHosts, tempFolder } from "./processes.ts";
import { runCli, type RunResult } from "./run_cli.ts";
import { servedRegistry } from "./served_registry.ts";
import { buildTar } from "./tar_builder.ts";

/** A command line: its words, a template, and what standard input gives. `LAYOUT`, `REGISTRY` and digests are filled in. */
export interface FormatLine {
  readonly words: string;
  readonly template: string;
  readonly stdin?: string;
}

/** Exit code and standard output. */
export type FormatOutcome = readonly [code: number, stdout: string];

/** The place where lines are run. */
export interface FormatWorld extends AsyncDisposable {
  /** Runs a line in this process. */
  runOurs(line: FormatLine): Promise<FormatOutcome>;
  /** Runs a line by another program. */
  runPeer(program: string, line: FormatLine): Promise<FormatOutcome>;
}

const docker = "application/vnd.docker.distribution.manifest.";
const oci = "application/vnd.oci.";

const settings = {
  version: 1,
  hosts: {
    "other.example.org": { tls: "insecure" },
    "reg.example.org": {
      tls: "disabled",
      regcert: "CA",
      hostname: "reg.example.org:5000",
      user: "me",
      pass: "secret",
      token: "secret",
      credExpire: "1h30m0s",
      credHost: "ch",
      pathPrefix: "pp",
      mirrors: ["m1", "m2"],
      priority: 5,
      repoAuth: true,
      apiOpts: { a: "b" },
      blobChunk: 10,
      blobMax: 20,
      reqPerSec: 1.5,
      reqConcurrent: 7,
    },
  },
  hostDefault: { user: "du", reqConcurrent: 9 },
  blobLimit: 123,
  incDockerCert: false,
};

const imageConfig = {
  created: "2020-01-02T03:04:05.123456789+02:00",
  author: "x <y@example.org>",
  architecture: "arm",
  variant: "v7",
  os: "linux",
  "os.version": "10.0",
  "os.features": ["f1"],
  features: ["g"],
  extra: { b: 1, a: 2 },
  config: {
    User: "u",
    ExposedPorts: { "80/tcp": {} },
    Env: ["A=b"],
    Entrypoint: ["/e"],
    Cmd: ["c"],
    Volumes: { "/v": {} },
    WorkingDir: "/w",
    Labels: { l: "v" },
    StopSignal: "SIGTERM",
    StopTimeout: 10,
    ArgsEscaped: true,
    Healthcheck: { Test: ["CMD", "x"], Interval: 30_000_000_000, Timeout: 1_000_000_000, StartPeriod: 5, Retries: 3 },
    OnBuild: ["RUN x"],
    Shell: ["/bin/sh"],
    Odd: 1,
  },
  rootfs: { type: "layers", diff_ids: [`sha256:${"1".repeat(64)}`] },
  history: [
    { created: "2020-01-01T00:00:00Z", created_by: "cb", author: "au", comment: "co", empty_layer: true },
    {},
  ],
};

/** Makes the place. */
export async function formatWorld(): Promise<FormatWorld> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await tempFolder());
  const home = stack.use(await tempFolder());
  const registry = stack.use(await servedRegistry());
  const { address } = registry;
  const names = new Map(await writeLayout(`${folder.path}/lay`));
  await Deno.mkdir(`${home.path}/.regctl`);
  await Deno.writeTextFile(`${home.path}/.regctl/config.json`, JSON.stringify(settings));
  names.set("LAYOUT", `ocidir://${folder.path}/lay`);
  names.set("TARGET", `ocidir://${folder.path}/new`);
  names.set("REGISTRY", address);
  names.set("HOME", home.path);
  const files = { [`${home.path}/.regctl/config.json`]: JSON.stringify(settings) };
  const open = () =>
    new Client({
      hosts: createHostDirectory({ hostOptions: [{ name: address, settings: { tls: "disabled" } }] }),
    });
  const fill = (text: string) => text.replaceAll(/\b[A-Z]{3,}\b/g, (name) => names.get(name) ?? name);
  const clean = (text: string) => {
    const shown = ["LAYOUT", "TARGET", "REGISTRY", "HOME"].reduce(
      (all, name) => all.replaceAll(names.get(name) ?? "\0", name),
      text,
    );
    return shown.replaceAll(folder.path, "FOLDER");
  };
  const args = ({ words, template }: FormatLine) => [
    ...words.split(" ").map(fill),
    ...(words.includes("REGISTRY") ? plainHosts(address) : []),
    "--format",
    fill(template),
  ];
  const system: SettingsSystem = { ...createDenoSystem(), env: (name) => name === "HOME" ? home.path : undefined };
  const kept = { ...system, homeDir: () => Promise.resolve(home.path) };
  for (const tag of ["image", "index", "docker", "artifact"]) {
    if (tag !== "artifact") await copyIn(open, `${names.get("LAYOUT")}:${tag}`, `${address}/app:${tag}`);
  }
  const held = stack.move();
  return {
    async runOurs(line) {
      await using client = open();
      const stdin = line.stdin === undefined ? {} : { stdin: fill(line.stdin) };
      const result = await runCli(args(line), {
        hooks: { client, settings: kept },
        env: { FORMAT_TEST: "set" },
        files,
        ...stdin,
      });
      return [result.code, clean(result.stdout)];
    },
    async runPeer(program, line) {
      const child = new Deno.Command(program, {
        args: args(line),
        clearEnv: true,
        env: { HOME: home.path, FORMAT_TEST: "set" },
        stdin: "piped",
        stdout: "piped",
        stderr: "null",
      }).spawn();
      const writer = child.stdin.getWriter();
      await writer.write(new TextEncoder().encode(fill(line.stdin ?? ""))).catch(() => undefined);
      await writer.close().catch(() => undefined);
      const { code, stdout } = await child.output();
      return [code, clean(new TextDecoder().decode(stdout))];
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

async function copyIn(open: () => Client, source: string, target: string): Promise<RunResult> {
  await using client = open();
  const result = await runCli(["image", "copy", source, target, "--quiet"], { hooks: { client } });
  if (result.code !== 0) throw new Error(`cannot copy ${source}: ${result.stderr}`);
  return result;
}

/** Writes the layout, and gives the names by which lines call its digests. */
async function writeLayout(path: string): Promise<readonly (readonly [name: string, digest: string])[]> {
  await Deno.mkdir(`${path}/blobs/sha256`, { recursive: true });
  const put = async (content: Uint8Array<ArrayBuffer> | string) => {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    const digest = await digestBytes(bytes);
    await Deno.writeFile(`${path}/blobs/${digest.replace(":", "/")}`, bytes);
    return { digest, size: bytes.length };
  };
  const config = await put(JSON.stringify(imageConfig, null, 3));
  // Not compressed, so that the digest is the same whatever compresses.
  const layer = await put(buildTar([
    { name: "dir/", flag: "5", mode: 0o755 },
    { name: "dir/a.txt", body: "hello\n", mode: 0o640, ids: [1, 2] },
    { name: "link", flag: "2", linkname: "dir/a.txt" },
  ]));
  const small = await put("hi");
  const dockerManifest = {
    schemaVersion: 2,
    mediaType: `${docker}v2+json`,
    zzz: 1,
    config: { mediaType: "application/vnd.docker.container.image.v1+json", ...config },
    layers: [{ mediaType: "application/vnd.docker.image.rootfs.diff.tar", ...layer }],
    annotations: { a: "b" },
  };
  const dockerEntry = { mediaType: dockerManifest.mediaType, ...await put(JSON.stringify(dockerManifest, null, 1)) };
  const image = {
    schemaVersion: 2,
    mediaType: `${oci}image.manifest.v1+json`,
    artifactType: "application/x",
    config: { mediaType: `${oci}image.config.v1+json`, ...config },
    layers: [
      { mediaType: `${oci}image.layer.v1.tar`, ...layer, urls: ["https://example.org/a"], annotations: { k: "v" } },
      { mediaType: "text/plain", ...small, data: "aGk=" },
    ],
    subject: dockerEntry,
    annotations: { "a<b>&": "é", z: "" },
  };
  const platform = {
    architecture: "arm",
    os: "linux",
    variant: "v7",
    "os.version": "1",
    "os.features": ["x"],
    features: ["y"],
  };
  const imageEntry = { mediaType: image.mediaType, ...await put(JSON.stringify(image)) };
  const documents:
    readonly (readonly [tag: string, body: { readonly mediaType?: string; readonly [key: string]: unknown }])[] = [
      ["image", image],
      ["docker", dockerManifest],
      ["list", { schemaVersion: 2, mediaType: `${docker}list.v2+json`, manifests: [{ ...dockerEntry, platform }] }],
      ["index", {
        schemaVersion: 2,
        mediaType: `${oci}image.index.v1+json`,
        extra: [{}, []],
        manifests: [
          { ...imageEntry, platform: { architecture: "amd64", os: "linux" }, artifactType: "application/x" },
          { ...dockerEntry, platform },
        ],
        annotations: { v: "1" },
      }],
      ["artifact", {
        mediaType: `${oci}artifact.manifest.v1+json`,
        artifactType: "application/x",
        blobs: [{ mediaType: "application/y", ...layer }],
        subject: dockerEntry,
        annotations: { a: "b" },
      }],
      ["old", {
        schemaVersion: 1,
        name: "n",
        tag: "t",
        architecture: "amd64",
        fsLayers: [{ blobSum: layer.digest }],
        history: [{ v1Compatibility: '{"id":"x"}' }],
      }],
    ];
  const manifests = [];
  for (const [tag, body] of documents) {
    const { mediaType = `${docker}v1+json` } = body;
    const text = tag === "image" ? JSON.stringify(body) : JSON.stringify(body, null, 1);
    manifests.push({ mediaType, ...await put(text), annotations: { "org.opencontainers.image.ref.name": tag } });
  }
  await Deno.writeTextFile(`${path}/index.json`, JSON.stringify({ schemaVersion: 2, manifests }));
  await Deno.writeTextFile(`${path}/oci-layout`, '{"imageLayoutVersion":"1.0.0"}');
  return [["CONFIG", config.digest], ["LAYER", layer.digest], ["SMALL", small.digest], ["DOCKER", dockerEntry.digest]];
}
