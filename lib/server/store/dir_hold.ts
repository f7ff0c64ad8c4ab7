/**
 * The hold of a registry on the content of one layout, against other programs that collect garbage there.
 *
 * @module
 */

import { contentLockName } from "../../layout/layout_files.ts";
import { resolveLayoutOptions } from "../../layout/layout_options.ts";
import { type FileLock, takeLock, tryLock } from "../../layout/lock.ts";

/** Shared with others who write from the first change on; alone while garbage is collected. */
export class ContentHold {
  readonly #path: string;
  #shared: FileLock | undefined;
  #turn: Promise<void> = Promise.resolve();
  #isAlone = false;
  #isWanted = false;

  /**
   * Names a hold. Nothing is locked yet.
   *
   * @param root The directory of the layout.
   */
  constructor(root: string) {
    this.#path = `${root}/${contentLockName}`;
  }

  /**
   * Keeps others from collecting garbage, until {@linkcode ContentHold.rest}.
   *
   * @returns Nothing when that is so already.
   */
  share(): Promise<void> | undefined {
    this.#isWanted = true;
    return this.#shared !== undefined || this.#isAlone ? undefined : this.#inTurn(() => this.#share());
  }

  /**
   * Runs a task while no other program writes. Those of this process go on: what they and the task do is settled between them.
   *
   * @param task The task.
   * @returns Whether it ran: not while another program writes.
   */
  async alone(task: () => Promise<void>): Promise<boolean> {
    let hasRun = false;
    await this.#inTurn(async () => {
      // From here on nobody waits for a turn: the shared lock comes back, and is not needed meanwhile.
      this.#isAlone = true;
      let lock: FileLock | undefined;
      try {
        this.#shared?.release();
        this.#shared = undefined;
        lock = await tryLock(this.#path, "exclusive", true);
        if (lock !== undefined) await task();
        hasRun = lock !== undefined;
      } finally {
        lock?.release();
        this.#isAlone = false;
        if (this.#isWanted) await this.#share();
      }
    });
    return hasRun;
  }

  /** Lets others collect garbage again. */
  async rest(): Promise<void> {
    await this.#inTurn(() => {
      this.#isWanted = false;
      this.#shared?.release();
      this.#shared = undefined;
      return Promise.resolve();
    });
  }

  /** Takes note that the directory was removed, and the lock with it; called while {@linkcode ContentHold.alone} runs. */
  drop(): void {
    this.#isWanted = false;
  }

  async #share(): Promise<void> {
    const { clock } = resolveLayoutOptions({});
    this.#shared ??= await takeLock(this.#path, "shared", { clock });
  }

  #inTurn(task: () => Promise<void>): Promise<void> {
    const run = this.#turn.then(task);
    this.#turn = Promise.allSettled([run]).then(() => undefined);
    return run;
  }
}
