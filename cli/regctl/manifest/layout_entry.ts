/**
 * Finds what the index of a layout says of a manifest. Templates show it; nothing else needs it.
 *
 * @module
 */

import type { Descriptor } from "../../../lib/oci/descriptor.ts";
import type { Reference } from "../../../lib/reference/reference.ts";
import type { CallOptions, Repository } from "../../../lib/repository.ts";
import { canListTagPages } from "../../../lib/repository_powers.ts";

/**
 * Completes a descriptor by the entry in the index of a layout.
 *
 * @param repository Where the manifest is.
 * @param ref What it was asked for by.
 * @param descriptor What is known of it.
 * @param options The signal.
 * @returns The entry; the descriptor itself where there is none, as in registries.
 */
export async function readEntry(
  repository: Repository,
  ref: Reference,
  descriptor: Descriptor,
  { signal }: CallOptions,
): Promise<Descriptor> {
  if (ref.scheme !== "ocidir" || !canListTagPages(repository)) return descriptor;
  const { findDigest, findTag } = await import("../../../lib/layout/index_entries.ts");
  for await (const { document } of repository.listTagPages({ signal })) {
    const index: unknown = JSON.parse(new TextDecoder().decode(document));
    const entries = entriesOf(index);
    const entry = ref.digest === "" ? findTag(entries, ref.tag || "latest") : findDigest(entries, ref.digest);
    if (entry?.digest === descriptor.digest) return { ...entry, mediaType: entry.mediaType || descriptor.mediaType };
  }
  return descriptor;
}

function entriesOf(index: unknown): readonly unknown[] {
  const isIndex = typeof index === "object" && index !== null && "manifests" in index;
  return isIndex && Array.isArray(index.manifests) ? index.manifests : [];
}
