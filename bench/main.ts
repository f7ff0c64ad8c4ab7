/**
 * Compares copies with every peer found and writes the table to standard output and `bench/results.md`.
 *
 * `deno task bench [--only NAME] [--registry NAME] [--rounds N]`; peers are looked for in `$REGKIT_PEERS` and the search path.
 */

import { makeLayout } from "./images.ts";
import { findPeers, type Peer } from "./peers.ts";
import { type Cost, measure, type ServerProcess, startServer } from "./processes.ts";
import { type RegistryKind, registryKinds } from "./registries.ts";
import { type Row, writeReport } from "./report.ts";
import { type Scenario, scenarios } from "./scenarios.ts";
import { measureStartUp } from "./start_up.ts";

const latencyMs = 50;

function option(name: string): string | undefined {
  const at = Deno.args.indexOf(`--${name}`);
  return at < 0 ? undefined : Deno.args[at + 1];
}

/** Both sides of a copy: two registries, and proxies before them where requests are counted and delayed. */
interface Sides extends AsyncDisposable {
  readonly source: string;
  readonly target: string;
  /** Requests to source and target since the last call; `undefined` without proxies. */
  count(): Promise<readonly [number, number] | undefined>;
}

async function startProxy(upstream: string): Promise<ServerProcess> {
  const script = new URL("proxy.ts", import.meta.url).pathname;
  const args = ["run", "-A", script, "--upstream", upstream, "--latency", String(latencyMs)];
  return await startServer(Deno.execPath(), args, { ready: /listening (\S+)/ });
}

async function startSides(kind: RegistryKind, folder: string, isFar: boolean): Promise<Sides> {
  const stack = new AsyncDisposableStack();
  const place = async (name: string): Promise<string> => {
    const storage = `${folder}/${name}`;
    await Deno.mkdir(storage, { recursive: true });
    const registry = stack.use(await kind.start(storage));
    return isFar ? stack.use(await startProxy(registry.address)).address : registry.address;
  };
  const source = await place("source");
  const target = await place("target");
  const requests = async (address: string): Promise<number> => {
    const answer: { readonly requests: number } = await (await fetch(`http://${address}/__stats`)).json();
    return answer.requests;
  };
  return {
    source,
    target,
    count: async () => isFar ? [await requests(source), await requests(target)] : undefined,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** Runs one scenario with one peer as often as asked, each time into a repository that is new. */
async function runPeer(
  scenario: Scenario,
  peer: Peer,
  sides: Sides,
  folder: string,
  round: number,
): Promise<Row | undefined> {
  const target = `bench/${scenario.name}-${peer.name}-${round}`;
  const places = {
    source: scenario.from === "layout" ? `ocidir:${folder}/layout` : `${sides.source}/bench/source`,
    target: scenario.to === "layout" ? `ocidir:${folder}/out-${peer.name}-${round}` : `${sides.target}/${target}`,
  };
  // A home of its own for each run: skopeo remembers there which blobs a registry has, and would not send them.
  const env = {
    HOME: `${folder}/home-${peer.name}-${round}`,
    DENO_DIR: Deno.env.get("DENO_DIR") ?? `${Deno.env.get("HOME")}/.cache/deno`,
  };
  const costs: Cost[] = [];
  const copyAll = async (): Promise<boolean> => {
    costs.length = 0;
    for (const tag of scenario.plan.tags) {
      const command = peer.copy(`${places.source}:${tag}`, `${places.target}:${tag}`);
      if (command === undefined) return false;
      costs.push(await measure(command, env));
    }
    return true;
  };
  if (scenario.isRepeated && !await copyAll()) return undefined;
  await sides.count();
  if (!await copyAll()) return undefined;
  const failed = costs.find(({ isSuccess }) => !isSuccess);
  if (failed !== undefined) throw new Error(`${peer.name} failed in ${scenario.name}: ${failed.errors}`);
  const sum = (pick: (cost: Cost) => number) => costs.reduce((total, cost) => total + pick(cost), 0);
  return {
    scenario: scenario.title,
    peer: peer.name,
    seconds: sum(({ seconds }) => seconds),
    cpuSeconds: sum(({ cpuSeconds }) => cpuSeconds),
    peakMiB: Math.max(...costs.map(({ peakMiB }) => peakMiB)),
    requests: await sides.count(),
  };
}

/** The middle one of several rounds by seconds. */
function median(rows: readonly Row[]): Row | undefined {
  return rows.toSorted((a, b) => a.seconds - b.seconds)[Math.floor(rows.length / 2)];
}

async function runScenario(scenario: Scenario, kind: RegistryKind, peers: readonly Peer[]): Promise<readonly Row[]> {
  const folder = await Deno.makeTempDir({ prefix: "regkit-bench-" });
  try {
    await makeLayout(`${folder}/layout`, scenario.plan);
    await using sides = await startSides(kind, folder, scenario.isFar);
    const [own] = peers;
    for (const tag of scenario.plan.tags) {
      const command = own?.copy(`ocidir:${folder}/layout:${tag}`, `${sides.source}/bench/source:${tag}`);
      if (command === undefined) continue;
      const { isSuccess, errors } = await measure(command, { HOME: folder });
      if (!isSuccess) throw new Error(`loading the source failed: ${errors}`);
    }
    const rounds = Number(option("rounds") ?? scenario.rounds);
    const rows = new Map<Peer, Row[]>(peers.map((peer) => [peer, []]));
    // Peers take turns, so that a slow spell of the machine does not hit one alone.
    for (let round = 0; round < rounds; round++) {
      for (const [peer, list] of rows) {
        const row = await runPeer(scenario, peer, sides, folder, round);
        if (row !== undefined) list.push(row);
      }
    }
    return [...rows.values()].map(median).filter((row) => row !== undefined);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const peers = await findPeers();
const kinds = await registryKinds();
const kind = kinds.find(({ name }) => name === (option("registry") ?? kinds[0]?.name));
if (kind === undefined) throw new Error(`no such registry: ${option("registry")}`);
const only = option("only");
const rows: Row[] = [];
for (const scenario of scenarios) {
  if (only === undefined || scenario.name === only) rows.push(...await runScenario(scenario, kind, peers));
}
if (only === undefined || only === "start-up") rows.push(...await measureStartUp(peers));
await writeReport(rows, { registry: kind.name, latencyMs, isComplete: only === undefined });
