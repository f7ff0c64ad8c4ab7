/**
 * A store in a directory of OCI layouts, one per repository, which any tool for layouts can use.
 *
 * @module
 */

import { RegkitError } from "../../errors.ts";
import { ioError, isMissing } from "../../layout/io_error.ts";
import { blobsDirectory, markerName } from "../../layout/layout_files.ts";
import { tryLock } from "../../layout/lock.ts";
import type { Digest } from "../../oci/digest.ts";
import { ApiError } from "../api_error.ts";
import { BlobPlaces } from "./blob_places.ts";
import { ByteCache } from "./byte_cache.ts";
import type { CollectingStore } from "./collecting_store.ts";
import { isWithin } from "./dir_bounds.ts";
import { DirectoryFiles } from "./dir_files.ts";
import { DirectoryGuests } from "./dir_guests.ts";
import { type DirectorySettings, type DirectoryStoreOptions, resolveDirectoryOptions } from "./dir_options.ts";
import { exists, isRepository, repositoryPath, walkRepositories } from "./dir_paths.ts";
import { directoryUsage } from "./dir_usage.ts";
import { OpenRepositories } from "./dir_open.ts";
import type { DirectoryParts } from "./dir_parts.ts";
import { DirectoryRepository } from "./dir_repository.ts";
import { scrubDirectory, type ScrubResult } from "./dir_scrub.ts";
import { tidyDirectories } from "./dir_tidy.ts";
import type { GcResult } from "./gc.ts";
import type { CollectOptions } from "./gc_options.ts";
import { registryAlgorithms } from "../names.ts";
import type { RepositoryStore, StoreUsage } from "./store.ts";
import { Upkeep } from "./upkeep.ts";

const lockName = ".lock";
const maxSearched = 1000;

/** A store in a directory, with its upkeep. */
export interface DirectoryRegistryStore extends CollectingStore {
  /**
   * Verifies every blob, and moves those aside that are damaged.
   *
   * @param options Whether they are only to be found, and what ends it early.
   * @returns What was found, repository by repository.
   */
  scrub(
    options?: { readonly isDryRun?: boolean | undefined; readonly signal?: AbortSignal | undefined },
  ): AsyncIterable<ScrubResult>;
}

/**
 * Opens a directory of repositories. One process at a time may write to it.
 *
 * @param root The directory; made if it does not exist and may be written to.
 * @param options How it is kept.
 * @returns The store, which holds the directory's lock until it is disposed of.
 * @throws {RegkitError} `CONFLICT` when another registry writes to the directory; `NOT_FOUND` when there is none, and nothing
 *   may be written; `IO` when it cannot be used.
 */
export async function openDirectoryStore(
  root: string,
  options: DirectoryStoreOptions = {},
): Promise<DirectoryRegistryStore> {
  const settings = resolveDirectoryOptions(options);
  const realRoot = await openRoot(root, settings);
  // Readers hold nothing: whoever writes, and notices them as little as they it, may come and go.
  if (settings.isReadOnly) return new DirectoryStore(realRoot, settings, () => undefined);
  const lock = await tryLock(`${realRoot}/${lockName}`, "exclusive", true);
  if (lock === undefined) {
    throw new RegkitError("CONFLICT", `another registry is using the directory ${root}`, {
      tip: "End it first, or serve the directory read-only.",
    });
  }
  return new DirectoryStore(realRoot, settings, () => lock.release());
}

async function openRoot(root: string, { isReadOnly }: DirectorySettings): Promise<string> {
  try {
    if (!isReadOnly) await Deno.mkdir(root, { recursive: true });
    const realRoot = await Deno.realPath(root);
    if ((await Deno.stat(realRoot)).isDirectory) return realRoot;
  } catch (cause) {
    if (isMissing(cause)) {
      throw new RegkitError("NOT_FOUND", `there is no directory ${root}`, {
        cause,
        tip: "Name the directory of a registry, which holds one layout per repository.",
      });
    }
    if (!(cause instanceof Deno.errors.AlreadyExists)) throw ioError(cause, "open", root);
  }
  throw new RegkitError("IO", `${root} is not a directory`);
}

class DirectoryStore implements DirectoryRegistryStore {
  readonly isReadOnly: boolean;
  readonly usage: StoreUsage;
  readonly #root: string;
  readonly #release: () => void;
  readonly #parts: DirectoryParts;
  readonly #open: OpenRepositories;
  readonly #upkeep: Upkeep;
  readonly #opening = new Map<string, Promise<DirectoryRepository | undefined>>();

  constructor(root: string, settings: DirectorySettings, release: () => void) {
    this.isReadOnly = settings.isReadOnly;
    this.#root = root;
    this.usage = directoryUsage(root);
    this.#release = release;
    this.#parts = {
      root,
      settings,
      cache: new ByteCache(settings.manifestCacheBytes),
      places: new BlobPlaces(),
      guests: new DirectoryGuests(),
      onHold: (repository) => this.#open.keep(repository),
      filesOf: async (name) => {
        try {
          return (await this.#find(name, false))?.files;
        } catch (error) {
          // A neighbour that is broken is no reason to refuse what could have been taken from it.
          settings.logger.log("warn", "a repository cannot be opened", { repository: name, error });
          return undefined;
        }
      },
    };
    this.#open = new OpenRepositories(settings.maxOpenRepositories);
    const names = () => walkRepositories(root);
    const directory = async (name: string) => {
      const path = repositoryPath(root, name);
      return await isRepository(path) && await isWithin(path, root) ? path : undefined;
    };
    const onBlob = (name: string, digest: Digest) => this.#parts.places.add(digest, name);
    this.#upkeep = new Upkeep({
      settings,
      names,
      open: (name) => this.#find(name, false),
      // Where blobs are is learnt on the way, for mounts and duplicates.
      tidy: (signal) => tidyDirectories({ names, directory, onBlob }, settings, signal),
    });
    if (!settings.isReadOnly) this.#upkeep.start();
  }

  repository(name: string): RepositoryStore | undefined | Promise<RepositoryStore | undefined> {
    const open = this.#open.get(name);
    if (open === undefined) return this.#find(name, false);
    const refreshed = open.refreshIfDue();
    return refreshed === undefined ? open : refreshed.then(() => open);
  }

  async create(name: string): Promise<RepositoryStore> {
    const repository = await this.#find(name, true);
    if (repository === undefined) {
      throw new ApiError(404, "NAME_UNKNOWN", "there can be no repository of this name here");
    }
    return repository;
  }

  async names(): Promise<readonly string[]> {
    const names: string[] = [];
    for await (const name of walkRepositories(this.#root)) {
      if (await this.#isListed(name)) names.push(name);
    }
    return names.sort();
  }

  async *holders(digest: Digest): AsyncGenerator<string> {
    const known = this.#parts.places.get(digest);
    yield* known;
    let searched = 0;
    for await (const name of walkRepositories(this.#root)) {
      if (++searched > maxSearched) return;
      if (!known.includes(name) && await this.#holds(name, digest)) yield name;
    }
  }

  collectGarbage(options: CollectOptions = {}): AsyncIterable<GcResult> {
    return this.#upkeep.collectNow(options);
  }

  async *scrub(
    options: { readonly isDryRun?: boolean; readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<ScrubResult> {
    for await (const name of walkRepositories(this.#root)) {
      const repository = await this.#find(name, false);
      if (repository !== undefined) yield await scrubDirectory(name, repository.files, options);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#upkeep.stop();
    await this.#open.clear();
    this.#release();
  }

  /** What leads out of the root is no repository; what cannot be looked into hides only itself. */
  async #isListed(name: string): Promise<boolean> {
    const path = repositoryPath(this.#root, name);
    return await unlessDenied(async () =>
      await hasContent(path) && (this.#open.get(name) !== undefined || await isWithin(path, this.#root))
    );
  }

  async #holds(name: string, digest: Digest): Promise<boolean> {
    const files = new DirectoryFiles(repositoryPath(this.#root, name), this.#parts.settings);
    return await unlessDenied(async () =>
      await files.stat(digest) !== undefined && await isWithin(files.path, this.#root)
    );
  }

  /** Opens a repository once, however many ask for it at the same time. */
  async #find(name: string, isWanted: boolean): Promise<DirectoryRepository | undefined> {
    const open = this.#open.get(name);
    if (open !== undefined) return open;
    const opening = this.#opening.get(name);
    if (opening !== undefined) {
      const found = await opening;
      return found ?? (isWanted ? await this.#find(name, true) : undefined);
    }
    const load = this.#load(name, isWanted);
    this.#opening.set(name, load);
    try {
      return await load;
    } finally {
      this.#opening.delete(name);
    }
  }

  async #load(name: string, isWanted: boolean): Promise<DirectoryRepository | undefined> {
    const path = repositoryPath(this.#root, name);
    if (!isWanted && !await isRepository(path)) return undefined;
    const repository = new DirectoryRepository(name, path, this.#parts);
    if (!await isWithin(path, this.#root)) {
      this.#parts.settings.logger.log("error", "a repository leads out of the registry's root", { path });
      return undefined;
    }
    await repository.open();
    this.#open.add(repository);
    return repository;
  }
}

async function unlessDenied(look: () => Promise<boolean>): Promise<boolean> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof Deno.errors.PermissionDenied) return false;
    throw error;
  }
}

async function hasContent(path: string): Promise<boolean> {
  if (!await exists(`${path}/${markerName}`)) return false;
  for (const algorithm of registryAlgorithms) {
    try {
      for await (const entry of Deno.readDir(blobsDirectory(path, algorithm))) if (entry.isFile) return true;
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }
  return false;
}
