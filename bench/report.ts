/**
 * The table of results.
 */

/** What one program took for one scenario. */
export interface Row {
  /** What was measured. */
  readonly scenario: string;
  /** The program. */
  readonly peer: string;
  /** Seconds from start to end. */
  readonly seconds: number;
  /** User and system CPU seconds. */
  readonly cpuSeconds: number;
  /** Peak resident memory in MiB. */
  readonly peakMiB: number;
  /** Requests to source and target, where they were counted. */
  readonly requests?: readonly [number, number] | undefined;
}

/** Under what conditions the rows came to be. */
export interface Conditions {
  /** The registry on both sides. */
  readonly registry: string;
  /** Milliseconds before each request, where there are any. */
  readonly latencyMs: number;
  /** Whether all scenarios ran: only then the results file is written. */
  readonly isComplete: boolean;
}

/** Prints the table, and writes it to `bench/results.md` when it is complete. */
export async function writeReport(rows: readonly Row[], conditions: Conditions): Promise<void> {
  const text = format(rows, conditions);
  await Deno.stdout.write(new TextEncoder().encode(text));
  if (conditions.isComplete) await Deno.writeTextFile(new URL("results.md", import.meta.url), text);
}

function format(rows: readonly Row[], conditions: Conditions): string {
  const date = new Date().toISOString().slice(0, 10);
  const lines = [
    "# Results",
    "",
    `${date}, Deno ${Deno.version.deno}, ${navigator.hardwareConcurrency} cores, ${conditions.registry} on both sides, ` +
    `${conditions.latencyMs} ms before each request where requests are counted. Medians; written by \`deno task bench\`.`,
    "",
    "| scenario | program | seconds | ratio to best peer | requests source + target | CPU seconds | peak MiB |",
    "| --- | --- | --- | --- | --- | --- | --- |",
  ];
  for (const row of rows) {
    const others = rows.filter(({ scenario, peer }) => scenario === row.scenario && peer !== "regkit");
    const best = Math.min(...others.map(({ seconds }) => seconds));
    const ratio = row.peer === "regkit" && Number.isFinite(best) ? (row.seconds / best).toFixed(2) : "";
    const requests = row.requests === undefined
      ? ""
      : `${row.requests[0]} + ${row.requests[1]} = ${row.requests[0] + row.requests[1]}`;
    lines.push(
      `| ${row.scenario} | ${row.peer} | ${row.seconds.toFixed(3)} | ${ratio} | ${requests} | ${
        row.cpuSeconds.toFixed(2)
      } | ${row.peakMiB.toFixed(0)} |`,
    );
  }
  return `${lines.join("\n")}\n`;
}
