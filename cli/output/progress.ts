/**
 * Shows how a copy gets on: bars that are drawn anew on a terminal, a line now and then elsewhere.
 *
 * @module
 */

import type { CopyEvent } from "../../lib/copy/progress.ts";
import type { Clock } from "../../lib/http/http_client.ts";
import type { Context, MessageWriter } from "../context.ts";
import type { GlobalValues } from "../command.ts";
import { ProgressTally } from "./progress_tally.ts";

/** How often a terminal is drawn. */
const redrawMs = 250;
/** How often a line is written elsewhere. */
const lineMs = 5_000;

/** Takes the events of a copy, and shows them until it is disposed. */
export interface ProgressView extends AsyncDisposable {
  /** Takes an event; `undefined` when nothing is to be shown. */
  readonly onProgress: ((event: CopyEvent) => void) | undefined;
}

/**
 * Starts to show a copy, unless `--quiet` or `-v` was typed.
 *
 * @param context The door to the process.
 * @param globals The global flags.
 * @returns The view; dispose it when the copy ended.
 */
export function showProgress(context: Pick<Context, "stderr" | "clock">, globals: GlobalValues): ProgressView {
  if (globals.isQuiet || globals.isVerbosityGiven) {
    return { onProgress: undefined, [Symbol.asyncDispose]: () => Promise.resolve() };
  }
  return new LiveView(context.stderr, context.clock);
}

class LiveView implements ProgressView {
  readonly #stderr: MessageWriter;
  readonly #clock: Clock;
  readonly #tally: ProgressTally;
  readonly #stop = new AbortController();
  readonly #loop: Promise<void>;
  #isChanged = false;
  #hasWritten = false;

  constructor(stderr: MessageWriter, clock: Clock) {
    this.#stderr = stderr;
    this.#clock = clock;
    this.#tally = new ProgressTally(() => clock.now());
    this.#loop = this.#run();
  }

  readonly onProgress = (event: CopyEvent): void => {
    this.#tally.add(event);
    this.#isChanged = true;
  };

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#loop;
    if (this.#stderr.isTerminal) this.#stderr.setStatus([]);
    if (this.#hasWritten || (this.#stderr.isTerminal && this.#isChanged)) {
      this.#stderr.write(`${this.#tally.summary()}\n`);
    }
  }

  async #run(): Promise<void> {
    const { isTerminal } = this.#stderr;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        await this.#clock.sleep(isTerminal ? redrawMs : lineMs, signal);
      } catch (error) {
        if (signal.aborted) return;
        throw error;
      }
      if (!this.#isChanged) continue;
      this.#isChanged = false;
      this.#hasWritten = true;
      if (isTerminal) this.#stderr.setStatus(this.#tally.lines(this.#stderr.columns ?? 80));
      else this.#stderr.write(`${this.#tally.summary()}\n`);
    }
  }
}
