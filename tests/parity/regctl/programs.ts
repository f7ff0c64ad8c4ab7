/**
 * Runs a command line by either program and tells what came of it.
 *
 * @module
 */

import { systemClock } from "../../../lib/schedule/clock.ts";
import { createDenoSystem } from "../../../lib/settings/deno_system.ts";
import { findPeer, type Found } from "../../support/test_data.ts";
import { runCli } from "../../support/run_cli.ts";
import { type ParityLine, splitWords } from "./line.ts";
import type { World } from "./world.ts";

/** The real regctl. */
export const realRegctl: Found = findPeer("regctl");

/** What a command line came to. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  /** What was added to registries and folder, and what removed. */
  readonly state: readonly string[];
}

/** Runs a line in a place. */
export type Runner = (line: ParityLine, world: World) => Promise<Outcome>;

/** A started program with all it is given. */
interface Call {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: string;
}

/** Ours, in this process: hundreds of lines start no hundreds of programs. Sockets, files and settings are real. */
export const runOurs: Runner = (line, world) =>
  watch(line, world, async ({ argv, env, stdin }) => {
    const system = {
      ...createDenoSystem(),
      env: (name: string) => env[name],
      homeDir: () => Promise.resolve(env.HOME),
    };
    const { code, stdout } = await runCli(argv, { clock: systemClock, env, stdin, hooks: { settings: system } });
    return { code, stdout };
  });

/** The real one. */
export const runReal: Runner = (line, world) =>
  watch(line, world, async ({ argv, env, stdin }) => {
    const command = new Deno.Command(realRegctl.path, {
      args: [...argv],
      clearEnv: true,
      env: { ...env },
      cwd: world.folder,
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    });
    const child = command.spawn();
    const [output] = await Promise.all([child.output(), send(child.stdin, stdin)]);
    return { code: output.code, stdout: new TextDecoder().decode(output.stdout) };
  });

/** Most commands do not read their input and end before it is written. */
async function send(input: WritableStream<Uint8Array>, text: string): Promise<void> {
  const writer = input.getWriter();
  try {
    if (text !== "") await writer.write(new TextEncoder().encode(text));
    await writer.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

async function watch(
  line: ParityLine,
  world: World,
  call: (call: Call) => Promise<{ readonly code: number; readonly stdout: string }>,
): Promise<Outcome> {
  const before = line.changes ? await world.state() : [];
  const hosts = world.addresses.flatMap((address) => ["--host", `reg=${address},tls=disabled`]);
  const needsHosts = (line.isPlain ?? true) && /\{(reg|repo|other)\}/.test(line.text);
  const { code, stdout } = await call({
    argv: [...(needsHosts ? hosts : []), ...splitWords(line.text).map(world.fill)],
    env: { ...world.env, ...line.env },
    stdin: world.fill(line.stdin ?? ""),
  });
  const after = line.changes ? await world.state() : [];
  const text = normalizeOutput(world.normalize(stdout));
  return {
    code,
    stdout: line.unordered === undefined ? text : sortAnnotations(text),
    state: [
      ...before.filter((entry) => !after.includes(entry)).map((entry) => `- ${entry}`),
      ...after.filter((entry) => !before.includes(entry)).map((entry) => `+ ${entry}`),
    ],
  };
}

/** Times of answers are no output of the program. */
function normalizeOutput(text: string): string {
  return text.replaceAll(/^Date: .*$/gm, "Date: {now}");
}

function sortAnnotations(text: string): string {
  return text.replaceAll(/(?:^ {4}\S.*\n)+/gm, (lines) => lines.slice(0, -1).split("\n").sort().join("\n") + "\n");
}
