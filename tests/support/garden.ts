/**
 * A registry whose garbage is collected when the test says so, by a clock that the test moves.
 *
 * @module
 */

import { createRegistry } from "../../lib/server/registry.ts";
import type { CollectingStore } from "../../lib/server/store/collecting_store.ts";
import type { DirectoryStoreOptions } from "../../lib/server/store/dir_options.ts";
import type { CollectOptions } from "../../lib/server/store/gc_options.ts";
import { openDirectoryStore } from "../../lib/server/store/store_dir.ts";
import { tempFolder } from "./processes.ts";
import { RegistryApi } from "./registry_api.ts";

/** A minute in milliseconds. */
export const minuteMs = 60 * 1000;
/** An hour in milliseconds. */
export const hourMs = 60 * minuteMs;

/** A registry and its clock. */
export class Garden<Store extends CollectingStore = CollectingStore> implements AsyncDisposable {
  readonly api: RegistryApi;
  readonly store: Store;
  readonly #clock: { nowMs: number };

  private constructor(clock: { nowMs: number }, store: Store) {
    this.#clock = clock;
    this.store = store;
    const now = () => clock.nowMs;
    this.api = new RegistryApi(createRegistry({ store, now, deleteUsedBlobs: true, anyManifest: true }).fetch);
  }

  /** Opens a registry over a store that goes by the clock. */
  static async open<Store extends CollectingStore>(
    open: (now: () => number) => Store | Promise<Store>,
  ): Promise<Garden<Store>> {
    const clock = { nowMs: Date.now() };
    return new Garden(clock, await open(() => clock.nowMs));
  }

  /** The time. */
  get nowMs(): number {
    return this.#clock.nowMs;
  }

  /** Lets time pass. */
  later(ms: number): void {
    this.#clock.nowMs += ms;
  }

  /** Collects, and gives how many manifests and blobs went. */
  async collect(options: CollectOptions = {}): Promise<[number, number]> {
    const results = await Array.fromAsync(this.store.collectGarbage(options));
    return [
      results.reduce((sum, { manifests }) => sum + manifests.length, 0),
      results.reduce((sum, { blobs }) => sum + blobs.length, 0),
    ];
  }

  /** Collects with empty repositories, and gives the names of those that went. */
  async removed(options: CollectOptions = {}): Promise<string[]> {
    const results = await Array.fromAsync(this.store.collectGarbage({ removeEmpty: true, ...options }));
    return results.filter(({ isRemoved }) => isRemoved).map(({ repository }) => repository).sort();
  }

  /** Tells whether something can be pulled, which makes a blob young. */
  async has(name: string, kind: "manifests" | "blobs", digest: string): Promise<boolean> {
    return await this.api.send("GET", `/v2/${name}/${kind}/${digest}`).then(({ status }) => status === 200);
  }

  /** Gives the catalog. */
  async names(): Promise<string[]> {
    return ((await this.api.expect(200, "GET", "/v2/_catalog")).json() as { repositories: string[] }).repositories;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store[Symbol.asyncDispose]();
  }
}

/** Runs a test in a garden over a directory. */
export async function inDirectory(
  run: (garden: Awaited<ReturnType<typeof openGarden>>, root: string) => Promise<void>,
  options: DirectoryStoreOptions = {},
): Promise<void> {
  await using folder = await tempFolder();
  await using garden = await openGarden(folder.path, options);
  await run(garden, folder.path);
}

/** Opens a garden over a directory. */
export function openGarden(root: string, options: DirectoryStoreOptions = {}) {
  const gc = { intervalMs: 0 };
  return Garden.open((now) => openDirectoryStore(root, { durability: "none", pollMs: 0, gc, now, ...options }));
}
