/**
 * Reads from the source of a copy: what arrives damaged is asked for again.
 *
 * @module
 */

import { hasCode, inContext } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { Manifest } from "../oci/manifest.ts";
import type { BlobSource, BlobTarget, CallOptions, Repository } from "../repository.ts";
import { mapStreamError } from "../streams/map_error.ts";

/** How often content is read at most before damage counts as final. */
export const maxFetches = 4;

/** What reading takes. */
export interface FetchOptions extends CallOptions {
  /** Told of damage. */
  readonly logger: Logger;
}

/** What reading something that may be damaged takes. */
export interface DamageOptions extends FetchOptions {
  /** Where it is read from: what a layout has wrong stays wrong, only what a network damaged can come out better. */
  readonly source: Repository;
}

/**
 * Does something with content and does it again when the content was damaged on its way.
 *
 * @typeParam T What it gives.
 * @param name The content's name, for the log.
 * @param work Reads the content.
 * @param options The source, signal and logger.
 * @returns What the first undamaged reading gave.
 * @throws {RegkitError} The damage, when it was there {@linkcode maxFetches} times; any other failure at once.
 */
export async function withoutDamage<T>(name: string, work: () => Promise<T>, options: DamageOptions): Promise<T> {
  const isLayout = options.source.id.startsWith("ocidir://");
  for (let fetches = 1;; fetches++) {
    options.signal?.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      const isDamage = hasCode(error, "DIGEST_MISMATCH", "SIZE_MISMATCH", "INVALID_MANIFEST");
      if (!isDamage || fetches >= maxFetches || (isLayout && error.side === "source")) throw error;
      options.logger.log("warn", "Content was damaged on its way, trying again", { name, error: error.message });
    }
  }
}

/**
 * Reads a manifest of the source.
 *
 * @param source The source.
 * @param wanted A tag, or a descriptor or digest from elsewhere.
 * @param options Signal and logger.
 * @returns The manifest.
 * @throws {RegkitError} What the source fails with, on the side `source`.
 */
export async function fetchManifest(
  source: Repository,
  wanted: string | Descriptor,
  options: FetchOptions,
): Promise<Manifest> {
  const { signal } = options;
  const reference = typeof wanted === "string" ? wanted : wanted.digest;
  const descriptor = typeof wanted === "string" ? undefined : wanted;
  const get = () => onSource(source.manifests.get(reference, { signal, descriptor }));
  return await withoutDamage(`${source.name} ${reference}`, get, { ...options, source });
}

async function onSource<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw inContext(error, { side: "source" });
  }
}

/**
 * Gives a blob of the source as something to upload.
 *
 * @param source The source.
 * @param blob The blob.
 * @returns The source of an upload: each opening is a new request.
 */
export function blobSource(source: Repository, blob: BlobTarget): BlobSource {
  return {
    isRewindable: true,
    isVerified: true,
    async open(offset, signal) {
      const { stream } = await onSource(source.blobs.get(blob, { offset, signal }));
      return mapStreamError(stream, (error) => inContext(error, { side: "source" }));
    },
  };
}
