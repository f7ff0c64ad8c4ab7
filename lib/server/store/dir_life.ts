/**
 * Whether a repository's directory is there: made by the first change, gone when garbage collection finds nothing in it. The
 * object that stands for the repository outlives its directory, so that a push that comes meanwhile makes it again.
 *
 * @module
 */

import { isMarked, writeMarker } from "../../layout/index_file.ts";
import { indexLockName, markerName } from "../../layout/layout_files.ts";
import { tryLock } from "../../layout/lock.ts";
import type { DirectoryFiles } from "./dir_files.ts";
import type { DirectoryGuests } from "./dir_guests.ts";
import { ContentHold } from "./dir_hold.ts";
import type { DirectoryIndex } from "./dir_index.ts";
import { exists, repositoryPath } from "./dir_paths.ts";
import { isVacant, removeDirectory, removeLayout } from "./dir_vacate.ts";
import type { Vacancy } from "./gc.ts";

/** What the life of a repository's directory is about. */
export interface LifeParts {
  /** The repository's name. */
  readonly name: string;
  /** The directory of all repositories, without links. */
  readonly root: string;
  /** The repository's files. */
  readonly files: DirectoryFiles;
  /** Its index. */
  readonly index: DirectoryIndex;
  /** Who is putting files into which directory. */
  readonly guests: DirectoryGuests;
  /** Called when other programs are kept from collecting garbage, until {@linkcode DirectoryLife.rest}. */
  readonly onHold: () => void;
}

/** The life of one repository's directory. */
export class DirectoryLife {
  /** Whether something was ever stored, and the directory not removed since. */
  isCreated = false;
  readonly #parts: LifeParts;
  readonly #hold: ContentHold;
  #creating: Promise<void> | undefined;
  #changedAt = -Infinity;
  #turns = 0;

  /**
   * Names a directory. Nothing is read yet.
   *
   * @param parts What it is about.
   */
  constructor(parts: LifeParts) {
    this.#parts = parts;
    this.#hold = new ContentHold(parts.files.path);
  }

  /**
   * Runs a task that may put files into the directory; waits while that is being removed.
   *
   * @typeParam T What the task gives.
   * @param task The task.
   * @returns What it gave.
   */
  visit<T>(task: () => Promise<T>): Promise<T> {
    const { guests, name, files } = this.#parts;
    return guests.visit(name, async () => {
      this.#changedAt = files.settings.now();
      try {
        return await task();
      } finally {
        this.#changedAt = files.settings.now();
      }
    });
  }

  /**
   * Makes the directory a layout and keeps others from collecting garbage there. Called on a visit.
   *
   * @returns When that is so.
   */
  async begin(): Promise<void> {
    this.#parts.onHold();
    // Looked at each time: what is written into a directory that another program removed is no layout.
    if (this.isCreated) {
      if (await exists(`${this.#parts.files.path}/${markerName}`)) return await this.#hold.share();
      // The lock went with the directory.
      await this.#hold.rest();
    }
    await (this.#creating ??= this.#create().finally(() => this.#creating = undefined));
  }

  /** Looks whether the directory is a layout. */
  async refresh(): Promise<void> {
    const turn = this.#turns;
    const isCreated = await isMarked(this.#parts.files.path);
    // What began or ended meanwhile is known better.
    if (turn === this.#turns) this.isCreated = isCreated;
  }

  /**
   * Runs a task while no other program writes.
   *
   * @param task The task.
   * @returns Whether it ran.
   */
  alone(task: () => Promise<void>): Promise<boolean> {
    return this.#hold.alone(task);
  }

  /** Lets other programs collect garbage here until the next change. */
  async rest(): Promise<void> {
    await this.#hold.rest();
  }

  /**
   * Removes what makes the directory a repository, if it holds nothing and nobody is about to put something into it. Called
   * while no other program writes.
   *
   * @param vacancy What counts as nothing.
   * @param changedAt When its files were last changed, in milliseconds since the epoch.
   * @returns Whether it is none any more, or would be.
   */
  async end(vacancy: Vacancy, changedAt: number): Promise<boolean> {
    const { guests, name, index } = this.#parts;
    // Most repositories hold something: that is seen without stopping anybody.
    if (!await this.#isOver(vacancy, changedAt)) return false;
    if (vacancy.isDryRun) return true;
    let isGone = false;
    await guests.alone(name, "itself", async () => {
      await index.alone(async () => void (isGone = await this.#remove(vacancy, changedAt)));
      if (isGone) await this.#forget();
    });
    return isGone;
  }

  /** Removes the directory, and those above that hold nothing else. */
  async removeDirectories(): Promise<void> {
    const { guests, root } = this.#parts;
    for (let { name } = this.#parts; name !== ""; name = name.slice(0, Math.max(name.lastIndexOf("/"), 0))) {
      let isGone = false;
      await guests.alone(name, "below", async () => {
        isGone = await removeDirectory(repositoryPath(root, name)) !== "holds something";
      });
      if (!isGone) return;
    }
  }

  async #isOver(vacancy: Vacancy, changedAt: number): Promise<boolean> {
    const { files, index } = this.#parts;
    const { now, uploadIdleMs } = files.settings;
    const uploadsOlderThan = vacancy.isDryRun ? now() - uploadIdleMs : -Infinity;
    return Math.max(this.#changedAt, changedAt) <= vacancy.olderThan && index.saysNothing(vacancy.manifests) &&
      await isVacant(files.path, { blobs: vacancy.blobs, uploadsOlderThan });
  }

  async #remove(vacancy: Vacancy, changedAt: number): Promise<boolean> {
    const { path } = this.#parts.files;
    if (!await this.#isOver(vacancy, changedAt)) return false;
    const lock = await tryLock(`${path}/${indexLockName}`, "exclusive", true);
    try {
      return lock !== undefined && await removeLayout(path);
    } finally {
      lock?.release();
      this.#parts.files.forgetDirectories();
    }
  }

  async #forget(): Promise<void> {
    this.#turns++;
    this.isCreated = false;
    this.#hold.drop();
    await this.#parts.index.refresh();
  }

  async #create(): Promise<void> {
    const { files, index, root } = this.#parts;
    await files.make(root);
    await this.#hold.share();
    const { path, settings } = files;
    if (!await isMarked(path)) await writeMarker(path, settings.syncsFiles);
    await index.change({
      apply: (entries) => entries,
      commit: () => {
        this.#turns++;
        this.isCreated = true;
      },
    });
  }
}
