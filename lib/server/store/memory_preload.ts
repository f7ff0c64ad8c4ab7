/**
 * A store in memory that begins with what a directory holds.
 *
 * @module
 */

import { createHasher } from "../../oci/digest.ts";
import type { CollectingStore } from "./collecting_store.ts";
import { storedBlobs } from "./dir_blobs.ts";
import { DirectoryRepository } from "./dir_repository.ts";
import { MemoryRepository } from "./memory_repository.ts";
import type { RepositoryStore } from "./store.ts";
import { openDirectoryStore } from "./store_dir.ts";
import { createMemoryStore, type MemoryStoreOptions } from "./store_memory.ts";

/**
 * Creates a store in memory with the content of a directory of layouts, which is only read, and not looked at again.
 *
 * @param directory The directory.
 * @param options The limit of the store; damaged blobs are left out.
 * @returns The store.
 * @throws {ApiError} 507 when the content does not fit.
 * @throws {RegkitError} When the directory cannot be read.
 *
 * @example Serve a directory from memory
 * ```ts
 * import { createRegistry, openDirectoryStore, preloadMemoryStore } from "@regkit/regkit";
 * import assert from "node:assert/strict";
 *
 * const directory = await Deno.makeTempDir();
 * {
 *   await using store = await openDirectoryStore(directory);
 *   await using registry = createRegistry({ store });
 *   const digest = "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
 *   const url = `http://registry.test/v2/app/blobs/uploads/?digest=${digest}`;
 *   await registry.fetch(new Request(url, { method: "POST", body: "hello" }));
 * }
 * await using registry = createRegistry({ store: await preloadMemoryStore(directory) });
 * assert.deepEqual(await registry.store.names(), ["app"]);
 * await Deno.remove(directory, { recursive: true });
 * ```
 */
export async function preloadMemoryStore(
  directory: string,
  options: MemoryStoreOptions = {},
): Promise<CollectingStore> {
  await using stack = new AsyncDisposableStack();
  const store = stack.use(createMemoryStore(options));
  await using source = await openDirectoryStore(directory, { isReadOnly: true });
  for (const name of await source.names()) {
    const from = await source.repository(name);
    if (from instanceof DirectoryRepository) await copyRepository(from, await store.create(name));
  }
  // From here on it is the caller's.
  stack.move();
  return store;
}

/** What other tools listed stays, as it would in the directory. */
function pinForeign(from: DirectoryRepository, to: RepositoryStore): void {
  if (!(to instanceof MemoryRepository)) return;
  for (const digest of from.manifests.foreignDigests()) to.pin(digest);
}

async function copyRepository(from: DirectoryRepository, to: RepositoryStore): Promise<void> {
  for await (const { digest, size } of storedBlobs(from.files.path)) {
    const algorithm = digest.slice(0, digest.indexOf(":"));
    const hasher = await createHasher(algorithm);
    const upload = await to.beginUpload({ id: crypto.randomUUID(), user: "", algorithm });
    const content = await from.openBlob(digest, 0, size);
    for await (const chunk of content instanceof ReadableStream ? content : [content]) {
      hasher.update(chunk);
      await upload.append(chunk);
    }
    if (hasher.digest() === digest) await upload.commit(digest);
    else await upload.discard();
  }
  pinForeign(from, to);
  for (const record of from.catalog.records()) {
    const bytes = await from.files.readManifest(record.digest);
    const tags = from.catalog.tags().filter((tag) => from.catalog.byTag(tag) === record);
    if (bytes !== undefined) await to.putManifest({ record, bytes, tags });
  }
}
