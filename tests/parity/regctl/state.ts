/**
 * Lists what registries and folders hold, one line per tag, manifest, blob and file.
 *
 * @module
 */

import type { RegistryStore } from "../../../lib/server/store/store.ts";

/** Lists the content of a store, as far as its digests are known. */
export async function listStore(
  name: string,
  store: RegistryStore,
  digests: ReadonlySet<string>,
): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const repositoryName of await store.names()) {
    const repository = await store.repository(repositoryName);
    if (repository === undefined) continue;
    const place = `${name}/${repositoryName}`;
    const { catalog } = repository;
    for (const tag of catalog.tags()) lines.push(`${place} tag ${tag} ${catalog.byTag(tag)?.digest}`);
    for (const { digest, mediaType } of catalog.records()) lines.push(`${place} manifest ${digest} ${mediaType}`);
    for (const digest of digests) {
      if (catalog.get(digest) !== undefined) continue;
      const size = await repository.statBlob(digest);
      if (size !== undefined) lines.push(`${place} blob ${digest} ${size}`);
    }
  }
  return lines;
}

/** Lists the files of a folder: documents with their text, others with their size. */
export async function listFiles(folder: string, below = ""): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(`${folder}${below}`)) {
    const path = `${below}/${name}`;
    if (isDirectory) lines.push(...await listFiles(folder, path));
    else if (name === "index.json") lines.push(...await listIndex(`${folder}${path}`, path));
    else if (path.includes("/blobs/")) lines.push(`file ${path} ${(await Deno.stat(`${folder}${path}`)).size}`);
    else if (!isLock(name)) lines.push(`file ${path} ${JSON.stringify(await readText(`${folder}${path}`))}`);
  }
  return lines;
}

/** Locks of layouts stay behind, empty: `docs/differences.md` lists them. */
function isLock(name: string): boolean {
  return name.startsWith(".regkit-") && name.endsWith(".lock");
}

/** Lists the entries of a layout's index, in whatever order: the tools append differently. */
async function listIndex(file: string, path: string): Promise<readonly string[]> {
  const { manifests } = JSON.parse(await Deno.readTextFile(file));
  return Array.from(manifests, (entry) => `entry ${path} ${JSON.stringify(entry)}`);
}

async function readText(file: string): Promise<string> {
  const { mode } = await Deno.stat(file);
  return `${((mode ?? 0) & 0o777).toString(8)} ${await Deno.readTextFile(file)}`;
}
