/**
 * Notices what other programs change in a repository directory.
 *
 * @module
 */

import { hasCode } from "../../errors.ts";
import type { DirectoryIndex } from "./dir_index.ts";
import type { DirectoryLife } from "./dir_life.ts";
import type { DirectorySettings } from "./dir_options.ts";

/** Looks at one repository now and then. */
export class DirectoryWatch {
  readonly #index: DirectoryIndex;
  readonly #life: DirectoryLife;
  readonly #settings: DirectorySettings;
  #lookedAt = -Infinity;

  /**
   * Names what is looked at.
   *
   * @param index The repository's index.
   * @param life Whether the repository exists.
   * @param settings How often to look.
   */
  constructor(index: DirectoryIndex, life: DirectoryLife, settings: DirectorySettings) {
    this.#index = index;
    this.#life = life;
    this.#settings = settings;
  }

  /**
   * Looks, unless that was done a moment ago. What another program wrote badly hides from no reader what was there before;
   * changes are refused until it is mended.
   *
   * @returns Nothing when it was done a moment ago; else when what is in memory is up to date.
   */
  ifDue(): Promise<void> | undefined {
    const { now, pollMs } = this.#settings;
    return now() < this.#lookedAt + pollMs || this.#index.isBusy ? undefined : this.#lookOrKeep();
  }

  /** Looks now. */
  async look(): Promise<void> {
    this.#lookedAt = this.#settings.now();
    await this.#index.refresh();
    await this.#life.refresh();
  }

  async #lookOrKeep(): Promise<void> {
    try {
      await this.look();
    } catch (error) {
      if (!hasCode(error, "INVALID_LAYOUT")) throw error;
      const { message } = error;
      this.#settings.logger.log("warn", "what another program wrote cannot be understood", { error: message });
    }
  }
}
