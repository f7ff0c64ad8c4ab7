/**
 * What a copy tells while it runs, and what it adds up to.
 *
 * @module
 */

import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";

/** How far a manifest or blob is: found at the target (or not wanted there), begun, bytes moving, or there now. */
export type CopyState = "skipped" | "started" | "active" | "finished";

/** Something happened to one manifest or blob of a copy. */
export interface CopyEvent {
  /** What it is. */
  readonly kind: "manifest" | "blob";
  /** Its digest. */
  readonly digest: Digest;
  /** How far it is. */
  readonly state: CopyState;
  /** Bytes that have gone to the target in the present attempt. */
  readonly bytes: number;
  /** Its size in bytes; -1 when nobody knows it yet. */
  readonly total: number;
}

/** How many there were of what, and what became of them. */
export interface CopyCounts {
  /** Manifests put to the target, once for each tag. */
  readonly manifestsPut: number;
  /** Manifests found at the target. */
  readonly manifestsSkipped: number;
  /** Blobs sent to the target. */
  readonly blobsUploaded: number;
  /** Blobs that the target's registry linked from another repository. */
  readonly blobsMounted: number;
  /** Blobs found at the target, or left out because they can be had elsewhere. */
  readonly blobsSkipped: number;
  /** Bytes of the blobs sent. */
  readonly bytesUploaded: number;
}

/** Adds up what happens in a copy and tells about it. */
export class CopyReport {
  readonly #onEvent: ((event: CopyEvent) => void) | undefined;
  readonly #counts: { -readonly [Key in keyof CopyCounts]: CopyCounts[Key] } = {
    manifestsPut: 0,
    manifestsSkipped: 0,
    blobsUploaded: 0,
    blobsMounted: 0,
    blobsSkipped: 0,
    bytesUploaded: 0,
  };

  /**
   * Starts counting.
   *
   * @param onEvent Told of everything that happens.
   */
  constructor(onEvent?: ((event: CopyEvent) => void) | undefined) {
    this.#onEvent = onEvent;
  }

  /** What it adds up to so far. */
  get counts(): CopyCounts {
    return { ...this.#counts };
  }

  /**
   * Adds to one of the counts.
   *
   * @param key Which count.
   * @param amount How much.
   */
  add(key: keyof CopyCounts, amount = 1): void {
    this.#counts[key] += amount;
  }

  /**
   * Tells about a manifest or blob.
   *
   * @param kind What it is.
   * @param descriptor Its digest and, as far as known, size.
   * @param state How far it is.
   * @param bytes How many bytes have gone to the target.
   */
  tell(
    kind: CopyEvent["kind"],
    descriptor: Pick<Descriptor, "digest" | "size">,
    state: CopyState,
    bytes = 0,
  ): void {
    this.#onEvent?.({ kind, digest: descriptor.digest, state, bytes, total: descriptor.size });
  }
}
