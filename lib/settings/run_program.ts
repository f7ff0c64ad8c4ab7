/**
 * Runs a program to its end within limits.
 *
 * @module
 */

import { RegkitError } from "../errors.ts";
import { readBytes } from "../streams/read_bytes.ts";
import type { RunOptions, RunResult } from "./system.ts";

/**
 * Runs a program, gives it a text and takes what it writes. Its standard error is ours.
 *
 * @param program The name or absolute path.
 * @param args The arguments.
 * @param stdin What it gets as standard input.
 * @param options Limits.
 * @returns How it ended.
 * @throws {RegkitError} As {@linkcode SettingsSystem.run} says.
 */
export async function runProgram(
  program: string,
  args: readonly string[],
  stdin: string,
  options: RunOptions,
): Promise<RunResult> {
  const { signal, timeoutMs, maxOutputBytes } = options;
  signal?.throwIfAborted();
  const child = spawn(program, args);
  const limits = new AbortController();
  const timer = setTimeout(() => {
    limits.abort(new RegkitError("TIMEOUT", `${program} did not answer within ${timeoutMs / 1000} s`));
  }, timeoutMs);
  const stop = AbortSignal.any(signal === undefined ? [limits.signal] : [signal, limits.signal]);
  stop.addEventListener("abort", () => endChild(child), { once: true });
  try {
    // Reading through a pipe that can be aborted: a grandchild may keep the output open after the program was ended.
    const output = child.stdout.pipeThrough(new TransformStream<Uint8Array<ArrayBuffer>>(), { signal: stop });
    const fed = feed(child.stdin, stdin);
    const [bytes, status] = await Promise.all([
      readBytes(output, maxOutputBytes, `the answer of ${program}`),
      child.status,
      fed,
    ]);
    stop.throwIfAborted();
    return { code: status.code, stdout: new TextDecoder().decode(bytes) };
  } catch (error) {
    endChild(child);
    await child.status;
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function spawn(program: string, args: readonly string[]): Deno.ChildProcess {
  try {
    return new Deno.Command(program, { args: [...args], stdin: "piped", stdout: "piped", stderr: "inherit" }).spawn();
  } catch (cause) {
    if (cause instanceof Deno.errors.NotCapable) {
      const tip = `Run it with --allow-run=${program}`;
      throw new RegkitError("DENIED", `${program} may not be run`, { cause, tip });
    }
    const isAbsent = cause instanceof Deno.errors.NotFound;
    const problem = isAbsent ? "there is no such program" : cause instanceof Error ? cause.message : String(cause);
    throw new RegkitError(isAbsent ? "NOT_FOUND" : "IO", `failed to run ${program}: ${problem}`, { cause });
  }
}

/** A program may end without reading what it was given. */
async function feed(stdin: WritableStream<Uint8Array<ArrayBuffer>>, text: string): Promise<void> {
  const writer = stdin.getWriter();
  try {
    await writer.write(new TextEncoder().encode(text));
    await writer.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

function endChild(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch (error) {
    // It has ended meanwhile, which is what was wanted.
    if (!(error instanceof TypeError) && !(error instanceof Deno.errors.NotFound)) throw error;
  }
}
