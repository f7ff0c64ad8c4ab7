/**
 * Brings one blob to the target: there already, mounted, or streamed.
 *
 * @module
 */

import { inContext } from "../errors.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { BlobTarget, CallOptions } from "../repository.ts";
import type { Logger } from "../log.ts";
import { blobSource, withoutDamage } from "./fetch.ts";
import type { CopyReport } from "./progress.ts";
import type { RepositoryPair } from "./repository_pair.ts";

/** What copying a blob takes. */
export interface BlobCopyOptions extends CallOptions {
  /** Told what happens. */
  readonly report: CopyReport;
  /** Where log lines go. */
  readonly logger: Logger;
}

/**
 * Copies a blob unless the target has it.
 *
 * @param pair Source and target.
 * @param descriptor The blob; a size below 0 is not known.
 * @param options Report, signal and logger.
 * @throws {RegkitError} What either side fails with, and on which side.
 */
export async function copyBlob(pair: RepositoryPair, descriptor: Descriptor, options: BlobCopyOptions): Promise<void> {
  const { report, signal } = options;
  const blob = blobTarget(descriptor);
  report.tell("blob", descriptor, "started");
  // A mount is tried at once: it answers whether the target has the blob, too.
  if (!pair.canMount && await pair.hasBlob(blob)) {
    report.add("blobsSkipped");
    report.tell("blob", descriptor, "skipped");
    return;
  }
  const put = () =>
    pair.target.blobs.put({ digest: blob.digest, size: blob.size }, blobSource(pair.source, blob), {
      signal,
      mountFrom: pair.canMount ? pair.source : undefined,
      onProgress: (bytes) => report.tell("blob", descriptor, "active", bytes),
    });
  const { outcome, descriptor: stored } = await withoutDamage(`${pair.source.name} ${blob.digest}`, put, {
    ...options,
    source: pair.source,
  })
    .catch((error: unknown) => Promise.reject(inContext(error, { side: "target" })));
  report.add(outcome === "mounted" ? "blobsMounted" : "blobsUploaded");
  if (outcome === "uploaded") report.add("bytesUploaded", stored.size);
  report.tell("blob", { digest: blob.digest, size: stored.size }, "finished", stored.size);
}

function blobTarget({ digest, size, urls, data }: Descriptor): BlobTarget {
  return { digest, size: size < 0 ? undefined : size, urls, data };
}
