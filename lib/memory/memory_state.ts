/**
 * What one repository in memory holds.
 *
 * @module
 */

import type { Digest } from "../oci/digest.ts";
import type { Manifest } from "../oci/manifest.ts";

/** The content of one repository in memory, shared by all handles to it. */
export interface MemoryState {
  /** The registry it is in, as a URL. */
  readonly home: string;
  /** Its name. */
  readonly name: string;
  /** The bytes of blobs by digest. */
  readonly blobs: Map<Digest, Uint8Array<ArrayBuffer>>;
  /** Manifests by digest, oldest first. */
  readonly manifests: Map<Digest, Manifest>;
  /** The digests that tags point at. */
  readonly tags: Map<string, Digest>;
  /** Whether anything was ever put into it. */
  isCreated: boolean;
}

/**
 * Creates the state of a repository without content.
 *
 * @param home The registry it is in, as a URL.
 * @param name Its name.
 * @returns The state.
 */
export function createMemoryState(home: string, name: string): MemoryState {
  return { home, name, blobs: new Map(), manifests: new Map(), tags: new Map(), isCreated: false };
}
