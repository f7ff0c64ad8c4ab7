/**
 * How long commands take to start, beside a run of an empty module.
 */

import type { Peer } from "./peers.ts";
import { measure } from "./processes.ts";
import type { Row } from "./report.ts";

const rounds = 20;

/** Commands of which the help is measured: it must take at most four times as long as an empty module. */
const helped: readonly (readonly string[])[] = [
  ["image", "copy"],
  ["manifest", "get"],
  ["registry", "serve"],
  ["tag", "ls"],
];

const emptyModule = "deno run of an empty module";

interface Start {
  readonly scenario: string;
  readonly peer: string;
  readonly command: readonly string[];
}

/** Measures `version` of every peer, `--help` of several commands and the empty module, taking turns; the median of each. */
export async function measureStartUp(peers: readonly Peer[]): Promise<readonly Row[]> {
  const folder = await Deno.makeTempDir({ prefix: "regkit-bench-" });
  try {
    const empty = `${folder}/empty.ts`;
    await Deno.writeTextFile(empty, "export {};\n");
    const starts = startsOf(peers, [Deno.execPath(), "run", "--quiet", empty]);
    const rows = new Map<Start, Row[]>(starts.map((start) => [start, []]));
    for (let round = -1; round < rounds; round++) {
      for (const [{ scenario, peer, command }, list] of rows) {
        const { seconds, cpuSeconds, peakMiB } = await measure(command, {});
        // The first round only warms the caches.
        if (round >= 0) list.push({ scenario, peer, seconds, cpuSeconds, peakMiB });
      }
    }
    return [...rows.values()].map((list) => list.toSorted((a, b) => a.seconds - b.seconds)[Math.floor(list.length / 2)])
      .filter((row) => row !== undefined);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function startsOf(peers: readonly Peer[], empty: readonly string[]): readonly Start[] {
  const versions = peers.map(({ name, version }) => ({
    scenario: "start-up (version)",
    peer: name,
    command: version,
  }));
  const own = peers.filter(({ name }) => name === "regkit");
  const helps = own.flatMap(({ name, version }) =>
    helped.map((words) => ({
      scenario: `start-up (${words.join(" ")} --help)`,
      peer: name,
      command: [...version.slice(0, -1), ...words, "--help"],
    }))
  );
  return [{ scenario: "start-up (version)", peer: emptyModule, command: empty }, ...versions, ...helps];
}
