/**
 * Runs every check and test of the project and ends with one plain line of counts.
 *
 * `deno task test` runs all of it, `deno task check` leaves out what is slow.
 */

interface Check {
  readonly name: string;
  readonly args: readonly string[];
  /** Whether the command counts its own tests; otherwise it is one test by itself. */
  readonly countsTests?: boolean;
}

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

const encoder = new TextEncoder();
const print = (line: string): void => void Deno.stdout.writeSync(encoder.encode(`${line}\n`));
const isQuick = Deno.args.includes("--quick");
const root = new URL("../", import.meta.url);

async function* sources(folder: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(new URL(folder, root))) {
    const path = `${folder}${entry.name}`;
    if (entry.isDirectory) yield* sources(`${path}/`);
    else if (entry.name.endsWith(".ts")) yield path;
  }
}

async function checks(): Promise<readonly Check[]> {
  const library = ["mod.ts", ...await Array.fromAsync(sources("lib/"))]
    // What third parties export is documented by them.
    .filter((path) => !path.startsWith("lib/deps/"));
  const folders = isQuick ? ["tests/dependency_test.ts", "tests/unit"] : ["tests"];
  return [
    { name: "format", args: ["fmt", "--check"] },
    { name: "lint", args: ["lint"] },
    { name: "types", args: ["check", "mod.ts", "lib", "cli", "tests", "bench", "bundle", "demo"] },
    { name: "documentation", args: ["doc", "--lint", ...library] },
    { name: "documentation examples", args: ["test", "-A", "--doc", "mod.ts", "lib"], countsTests: true },
    { name: "tests", args: ["test", "-A", "--no-check", "--parallel", ...folders], countsTests: true },
    ...(isQuick ? [] : [{ name: "package", args: ["publish", "--dry-run", "--allow-dirty"] }]),
  ];
}

/** Runs a command, showing its output as it comes, and reads its counts. */
async function run(check: Check, counts: Counts): Promise<void> {
  print(`\n== ${check.name}: deno ${check.args.slice(0, 6).join(" ")}${check.args.length > 6 ? " …" : ""}`);
  const child = new Deno.Command(Deno.execPath(), {
    args: [...check.args],
    cwd: root,
    env: { NO_COLOR: "1" },
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of child.stdout) {
    text += decoder.decode(chunk, { stream: true });
    await Deno.stdout.write(chunk);
  }
  const { success } = await child.status;
  if (!check.countsTests) {
    counts[success ? "passed" : "failed"]++;
    return;
  }
  const summaries = [
    ...text.matchAll(/\| (\d+) passed(?: \(\d+ steps?\))? \| (\d+) failed(?: \(\d+ steps?\))?(?: \| (\d+) ignored)?/g),
  ];
  for (const [, passed, failed, ignored] of summaries) {
    counts.passed += Number(passed);
    counts.failed += Number(failed);
    counts.skipped += Number(ignored ?? 0);
  }
  // A run that died before its summary, or failed outside of a test, must not pass for a good one.
  if (summaries.length === 0 || (!success && summaries.every(([, , failed]) => failed === "0"))) counts.failed++;
}

const counts: Counts = { passed: 0, failed: 0, skipped: 0 };
for (const check of await checks()) await run(check, counts);
const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : "";
print(`\n${counts.passed} passed, ${counts.failed} failed${skipped}`);
Deno.exit(counts.failed > 0 ? 1 : 0);
