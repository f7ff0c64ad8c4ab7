/**
 * How long commands take to start, beside a run of an empty module.
 */

import type { Peer } from "./peers.ts";
import { measure } from "./processes.ts";
import type { Row } from "./report.ts";

const rounds = 20;

/** Measures `version` of every peer and the empty module; the median of twenty runs each, taking turns. */
export async function measureStartUp(peers: readonly Peer[]): Promise<readonly Row[]> {
  const folder = await Deno.makeTempDir({ prefix: "regkit-bench-" });
  try {
    const empty = `${folder}/empty.ts`;
    await Deno.writeTextFile(empty, "export {};\n");
    const commands = new Map([["deno run of an empty module", [Deno.execPath(), "run", "--quiet", empty]]]);
    for (const { name, version } of peers) commands.set(name, [...version]);
    const rows = new Map<string, Row[]>([...commands.keys()].map((name) => [name, []]));
    for (let round = -1; round < rounds; round++) {
      for (const [peer, command] of commands) {
        const { seconds, cpuSeconds, peakMiB } = await measure(command, {});
        // The first round only warms the caches.
        if (round >= 0) rows.get(peer)?.push({ scenario: "start-up (version)", peer, seconds, cpuSeconds, peakMiB });
      }
    }
    return [...rows.values()].map((list) => list.toSorted((a, b) => a.seconds - b.seconds)[Math.floor(list.length / 2)])
      .filter((row) => row !== undefined);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
