/**
 * Measures the embedded registry beside distribution, which must be installed, and proves it under long load:
 * `deno run -A bench/server.ts [--quick]`. Writes `server_results.md`.
 */

import { mediaTypes } from "../lib/oci/media_type.ts";
import { digestBytes } from "../lib/oci/digest.ts";
import { createRegistry } from "../lib/server/registry.ts";
import { openDirectoryStore } from "../lib/server/store/store_dir.ts";
import { startRegctl } from "../tests/support/processes.ts";
import { crashRound } from "../tests/support/server_crash.ts";
import { LoadClient, type Send, walkRepository } from "../tests/support/server_load.ts";
import { registryKinds } from "./registries.ts";
import { loadPath } from "./server_loader.ts";

const isQuick = Deno.args.includes("--quick");
const mebibyte = 1024 * 1024;
const rounds = isQuick ? 3 : 7;
const print = (line: string): void => void Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));

interface Figures {
  readonly manifest: number[];
  readonly p99: number[];
  readonly get: number[];
  readonly getFour: number[];
  readonly push: number[];
  /** After the rounds with a few clients, and after the parallel pushes. */
  peakMiB: readonly [few: number, many: number];
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;

function randomBlob(size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += 65_536) crypto.getRandomValues(bytes.subarray(at, Math.min(at + 65_536, size)));
  return bytes;
}

async function push(address: string, name: string, bytes: Uint8Array<ArrayBuffer>, digest: string): Promise<void> {
  const begun = await fetch(`http://${address}/v2/${name}/blobs/uploads/`, { method: "POST" });
  await begun.body?.cancel();
  const location = new URL(begun.headers.get("location") ?? "", `http://${address}`);
  location.searchParams.set("digest", digest);
  const headers = { "content-type": mediaTypes.octetStream };
  const done = await fetch(location, { method: "PUT", body: bytes, headers });
  await done.body?.cancel();
  if (done.status !== 201) throw new Error(`push to ${address}: ${done.status}`);
}

/** The peak resident memory of whoever listens on an address, in MiB. */
async function peakOf(address: string): Promise<number> {
  const port = Number(address.split(":")[1]).toString(16).toUpperCase().padStart(4, "0");
  const table = await Deno.readTextFile("/proc/net/tcp");
  const inode = table.split("\n").map((line) => line.trim().split(/\s+/)).find((fields) =>
    fields[1]?.endsWith(`:${port}`) && fields[3] === "0A"
  )?.[9];
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      for await (const handle of Deno.readDir(`/proc/${name}/fd`)) {
        if (await Deno.readLink(`/proc/${name}/fd/${handle.name}`) !== `socket:[${inode}]`) continue;
        const status = await Deno.readTextFile(`/proc/${name}/status`);
        return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024;
      }
    } catch (error) {
      // Processes that ended meanwhile, or that are not ours to look at.
      if (!(error instanceof Deno.errors.NotFound || error instanceof Deno.errors.PermissionDenied)) throw error;
    }
  }
  return NaN;
}

/** Runs curl; gives the seconds that the transfer took. */
async function curl(args: readonly string[]): Promise<number> {
  const { success, stdout } = await new Deno.Command("curl", {
    args: ["-sf", "-o", "/dev/null", "-w", "%{time_total}", ...args],
    stdout: "piped",
  }).output();
  if (!success) throw new Error(`curl failed: ${args.join(" ")}`);
  return Number(new TextDecoder().decode(stdout));
}

const download = (url: string): Promise<number> => curl([url]);

/** Pushes a file with curl: sending much at once is what `fetch` is slow at. Gives the seconds that the transfer took. */
async function upload(address: string, name: string, file: string, digest: string): Promise<number> {
  const begun = await fetch(`http://${address}/v2/${name}/blobs/uploads/`, { method: "POST" });
  await begun.body?.cancel();
  const location = new URL(begun.headers.get("location") ?? "", `http://${address}`);
  location.searchParams.set("digest", digest);
  return await curl(["-T", file, "-H", `content-type: ${mediaTypes.octetStream}`, "-H", "expect:", location.href]);
}

async function measureRound(address: string, figures: Figures, round: number, file: string): Promise<void> {
  const blob = randomBlob(256 * mebibyte);
  const digest = await digestBytes(blob);
  await Deno.writeFile(file, blob);
  figures.push.push(256 / await upload(address, `bench/${round}`, file, digest));
  await Deno.remove(file);
  const url = `http://${address}/v2/bench/${round}/blobs/${digest}`;
  for (let time = 0; time < 3; time++) figures.get.push(256 / await download(url));
  const started = performance.now();
  await Promise.all([1, 2, 3, 4].map(() => download(url)));
  figures.getFour.push(1024 / ((performance.now() - started) / 1000));
  const config = new TextEncoder().encode("{}");
  const described = { mediaType: mediaTypes.ociConfig, digest: await digestBytes(config), size: 2 };
  await push(address, "bench/manifest", config, described.digest);
  const body = JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociManifest, config: described, layers: [] });
  const headers = { "content-type": mediaTypes.ociManifest };
  const put = await fetch(`http://${address}/v2/bench/manifest/manifests/v1`, { method: "PUT", body, headers });
  await put.body?.cancel();
  const load = { connections: 16, seconds: isQuick ? 2 : 5, accept: mediaTypes.ociManifest };
  const { perSecond, p99Ms } = await loadPath(address, "/v2/bench/manifest/manifests/v1", load);
  figures.manifest.push(perSecond);
  figures.p99.push(p99Ms);
}

async function pushInParallel(address: string): Promise<void> {
  const count = 64;
  const blob = randomBlob((isQuick ? 16 : 64) * mebibyte);
  // One blob in memory, sent under another first byte by each: its parts are shared by all senders.
  await Promise.all([...Array(count).keys()].map(async (at) => {
    const begun = await fetch(`http://${address}/v2/parallel/${at}/blobs/uploads/`, { method: "POST" });
    await begun.body?.cancel();
    const location = new URL(begun.headers.get("location") ?? "", `http://${address}`);
    const parts = function* (): Generator<Uint8Array<ArrayBuffer>> {
      yield new TextEncoder().encode(`${at} `);
      for (let start = 0; start < blob.length; start += mebibyte) yield blob.slice(start, start + mebibyte);
    };
    const headers = { "content-type": mediaTypes.octetStream };
    const sent = await fetch(location, { method: "PATCH", body: ReadableStream.from(parts()), headers });
    await sent.body?.cancel();
    if (sent.status !== 202) throw new Error(`parallel push: ${sent.status}`);
  }));
}

async function crash(times: number): Promise<string> {
  const root = await Deno.makeTempDir();
  const repositories = ["one", "two/deep"];
  let checked = 0;
  try {
    for (let round = 0; round < times; round++) {
      const clients = await crashRound({ root, round, repositories, start: startRegctl });
      await using registry = createRegistry({ store: await openDirectoryStore(root, { durability: "none" }) });
      const send: Send = (path, init) => registry.fetch(new Request(`http://registry.test${path}`, init ?? {}));
      for (const client of clients) {
        await client.check(send);
        checked += client.content.size;
      }
      for (const repository of repositories) await walkRepository(send, repository);
    }
  } finally {
    await Deno.remove(root, { recursive: true });
  }
  return `${times} kills: all ${checked} acknowledged blobs and manifests there, no hole`;
}

async function mixedLoad(address: string, seconds: number): Promise<string> {
  const send: Send = (path, init) => fetch(path.startsWith("http") ? path : `http://${address}${path}`, init);
  const end = performance.now() + seconds * 1000;
  let acts = 0;
  const clients = [...Array(64).keys()].map((at) => new LoadClient(`c${at}`, `load/${at % 4}`, { send, seed: at + 1 }));
  await Promise.all(clients.map(async (client) => {
    for (; performance.now() < end; acts++) await client.act();
  }));
  for (const client of clients) await client.check();
  return `64 clients for ${seconds} s: ${acts} acts, every byte and tag right`;
}

const kinds = (await registryKinds()).filter(({ name }) => name === "distribution" || name === "regkit");
const results = new Map<string, Figures>();
const folder = await Deno.makeTempDir({ prefix: "regkit-bench-" });
const proofs: string[] = [];
try {
  const servers = await Promise.all(kinds.map(async (kind) => {
    await Deno.mkdir(`${folder}/${kind.name}`);
    return { name: kind.name, server: await kind.start(`${folder}/${kind.name}`) };
  }));
  for (const { name } of servers) {
    results.set(name, { manifest: [], p99: [], get: [], getFour: [], push: [], peakMiB: [NaN, NaN] });
  }
  for (let round = 0; round < rounds; round++) {
    for (const { name, server } of round % 2 === 0 ? servers : servers.toReversed()) {
      const figures = results.get(name);
      if (figures !== undefined) await measureRound(server.address, figures, round, `${folder}/blob`);
    }
  }
  for (const { name, server } of servers) {
    const figures = results.get(name);
    const few = await peakOf(server.address);
    await pushInParallel(server.address);
    if (figures !== undefined) figures.peakMiB = [few, await peakOf(server.address)];
    print(`${name}: ${JSON.stringify(figures)}`);
    if (name === "regkit") proofs.push(await mixedLoad(server.address, isQuick ? 5 : 20));
    await server[Symbol.asyncDispose]();
  }
} finally {
  await Deno.remove(folder, { recursive: true });
}
proofs.push(await crash(isQuick ? 5 : 50));

const date = new Date().toISOString().slice(0, 10);
const other = results.get("distribution");
const own = results.get("regkit");
const row = (title: string, pick: (figures: Figures) => number): string => {
  const [ours, theirs] = [own, other].map((figures) => figures === undefined ? NaN : pick(figures));
  const ratio = (ours ?? NaN) / (theirs ?? NaN);
  return `| ${title} | ${ours?.toFixed(1)} | ${theirs?.toFixed(1)} | ${ratio.toFixed(2)} |`;
};
const text = [
  "# The embedded registry",
  "",
  `${date}, Deno ${Deno.version.deno}, ${navigator.hardwareConcurrency} cores, load ` +
  `${
    Deno.loadavg()[0]?.toFixed(1)
  }; medians of ${rounds} rounds in turn, full durability. Written by \`deno run -A bench/server.ts\`.`,
  "",
  "| | regkit | distribution | ratio |",
  "| --- | --- | --- | --- |",
  row("manifest GET/s, 16 connections", ({ manifest }) => median(manifest)),
  row("99th percentile of a manifest GET, ms", ({ p99 }) => median(p99)),
  row("blob GET MiB/s, 256 MiB, one stream", ({ get }) => median(get)),
  row("blob GET MiB/s, 256 MiB, four streams", ({ getFour }) => median(getFour)),
  row("blob push MiB/s, 256 MiB", (figures) => median(figures.push)),
  row("peak MiB after the rows above", ({ peakMiB: [few] }) => few),
  row(`peak MiB after 64 parallel pushes of ${isQuick ? 16 : 64} MiB`, ({ peakMiB: [, many] }) => many),
  "",
  ...proofs.map((proof) => `- ${proof}`),
  "",
].join("\n");
const resultsFile = new URL("server_results.md", import.meta.url);
await Deno.writeTextFile(resultsFile, text);
await new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", resultsFile.pathname] }).output();
print(text);
