/**
 * Makes children of indexes known whose bytes are here without having been pushed as manifests.
 *
 * @module
 */

import type { Digest } from "../../oci/digest.ts";
import { isManifestType } from "../../oci/media_type.ts";
import type { ManifestCatalog } from "./manifest_catalog.ts";
import { describeManifest, isJsonObject, type ManifestRecord } from "./manifest_record.ts";
import type { Bytes } from "./store.ts";

/** Reads the bytes of a blob; `undefined` when it is not here. */
export type BytesReader = (digest: Digest) => Bytes | undefined | Promise<Bytes | undefined>;

/**
 * Adds the children of a manifest, and theirs, as far as they are here.
 *
 * @param catalog The manifests, with the parent.
 * @param parent The parent.
 * @param read Reads blobs.
 */
export async function adoptChildren(
  catalog: ManifestCatalog,
  parent: ManifestRecord,
  read: BytesReader,
): Promise<void> {
  for (const [at, child] of parent.children.entries()) {
    if (catalog.get(child) !== undefined) continue;
    const bytes = await read(child);
    const record = bytes === undefined ? undefined : readChild(bytes, child, parent.childTypes[at] ?? "");
    // Another request may have stored or removed something meanwhile.
    if (record === undefined || catalog.get(child) !== undefined || !catalog.isChild(child)) continue;
    catalog.add(record, false);
    await adoptChildren(catalog, record, read);
  }
}

/**
 * Describes a manifest of which only the list that names it says what it is.
 *
 * @param bytes Its bytes.
 * @param digest Its digest.
 * @param statedType The media type that the list states; its own counts more.
 * @returns The record; `undefined` when it is no manifest.
 */
export function readChild(bytes: Bytes, digest: Digest, statedType: string): ManifestRecord | undefined {
  let body: unknown;
  try {
    body = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
  if (!isJsonObject(body)) return undefined;
  const own = body["mediaType"];
  const mediaType = typeof own === "string" && isManifestType(own) ? own : statedType;
  const record = describeManifest(body, { digest, size: bytes.length, mediaType });
  return record.mediaType === "" ? undefined : record;
}
