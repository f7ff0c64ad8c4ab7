/**
 * Puts a manifest, and makes up for what the target turns out to lack.
 *
 * @module
 */

import { HttpError, inContext } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { Manifest } from "../oci/manifest.ts";
import { type Successor, successors } from "../oci/successors.ts";
import type { CallOptions } from "../repository.ts";
import { copyBlob } from "./blob.ts";
import { fetchManifest, withoutDamage } from "./fetch.ts";
import type { CopyReport } from "./progress.ts";
import type { RepositoryPair } from "./repository_pair.ts";

/** How a manifest is put. */
export interface PutOptions extends CallOptions {
  /** The tags or digests, the first of them first. */
  readonly references: readonly string[];
  /** Whether it needs no name of its own. */
  readonly isChild: boolean;
  /** Which of its successors the target needs. */
  readonly isNeeded: (successor: Successor) => boolean;
  /** Told what happens. */
  readonly report: CopyReport;
  /** Where log lines go. */
  readonly logger: Logger;
}

/** How often missing content is sent again before the target is believed to be broken. */
const maxRepairs = 2;

/**
 * Puts a manifest under each of its references. When the target says that content is missing which it was seen to have, or
 * which was sent, the content is looked up again and sent where it is missing.
 *
 * @param pair Source and target.
 * @param manifest The manifest.
 * @param options References and what they need.
 * @throws {RegkitError} What either side fails with, and on which side.
 */
export async function putManifest(pair: RepositoryPair, manifest: Manifest, options: PutOptions): Promise<void> {
  const [first, ...others] = options.references;
  if (first === undefined) return;
  await putRepairing(pair, manifest, first, options);
  await Promise.all(others.map((reference) => putOnce(pair, manifest, reference, options)));
}

async function putRepairing(
  pair: RepositoryPair,
  manifest: Manifest,
  reference: string,
  options: PutOptions,
): Promise<void> {
  for (let repairs = 0;; repairs++) {
    try {
      return await putOnce(pair, manifest, reference, options);
    } catch (error) {
      const isIncomplete = error instanceof HttpError && !pair.isSame &&
        ["BLOB_UNKNOWN", "MANIFEST_BLOB_UNKNOWN", "MANIFEST_UNKNOWN"].some((code) => error.hasEntry(code));
      if (!isIncomplete || repairs >= maxRepairs) throw error;
      const fields = { repository: pair.target.name, reference, error: error.message };
      options.logger.log("warn", "Target lacks content of a manifest, sending it again", fields);
      await sendMissing(pair, manifest, options);
    }
  }
}

async function putOnce(
  pair: RepositoryPair,
  manifest: Manifest,
  reference: string,
  options: PutOptions,
): Promise<void> {
  const { signal, isChild } = options;
  const put = () => pair.target.manifests.put(reference, manifest, { signal, isChild });
  try {
    await withoutDamage(`${pair.target.name} ${reference}`, put, { ...options, source: pair.target });
  } catch (error) {
    throw inContext(error, { side: "target" });
  }
  options.report.add("manifestsPut");
}

async function sendMissing(pair: RepositoryPair, manifest: Manifest, options: PutOptions): Promise<void> {
  pair.noteTargetExists();
  const needed = successors(manifest).filter(options.isNeeded);
  // Each of its own: all end before the first failure is thrown.
  const sent = await Promise.allSettled(needed.map((successor) => sendIfMissing(pair, successor, options)));
  const failure = sent.find((result) => result.status === "rejected");
  if (failure !== undefined) throw failure.reason;
}

async function sendIfMissing(pair: RepositoryPair, successor: Successor, options: PutOptions): Promise<void> {
  const { descriptor, kind } = successor;
  if (kind === "manifest") {
    if (await pair.hasManifest(descriptor.digest)) return;
    const child = await fetchManifest(pair.source, descriptor, options);
    await putManifest(pair, child, { ...options, references: [descriptor.digest], isChild: true });
  } else if (kind === "blob" || !await pair.hasManifest(descriptor.digest)) {
    await copyBlob(pair, descriptor, options);
  }
}
