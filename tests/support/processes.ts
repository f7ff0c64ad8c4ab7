/**
 * Programs run as processes of their own: regctl as its users have it, and servers.
 *
 * @module
 */

import { fileURLToPath } from "node:url";

/** The checkout. */
export const checkout = fileURLToPath(new URL("../../", import.meta.url));

/** The program's main module. */
export const regctlMain = `${checkout}cli/regctl.ts`;

/** How a program ended. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Options of {@linkcode startProgram}. */
export interface StartOptions {
  /** Environment variables beside the inherited ones. */
  readonly env?: Readonly<Record<string, string>>;
  /** The working directory. */
  readonly cwd?: string;
}

/** A program that runs; killed when disposed. */
export interface RunningProgram extends AsyncDisposable {
  readonly pid: number;
  /** Its end, with what it wrote. */
  readonly ended: Promise<Ended>;
  /** Sends a signal; one that has ended is left alone. */
  kill(signal: Deno.Signal): void;
}

/** Settings of nobody: files of the user running the tests must not matter. */
export const noSettings: Readonly<Record<string, string>> = {
  REGCTL_CONFIG: "/nonexistent/regctl.json",
  DOCKER_CONFIG: "/nonexistent",
  NO_COLOR: "1",
};

/** Starts a program without input. */
export function startProgram(
  command: string,
  args: readonly string[],
  { env = {}, cwd = checkout }: StartOptions = {},
): RunningProgram {
  const child = new Deno.Command(command, {
    args: [...args],
    env: { ...noSettings, ...env },
    cwd,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let isRunning = true;
  const ended = (async (): Promise<Ended> => {
    const [{ code }, stdout, stderr] = await Promise.all([
      child.status.finally(() => isRunning = false),
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
    ]);
    return { code, stdout, stderr };
  })();
  const kill = (signal: Deno.Signal): void => {
    if (isRunning) child.kill(signal);
  };
  return {
    pid: child.pid,
    ended,
    kill,
    async [Symbol.asyncDispose]() {
      kill("SIGKILL");
      await ended;
    },
  };
}

/** Starts regctl. */
export function startRegctl(args: readonly string[], options: StartOptions = {}): RunningProgram {
  return startProgram(Deno.execPath(), ["run", "-A", "--no-check", "--quiet", regctlMain, ...args], options);
}

/** Runs regctl to its end. */
export async function runRegctl(args: readonly string[], options: StartOptions = {}): Promise<Ended> {
  await using program = startRegctl(args, options);
  return await program.ended;
}

/** Runs a program to its end. */
export async function runProgram(
  command: string,
  args: readonly string[],
  options: StartOptions = {},
): Promise<Ended> {
  await using program = startProgram(command, args, options);
  return await program.ended;
}

/** Gives the words that tell regctl, ours or the real one, that registries speak plain http. */
export function plainHosts(...addresses: readonly string[]): readonly string[] {
  return addresses.flatMap((address) => ["--host", `reg=${address},tls=disabled`]);
}

/** Makes a folder for the time of a test. */
export async function tempFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await Deno.makeTempDir();
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}
