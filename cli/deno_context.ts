/**
 * The context of the real process.
 *
 * @module
 */

import { RegkitError } from "../lib/errors.ts";
import { systemClock } from "../lib/schedule/clock.ts";
import type { LocalSystem } from "../lib/oci/local_platform.ts";
import {
  type Context,
  type InputReader,
  type LocalZone,
  type MessageWriter,
  OutputClosedError,
  type OutputWriter,
} from "./context.ts";
import { exitCodes } from "./exit_code.ts";
import { createStatusWriter } from "./status_writer.ts";

/**
 * Creates the context of the running process. Nothing is read or listened to before a command asks for it.
 *
 * @returns The context.
 */
export function createDenoContext(): Context {
  const signals = new SignalWatch();
  return {
    stdout: createOutputWriter(),
    stderr: createMessageWriter(),
    stdin: createInputReader(() => signals.watch()),
    get signal() {
      return signals.watch();
    },
    clock: systemClock,
    isColorless: Deno.noColor,
    hooks: {},
    env: readVariable,
    readTextFile,
    localZone,
    machine: describeMachine,
    cwd: () => Deno.cwd(),
    restoreSignals: () => signals.stop(),
  };
}

/** A variable that the user did not grant access to counts as unset, without a prompt: each of them only refines a default. */
function readVariable(variable: string): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "env", variable });
  return state === "granted" ? Deno.env.get(variable) : undefined;
}

/** A file that the user did not grant access to counts as unreadable, without a prompt. */
function readTextFile(path: string): string | undefined {
  if (Deno.permissions.querySync({ name: "read", path }).state !== "granted") return undefined;
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Error) return undefined;
    throw error;
  }
}

/** Each of these knows the abbreviations of other zones; the rest it calls by their offset, such as GMT+1. */
const zoneLocales = ["en-US", "en-GB", "en-AU", "en-IN", "en-ZA"];

function localZone(seconds: number): LocalZone {
  const time = new Date(seconds * 1000);
  const offsetSeconds = -time.getTimezoneOffset() * 60;
  for (const locale of zoneLocales) {
    const parts = new Intl.DateTimeFormat(locale, { timeZoneName: "short" }).formatToParts(time);
    const name = parts.find(({ type }) => type === "timeZoneName")?.value ?? "";
    if (/^[A-Z]+$/.test(name)) return { offsetSeconds, name };
  }
  return { offsetSeconds, name: "" };
}

/** The CPU's level only refines what is picked, so it is not worth a permission prompt. */
async function describeMachine(): Promise<LocalSystem> {
  const { os, arch } = Deno.build;
  const system = { os, architecture: arch };
  const path = "/proc/cpuinfo";
  if (os !== "linux" || (await Deno.permissions.query({ name: "read", path })).state !== "granted") return system;
  return { ...system, cpuinfo: await Deno.readTextFile(path) };
}

function columnsOf(stream: { isTerminal(): boolean }): number | undefined {
  return stream.isTerminal() ? Deno.consoleSize().columns : undefined;
}

function createOutputWriter(): OutputWriter {
  const encoder = new TextEncoder();
  return {
    get isTerminal() {
      return Deno.stdout.isTerminal();
    },
    get columns() {
      return columnsOf(Deno.stdout);
    },
    async write(chunk) {
      let rest = typeof chunk === "string" ? encoder.encode(chunk) : chunk;
      try {
        while (rest.length > 0) rest = rest.subarray(await Deno.stdout.write(rest));
      } catch (cause) {
        if (cause instanceof Deno.errors.BrokenPipe) {
          throw new OutputClosedError("standard output is closed", { cause });
        }
        throw cause;
      }
    },
  };
}

function createMessageWriter(): MessageWriter {
  const encoder = new TextEncoder();
  const status = createStatusWriter((text) => {
    let rest = encoder.encode(text);
    try {
      while (rest.length > 0) rest = rest.subarray(Deno.stderr.writeSync(rest));
    } catch (error) {
      if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
    }
  });
  return {
    get isTerminal() {
      return Deno.stderr.isTerminal();
    },
    get columns() {
      return columnsOf(Deno.stderr);
    },
    ...status,
  };
}

function createInputReader(signal: () => AbortSignal): InputReader {
  return {
    get isTerminal() {
      return Deno.stdin.isTerminal();
    },
    stream: () => readInput(signal()),
    setRaw: (isRaw) => Deno.stdin.setRaw(isRaw),
  };
}

const inputChunkBytes = 512 * 1024;

/** Reads in large pieces, and stops waiting when the user interrupts. */
function readInput(signal: AbortSignal): ReadableStream<Uint8Array<ArrayBuffer>> {
  const aborted = new Promise<never>((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  aborted.catch(() => undefined);
  return new ReadableStream({
    async pull(controller) {
      const buffer = new Uint8Array(inputChunkBytes);
      const length = await Promise.race([Deno.stdin.read(buffer), aborted]);
      if (length === null) controller.close();
      else controller.enqueue(buffer.subarray(0, length));
    },
  }, { highWaterMark: 0 });
}

/** Listens to SIGINT and SIGTERM from the first time that somebody asks for the abort signal. */
class SignalWatch {
  readonly #controller = new AbortController();
  readonly #names: readonly Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];
  readonly #handlers = new Map<Deno.Signal, () => void>();

  watch(): AbortSignal {
    if (this.#handlers.size === 0) {
      for (const name of this.#names) this.#listen(name);
    }
    return this.#controller.signal;
  }

  stop(): void {
    for (const [name, handler] of this.#handlers) Deno.removeSignalListener(name, handler);
    this.#handlers.clear();
  }

  #listen(name: Deno.Signal): void {
    const handler = () => {
      if (this.#controller.signal.aborted) Deno.exit(exitCodes.interrupted);
      this.#controller.abort(new RegkitError("ABORTED", `interrupted by ${name}, context canceled`));
    };
    this.#handlers.set(name, handler);
    Deno.addSignalListener(name, handler);
  }
}
