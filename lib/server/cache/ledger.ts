/**
 * What the cache remembers beside the content: when each tag was checked and each content used, and how large it is.
 *
 * @module
 */

import type { Logger } from "../../log.ts";
import type { Digest } from "../../oci/digest.ts";
import { isJsonObject } from "../store/manifest_record.ts";
import type { CacheClock, CacheMemory } from "./cache_options.ts";

/** What is remembered of a blob or manifest in one repository. */
export interface LedgerEntry {
  /** The local repository. */
  readonly repository: string;
  /** The digest. */
  readonly digest: Digest;
  /** Its length in bytes. */
  readonly size: number;
  /** When it was used last, in milliseconds since 1970. */
  usedAt: number;
}

const saveEveryMs = 60 * 1000;

/** The memory of a cache. */
export class Ledger {
  readonly #clock: CacheClock;
  readonly #memory: CacheMemory | undefined;
  readonly #logger: Logger;
  readonly #startedAt: number;
  readonly #entries = new Map<string, LedgerEntry>();
  readonly #checkedAt = new Map<string, number>();
  #loading: Promise<void> | undefined;
  #saving: Promise<void> = Promise.resolve();
  #savedAt: number;
  #isChanged = false;

  /**
   * Creates a memory.
   *
   * @param clock The time.
   * @param memory Keeps it over restarts.
   * @param logger Takes a line when it cannot be read or written.
   */
  constructor(clock: CacheClock, memory: CacheMemory | undefined, logger: Logger) {
    this.#clock = clock;
    this.#memory = memory;
    this.#logger = logger;
    this.#startedAt = this.#savedAt = clock.now();
  }

  /**
   * Reads what an earlier run kept.
   *
   * @returns When it is read.
   */
  load(): Promise<void> {
    return this.#loading ??= this.#load();
  }

  /**
   * Gives the time of a tag's last check. A tag of an earlier run that is not remembered must be checked, but counts as good
   * since the start when that fails.
   *
   * @param repository The local repository.
   * @param tag The tag.
   * @param ttlMs How long tags count as current.
   * @returns The time in milliseconds since 1970.
   */
  checkedAt(repository: string, tag: string, ttlMs: number): number {
    return this.#checkedAt.get(key(repository, tag)) ?? this.#startedAt - ttlMs;
  }

  /**
   * Notes that a tag is current.
   *
   * @param repository The local repository.
   * @param tag The tag.
   */
  noteCheck(repository: string, tag: string): void {
    this.#checkedAt.set(key(repository, tag), this.#clock.now());
    this.#change();
  }

  /**
   * Forgets a tag.
   *
   * @param repository The local repository.
   * @param tag The tag.
   */
  forgetTag(repository: string, tag: string): void {
    if (this.#checkedAt.delete(key(repository, tag))) this.#change();
  }

  /**
   * Notes that content was used.
   *
   * @param repository The local repository.
   * @param digest The content.
   * @param size Its length in bytes.
   */
  noteUse(repository: string, digest: Digest, size: number): void {
    const usedAt = this.#clock.now();
    const entry = this.#entries.get(key(repository, digest));
    if (entry === undefined) this.#entries.set(key(repository, digest), { repository, digest, size, usedAt });
    else entry.usedAt = usedAt;
    this.#change();
  }

  /**
   * Finds what is remembered of content.
   *
   * @param repository The local repository.
   * @param digest The content.
   * @returns The entry, if there is one.
   */
  find(repository: string, digest: Digest): LedgerEntry | undefined {
    return this.#entries.get(key(repository, digest));
  }

  /**
   * Forgets content.
   *
   * @param repository The local repository.
   * @param digest The content.
   */
  forget(repository: string, digest: Digest): void {
    if (this.#entries.delete(key(repository, digest))) this.#change();
  }

  /**
   * Gives all content.
   *
   * @returns The entries.
   */
  entries(): IterableIterator<LedgerEntry> {
    return this.#entries.values();
  }

  /** Writes what changed. */
  async save(): Promise<void> {
    await this.#loading;
    if (this.#isChanged) this.#write();
    await this.#saving;
  }

  #change(): void {
    this.#isChanged = true;
    // A crash may lose a minute of times, never content.
    if (this.#clock.now() - this.#savedAt >= saveEveryMs) this.#write();
  }

  #write(): void {
    const memory = this.#memory;
    this.#isChanged = false;
    this.#savedAt = this.#clock.now();
    if (memory === undefined) return;
    this.#saving = this.#saving.then(async () => {
      try {
        await memory.write(this.#text());
      } catch (error) {
        this.#logger.log("warn", "the times of the cache could not be written", { error });
      }
    });
  }

  #text(): string {
    const content = [...this.#entries.values()].map(({ repository, digest, size, usedAt }) => [
      repository,
      digest,
      size,
      usedAt,
    ]);
    return JSON.stringify({ version: 1, tags: [...this.#checkedAt], content });
  }

  async #load(): Promise<void> {
    try {
      const text = await this.#memory?.read();
      if (text !== undefined) this.#take(JSON.parse(text));
    } catch (error) {
      this.#logger.log("warn", "the times of the cache could not be read, and begin anew", { error });
    }
  }

  #take(kept: unknown): void {
    if (!isJsonObject(kept) || !Array.isArray(kept["tags"]) || !Array.isArray(kept["content"])) return;
    for (const row of kept["tags"]) {
      const [name, at] = Array.isArray(row) ? row : [];
      if (typeof name === "string" && typeof at === "number") this.#checkedAt.set(name, at);
    }
    for (const row of kept["content"]) {
      const [repository, digest, size, usedAt] = Array.isArray(row) ? row : [];
      if (typeof repository !== "string" || typeof digest !== "string") continue;
      if (typeof size !== "number" || typeof usedAt !== "number") continue;
      this.#entries.set(key(repository, digest), { repository, digest, size, usedAt });
    }
  }
}

/** Neither tags nor names hold an `@`. */
function key(repository: string, reference: string): string {
  return `${repository}@${reference}`;
}
