/**
 * How `--json` shows manifests.
 *
 * @module
 */

import type { Descriptor } from "../../lib/oci/descriptor.ts";
import { formatReference } from "../../lib/reference/format.ts";
import type { Reference } from "../../lib/reference/reference.ts";

/** What is known of a manifest beside its content. */
export interface ManifestInfoJson {
  /** The reference with everything that was left out. */
  readonly name: string;
  /** Its media type. */
  readonly mediaType: string;
  /** Its digest. */
  readonly digest: string;
  /** Its length in bytes. */
  readonly size: number;
}

/** A manifest with its content. */
export interface ManifestJson extends ManifestInfoJson {
  /** The document as it is stored. */
  readonly manifest: unknown;
}

/**
 * Gathers what is known of a manifest.
 *
 * @param ref What it was asked for by.
 * @param descriptor Its descriptor.
 * @returns The form for JSON.
 */
export function manifestInfoJson(ref: Reference, descriptor: Descriptor): ManifestInfoJson {
  const { mediaType, digest, size } = descriptor;
  return { name: formatReference(ref), mediaType, digest, size };
}
