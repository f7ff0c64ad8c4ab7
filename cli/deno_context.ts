/**
 * The context of the real process.
 *
 * @module
 */

import { RegkitError } from "../lib/errors.ts";
import type { Clock } from "../lib/http/http_client.ts";
import { type Context, type InputReader, type MessageWriter, OutputClosedError, type OutputWriter } from "./context.ts";
import { exitCodes } from "./exit_code.ts";

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
    stdin: createInputReader(),
    get signal() {
      return signals.watch();
    },
    clock: createSystemClock(),
    isColorless: Deno.noColor,
    hooks: {},
    env: readVariable,
    cwd: () => Deno.cwd(),
    restoreSignals: () => signals.stop(),
  };
}

/** A variable that the user did not grant access to counts as unset: every one of them only refines a default. */
function readVariable(name: string): string | undefined {
  try {
    return Deno.env.get(name);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return undefined;
    throw error;
  }
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
  return {
    get isTerminal() {
      return Deno.stderr.isTerminal();
    },
    get columns() {
      return columnsOf(Deno.stderr);
    },
    write(text) {
      let rest = encoder.encode(text);
      try {
        while (rest.length > 0) rest = rest.subarray(Deno.stderr.writeSync(rest));
      } catch (error) {
        if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
      }
    },
  };
}

function createInputReader(): InputReader {
  return {
    get isTerminal() {
      return Deno.stdin.isTerminal();
    },
    stream: () => Deno.stdin.readable,
    setRaw: (isRaw) => Deno.stdin.setRaw(isRaw),
  };
}

function createSystemClock(): Clock {
  return {
    now: () => Date.now(),
    random: () => Math.random(),
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        const abort = () => {
          clearTimeout(timer);
          reject(signal?.reason);
        };
        const timer = setTimeout(() => {
          signal?.removeEventListener("abort", abort);
          resolve();
        }, ms);
        signal?.addEventListener("abort", abort, { once: true });
      }),
  };
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
      if (this.#controller.signal.aborted) Deno.exit(exitCodes.killed);
      this.#controller.abort(new RegkitError("ABORTED", `interrupted by ${name}, context canceled`));
    };
    this.#handlers.set(name, handler);
    Deno.addSignalListener(name, handler);
  }
}
