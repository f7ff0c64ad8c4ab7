/**
 * Flushes directories; whoever waits for the same one shares the flush.
 *
 * @module
 */

import { syncDirectory } from "../../layout/temp_file.ts";

/** Shares flushes. */
export class DirectoryFlushes {
  readonly #running = new Map<string, Promise<void>>();
  readonly #next = new Map<string, Promise<void>>();

  /**
   * Makes the changes of a directory durable that were made before the call.
   *
   * @param directory Its path.
   * @returns When they are.
   */
  flush(directory: string): Promise<void> {
    const next = this.#next.get(directory);
    if (next !== undefined) return next;
    const running = this.#running.get(directory);
    if (running === undefined) return this.#run(directory);
    // What is under way may have begun before the caller's change.
    const queued = Promise.allSettled([running]).then(() => {
      this.#next.delete(directory);
      return this.#run(directory);
    });
    this.#next.set(directory, queued);
    return queued;
  }

  #run(directory: string): Promise<void> {
    const run: Promise<void> = syncDirectory(directory).finally(() => {
      if (this.#running.get(directory) === run) this.#running.delete(directory);
    });
    this.#running.set(directory, run);
    return run;
  }
}
