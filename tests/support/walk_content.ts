/**
 * Follows manifests to everything they point to, and tells what is not there.
 *
 * @module
 */

import { hasCode } from "../../lib/errors.ts";
import type { Repository } from "../../lib/repository.ts";

/** What a walk found. */
export interface Walk {
  /** The digests of all manifests. */
  readonly manifests: Set<string>;
  /** The digests of all blobs. */
  readonly blobs: Set<string>;
  /** What is pointed to and not there, such as `blob sha256:… of sha256:…`. */
  readonly missing: string[];
}

/** Follows manifests, given by tag or digest. */
export async function walkContent(repository: Repository, references: Iterable<string>): Promise<Walk> {
  const walk: Walk = { manifests: new Set(), blobs: new Set(), missing: [] };
  for (const reference of references) await visit(repository, reference, walk, "the test");
  return walk;
}

/** Lists the tags of a repository; none of one that does not exist. */
export async function tagsOf(repository: Repository): Promise<string[]> {
  try {
    return (await Array.fromAsync(repository.tags.list())).sort();
  } catch (error) {
    if (hasCode(error, "NOT_FOUND")) return [];
    throw error;
  }
}

/** Tells the digest behind each tag. */
export async function digestsOf(repository: Repository): Promise<Record<string, string>> {
  const digests: Record<string, string> = {};
  for (const tag of await tagsOf(repository)) digests[tag] = (await repository.manifests.head(tag)).descriptor.digest;
  return digests;
}

async function visit(repository: Repository, reference: string, walk: Walk, parent: string): Promise<void> {
  if (walk.manifests.has(reference)) return;
  const manifest = await orMissing(repository.manifests.get(reference), `manifest ${reference} of ${parent}`, walk);
  if (manifest === undefined) return;
  const { digest } = manifest.descriptor;
  if (walk.manifests.has(digest)) return;
  walk.manifests.add(digest);
  if (manifest.kind === "index") {
    for (const child of manifest.body.manifests) await visit(repository, child.digest, walk, digest);
  }
  const blobs = manifest.kind === "image" ? [manifest.body.config, ...manifest.body.layers] : [];
  for (const { digest: blob, size } of blobs) {
    if (walk.blobs.has(blob)) continue;
    walk.blobs.add(blob);
    const found = await orMissing(repository.blobs.head({ digest: blob, size }), `blob ${blob} of ${digest}`, walk);
    if (found !== undefined && found.descriptor.size !== size) walk.missing.push(`bytes of blob ${blob} of ${digest}`);
  }
}

async function orMissing<T>(found: Promise<T>, what: string, walk: Walk): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if (!hasCode(error, "NOT_FOUND")) throw error;
    walk.missing.push(what);
    return undefined;
  }
}
