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

/** One side of a copy: a registry, and a proxy before it where requests are counted and delayed. */
interface SideOfCopy extends AsyncDisposable {
  readonly address: string;
  /** Requests since the last call; 0 without a proxy. */
  count(): Promise<number>;
}

async function startProxy(upstream: string): Promise<ServerProcess> {
  const script = new URL("proxy.ts", import.meta.url).pathname;
  const args = ["run", "-A", script, "--upstream", upstream, "--latency", String(latencyMs)];
  return await startServer(Deno.execPath(), args, { ready: /listening (\S+)/ });
}

async function startSide(kind: RegistryKind, storage: string, isFar: boolean): Promise<SideOfCopy> {
  const stack = new AsyncDisposableStack();
  await Deno.mkdir(storage, { recursive: true });
  const registry = stack.use(await kind.start(storage));
  const { address } = isFar ? stack.use(await startProxy(registry.address)) : registry;
  return {
    address,
    count: async () => {
      if (!isFar) return 0;
      const answer: { readonly requests: number } = await (await fetch(`http://${address}/__stats`)).json();
      return answer.requests;
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** What one measured run needs. */
interface Run {
  readonly scenario: Scenario;
  readonly peer: Peer;
  readonly kind: RegistryKind;
  readonly source: SideOfCopy;
  readonly folder: string;
  readonly round: number;
}

/** Runs one scenario once with one peer, into a registry that has never seen any of it. */
async function runPeer(run: Run): Promise<Row | undefined> {
  const { scenario, peer, kind, source, folder, round } = run;
  const name = `${peer.name}-${round}`;
  await using target = await startSide(kind, `${folder}/target-${name}`, scenario.isFar);
  const places = {
    source: scenario.from === "layout" ? `ocidir:${folder}/layout` : `${source.address}/bench/source`,
    target: scenario.to === "layout" ? `ocidir:${folder}/out-${name}` : `${target.address}/bench/target`,
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
  const counts = () => Promise.all([source.count(), target.count()]);
  await counts();
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
    requests: scenario.isFar ? await counts() : undefined,
  };
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

/** The middle one of several rounds by seconds. */
function median(rows: readonly Row[]): Row | undefined {
  return rows.toSorted((a, b) => a.seconds - b.seconds)[Math.floor(rows.length / 2)];
}

async function runScenario(scenario: Scenario, kind: RegistryKind, peers: readonly Peer[]): Promise<readonly Row[]> {
  const folder = await Deno.makeTempDir({ prefix: "regkit-bench-" });
  try {
    await makeLayout(`${folder}/layout`, scenario.plan);
    await using source = await startSide(kind, `${folder}/source`, scenario.isFar);
    const [own] = peers;
    for (const tag of scenario.plan.tags) {
      const command = own?.copy(`ocidir:${folder}/layout:${tag}`, `${source.address}/bench/source:${tag}`);
      if (command === undefined) continue;
      const { isSuccess, errors } = await measure(command, { HOME: folder });
      if (!isSuccess) throw new Error(`loading the source failed: ${errors}`);
    }
    const rounds = Number(option("rounds") ?? scenario.rounds);
    const rows = new Map<Peer, Row[]>(peers.map((peer) => [peer, []]));
    // Peers take turns, so that a slow spell of the machine does not hit one alone.
    for (let round = 0; round < rounds; round++) {
      for (const [peer, list] of rows) {
        const row = await runPeer({ scenario, peer, kind, source, folder, round });
        if (row !== undefined) list.push(row);
        for (const left of [`target-${peer.name}-${round}`, `out-${peer.name}-${round}`]) {
          await Deno.remove(`${folder}/${left}`, { recursive: true }).catch(ignoreMissing);
        }
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
