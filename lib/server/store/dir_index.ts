/**
 * The `index.json` of one repository: changes that wait for each other share one write, and changes by other programs are
 * seen before each write and once in a while in between.
 *
 * @module
 */

import { RegkitError } from "../../errors.ts";
import { entryDescriptor, type IndexEntries } from "../../layout/index_entries.ts";
import { formatIndex, type LayoutIndex, readIndexFile, writeIndexFile } from "../../layout/index_file.ts";
import { isMissing, unlessMissing } from "../../layout/io_error.ts";
import { indexLockName, indexName } from "../../layout/layout_files.ts";
import { resolveLayoutOptions } from "../../layout/layout_options.ts";
import { takeLock } from "../../layout/lock.ts";
import { syncDirectory } from "../../layout/temp_file.ts";
import type { Digest } from "../../oci/digest.ts";
import type { DirectorySettings } from "./dir_options.ts";

/** A change of the index with what belongs to it. */
export interface IndexChange {
  /** Writes what the new entries will point at. Runs beside that of other changes. */
  readonly prepare?: (() => Promise<void>) | undefined;
  /** Gives the new entries, or throws to refuse the change. Called again when another program changed them meanwhile. */
  readonly apply: (entries: IndexEntries) => IndexEntries;
  /** Called when the change is durable, before anything else happens. */
  readonly commit: () => void;
  /** Removes what nothing points at any more. */
  readonly after?: (() => Promise<void>) | undefined;
}

interface Waiting {
  readonly change: IndexChange;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** How often a change is made anew because another program was faster. */
const maxTries = 50;

/** The keys of an index that nobody told anything but its entries. */
const plainKeys: ReadonlySet<string> = new Set(["manifests", "mediaType", "schemaVersion"]);

/** Reads and changes one `index.json`. */
export class DirectoryIndex {
  readonly #root: string;
  readonly #settings: DirectorySettings;
  readonly #onLoad: (entries: IndexEntries) => Promise<void>;
  #index: LayoutIndex | undefined;
  #signature: string | undefined;
  #mode: number | undefined;
  #waiting: Waiting[] = [];
  #turn: Promise<void> = Promise.resolve();
  #isTurnTaken = false;

  /**
   * Names an index. Nothing is read yet.
   *
   * @param root The repository's directory.
   * @param settings How it is written.
   * @param onLoad Called with the entries each time they were read from the file.
   */
  constructor(root: string, settings: DirectorySettings, onLoad: (entries: IndexEntries) => Promise<void>) {
    this.#root = root;
    this.#settings = settings;
    this.#onLoad = onLoad;
  }

  /** Whether a change or a look at the file is under way. */
  get isBusy(): boolean {
    return this.#isTurnTaken;
  }

  /**
   * Looks whether another program changed the file, and reads it if so.
   *
   * @returns When what is in memory is that of the file.
   */
  refresh(): Promise<void> {
    return this.#inTurn(() => this.#reloadIfChanged());
  }

  /**
   * Makes a change; those that wait at the same time are written together.
   *
   * @param change The change.
   * @returns When it is durable.
   * @throws Whatever it was refused with.
   */
  change(change: IndexChange): Promise<void> {
    const done = Promise.withResolvers<void>();
    this.#waiting.push({ change, resolve: done.resolve, reject: done.reject });
    if (this.#waiting.length === 1) void this.#inTurn(() => this.#writeBatch());
    return done.promise;
  }

  /**
   * Runs a task while nobody of this process changes the index, and what is in memory is that of the file.
   *
   * @param task The task.
   * @returns When it has run.
   */
  alone(task: () => Promise<void>): Promise<void> {
    return this.#inTurn(async () => {
      await this.#reloadIfChanged();
      await task();
    });
  }

  #inTurn(task: () => Promise<void>): Promise<void> {
    const run = this.#turn.then(async () => {
      this.#isTurnTaken = true;
      try {
        await task();
      } finally {
        this.#isTurnTaken = false;
      }
    });
    this.#turn = Promise.allSettled([run]).then(() => undefined);
    return run;
  }

  /** The entries as they were last read or written. */
  get entries(): IndexEntries {
    return this.#index?.entries ?? [];
  }

  /**
   * Tells whether the file says nothing that anybody could miss, as it was last read or written.
   *
   * @param without The manifests whose entries do not count.
   * @returns Whether it does: also when there is no file.
   */
  saysNothing(without: ReadonlySet<Digest>): boolean {
    return Object.keys(this.#index?.document ?? {}).every((key) => plainKeys.has(key)) &&
      this.entries.every((entry) => without.has(entryDescriptor(entry)?.digest ?? ""));
  }

  /** Never rejects: each change gets its own outcome. */
  async #writeBatch(): Promise<void> {
    const batch = this.#waiting;
    this.#waiting = [];
    try {
      const prepared = await this.#prepare(batch);
      const accepted = await this.#write(prepared);
      // What follows one change is no reason to call another failed.
      for (const { change, resolve, reject } of accepted) {
        await Promise.try(() => change.after?.()).then(resolve, reject);
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  async #prepare(batch: readonly Waiting[]): Promise<Waiting[]> {
    const outcomes = await Promise.allSettled(batch.map(({ change }) => change.prepare?.()));
    const ready: Waiting[] = [];
    for (const [at, waiting] of batch.entries()) {
      const outcome = outcomes[at];
      if (outcome?.status === "rejected") waiting.reject(outcome.reason);
      else ready.push(waiting);
    }
    return ready;
  }

  async #write(batch: readonly Waiting[]): Promise<Waiting[]> {
    if (batch.length === 0) return [];
    const { clock } = resolveLayoutOptions({});
    const lock = await takeLock(`${this.#root}/${indexLockName}`, "exclusive", { clock });
    try {
      return await this.#apply(batch);
    } finally {
      lock.release();
    }
  }

  /** Programs that take no lock may write meanwhile: then their entries are read, and the changes made to those. */
  async #apply(batch: readonly Waiting[]): Promise<Waiting[]> {
    let wanted = batch;
    for (let tries = 0; tries < maxTries; tries++) {
      await this.#reloadIfChanged();
      const before: IndexEntries = this.#index?.entries ?? [];
      let entries = before;
      const accepted: Waiting[] = [];
      for (const waiting of wanted) {
        try {
          entries = waiting.change.apply(entries);
          accepted.push(waiting);
        } catch (error) {
          waiting.reject(error);
        }
      }
      const isWritten = (entries === before && this.#index !== undefined) || await this.#replace(entries);
      if (isWritten) {
        for (const { change } of accepted) change.commit();
        return accepted;
      }
      wanted = accepted;
    }
    throw new RegkitError("CONFLICT", `another program changes ${this.#root}/${indexName} all the time`);
  }

  /** Tells whether it did: not when the file is another than it was read. */
  async #replace(entries: IndexEntries): Promise<boolean> {
    const bytes = formatIndex(this.#index, entries);
    const read = this.#signature;
    let ownInode: number | null = null;
    const isWanted = (inode: number | null) => {
      ownInode = inode;
      return this.#lookSync() === read;
    };
    const { syncsFiles, syncsDirectories } = this.#settings;
    if (!await writeIndexFile(this.#root, bytes, syncsFiles, { mode: this.#mode, isWanted })) return false;
    if (syncsDirectories) await syncDirectory(this.#root);
    this.#index = { bytes, document: this.#index?.document ?? documentOf(bytes), entries };
    const signature = await this.#look();
    // When it is not ours any more, it is read before the next change.
    this.#signature = signature?.startsWith(`${ownInode} `) === true ? signature : "of another program";
    return true;
  }

  async #reloadIfChanged(): Promise<void> {
    const signature = await this.#look();
    if (signature === this.#signature) return;
    const index = await readIndexFile(this.#root);
    await this.#onLoad(index?.entries ?? []);
    this.#index = index;
    this.#signature = signature;
  }

  async #look(): Promise<string | undefined> {
    const found = await unlessMissing("read", this.#root, () => Deno.stat(`${this.#root}/${indexName}`));
    this.#mode = found === undefined || found.mode === null ? undefined : found.mode & 0o777;
    return signatureOf(found);
  }

  #lookSync(): string | undefined {
    try {
      return signatureOf(Deno.statSync(`${this.#root}/${indexName}`));
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }
}

/** What tells one state of the file from another: inode, time and size. */
function signatureOf(found: Deno.FileInfo | undefined): string | undefined {
  return found === undefined ? undefined : `${found.ino} ${found.mtime?.getTime()} ${found.size}`;
}

function documentOf(bytes: Uint8Array): LayoutIndex["document"] {
  return JSON.parse(new TextDecoder().decode(bytes));
}
