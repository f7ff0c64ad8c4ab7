/**
 * Directories for tests of layouts, and a look at what is in them.
 *
 * @module
 */

import assert from "node:assert/strict";
import { type LayoutRepository, openLayout } from "../../../lib/layout/layout_repository.ts";
import type { Repository } from "../../../lib/repository.ts";
import { drain } from "../../contract/contract_subject.ts";

/** Runs a test with the path of a layout that does not exist yet. */
export async function withTempLayout(body: (path: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    await body(`${directory}/layout`);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** Runs a task with a handle that is disposed afterwards. */
export async function withLayout<T>(
  path: string,
  task: (layout: LayoutRepository) => Promise<T>,
  options: Parameters<typeof openLayout>[1] = {},
): Promise<T> {
  await using layout = openLayout(path, { durability: "none", ...options });
  return await task(layout);
}

/** Reads everything that tags lead to, and fails when something is missing or wrong. */
export async function verifyTags(repository: Repository): Promise<readonly string[]> {
  const tags = await Array.fromAsync(repository.tags.list());
  for (const tag of tags) await verifyManifest(repository, tag);
  return tags;
}

async function verifyManifest(repository: Repository, reference: string): Promise<void> {
  const manifest = await repository.manifests.get(reference);
  if (manifest.kind === "index") {
    for (const child of manifest.body.manifests) await verifyManifest(repository, child.digest);
  } else if (manifest.kind === "image") {
    for (const blob of [manifest.body.config, ...manifest.body.layers]) {
      const { stream } = await repository.blobs.get(blob);
      assert.equal((await drain(stream)).length, blob.size);
    }
  }
}

/** Lists all files below a directory, sorted. */
export async function filesBelow(directory: string, prefix = ""): Promise<readonly string[]> {
  const files: string[] = [];
  for await (const entry of Deno.readDir(directory)) {
    if (entry.isDirectory) files.push(...await filesBelow(`${directory}/${entry.name}`, `${prefix}${entry.name}/`));
    else files.push(prefix + entry.name);
  }
  return files.sort();
}

/** Makes a file look as if it had been written long ago. */
export async function makeOld(path: string, minutes = 60): Promise<void> {
  const then = new Date(Date.now() - minutes * 60_000);
  await Deno.utime(path, then, then);
}

/** Makes all blobs of a layout look as if they had been written long ago. */
export async function makeBlobsOld(path: string): Promise<void> {
  for (const file of await filesBelow(`${path}/blobs`)) await makeOld(`${path}/blobs/${file}`);
}
