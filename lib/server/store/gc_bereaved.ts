/**
 * What loses the last index that lists it when garbage is removed, and lives on by itself.
 *
 * @module
 */

import type { Digest } from "../../oci/digest.ts";
import type { CatalogView } from "./manifest_catalog.ts";
import type { ManifestRecord } from "./manifest_record.ts";

/**
 * Finds the children of what goes that stay, as referrers of something do, and that nothing else makes known: they need an
 * entry of their own.
 *
 * @param dead What goes.
 * @param catalog The manifests, before it is gone.
 * @returns The manifests that need an entry.
 */
export function bereavedBy(dead: ReadonlySet<Digest>, catalog: CatalogView): readonly ManifestRecord[] {
  const kept = new Set<Digest>();
  for (const { digest, children } of catalog.records()) {
    if (!dead.has(digest)) { for (const child of children) kept.add(child); }
  }
  const found = new Map<Digest, ManifestRecord>();
  for (const digest of dead) {
    for (const child of catalog.get(digest)?.children ?? []) {
      const record = catalog.get(child);
      if (record === undefined || dead.has(child) || kept.has(child) || catalog.isListed(child)) continue;
      found.set(child, record);
    }
  }
  return [...found.values()];
}
