/**
 * Runs a command line in this process, over a fake context, and captures what it writes.
 *
 * @module
 */

import type { Program } from "../../cli/command.ts";
import { type Context, type ContextHooks, OutputClosedError } from "../../cli/context.ts";
import { regctl } from "../../cli/regctl/commands.ts";
import { runLine } from "../../cli/run.ts";
import { createStatusWriter } from "../../cli/status_writer.ts";
import type { Clock } from "../../lib/http/http_client.ts";
import { noSystem } from "../../lib/settings/no_system.ts";
import { FakeClock } from "./fake_clock.ts";

/** What the fake process is like. */
export interface RunOptions {
  /** The program; regctl by default. */
  readonly program?: Program;
  /** What standard input gives. */
  readonly stdin?: string | Uint8Array<ArrayBuffer>;
  /** Environment variables. */
  readonly env?: Readonly<Record<string, string>>;
  /** Files that templates can read, by path. */
  readonly files?: Readonly<Record<string, string>>;
  /** Whether all streams are a terminal. */
  readonly isTerminal?: boolean;
  /** Whether colours are unwanted. */
  readonly isColorless?: boolean;
  /** How many bytes standard output takes before its reader goes away. */
  readonly closesAfter?: number;
  /** Interrupts the command. */
  readonly signal?: AbortSignal;
  /** Time and randomness; a fake clock by default. */
  readonly clock?: Clock;
  /** What stands in for client and settings. */
  readonly hooks?: ContextHooks;
}

/** What a command line did. */
export interface RunResult {
  /** The exit code. */
  readonly code: number;
  /** Standard output as text. */
  readonly stdout: string;
  /** Standard output as bytes. */
  readonly bytes: Uint8Array;
  /** Standard error. */
  readonly stderr: string;
}

/** Runs a command line and gives what it wrote. */
export async function runCli(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const output: Uint8Array[] = [];
  const messages: string[] = [];
  const code = await runLine(options.program ?? regctl, argv, fakeContext(options, output, messages));
  const bytes = new Uint8Array(await new Blob(output as BlobPart[]).arrayBuffer());
  return { code, stdout: new TextDecoder().decode(bytes), bytes, stderr: messages.join("") };
}

/** Makes a context that writes into lists. */
export function fakeContext(options: RunOptions, output: Uint8Array[], messages: string[]): Context {
  const { isTerminal = false } = options;
  const terminal = { isTerminal, columns: isTerminal ? 80 : undefined };
  let room = options.closesAfter ?? Infinity;
  const stdin = typeof options.stdin === "string" ? new TextEncoder().encode(options.stdin) : options.stdin;
  return {
    stdout: {
      ...terminal,
      write(chunk) {
        const bytes = typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk.slice();
        room -= bytes.length;
        if (room < 0) return Promise.reject(new OutputClosedError("closed"));
        output.push(bytes);
        return Promise.resolve();
      },
    },
    stderr: { ...terminal, ...createStatusWriter((text) => messages.push(text)) },
    stdin: {
      isTerminal,
      stream: () => ReadableStream.from(stdin === undefined || stdin.length === 0 ? [] : [stdin]),
      setRaw: () => {},
    },
    signal: options.signal ?? new AbortController().signal,
    clock: options.clock ?? new FakeClock(),
    isColorless: options.isColorless ?? false,
    // No test depends on the settings of whoever runs it.
    hooks: { settings: noSystem, ...options.hooks },
    env: (name) => options.env?.[name],
    readTextFile: (path) => options.files?.[path],
    localZone: () => ({ offsetSeconds: 3600, name: "CET" }),
    machine: () => Promise.resolve({ os: "linux", architecture: "amd64" }),
    cwd: () => "/",
    restoreSignals: () => {},
  };
}
