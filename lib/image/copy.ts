/**
 * Copies an image from one repository to another.
 *
 * @module
 */

import { CopyGraph } from "../copy/graph.ts";
import { fetchManifest } from "../copy/fetch.ts";
import { type CopyCounts, type CopyEvent, CopyReport } from "../copy/progress.ts";
import { RepositoryPair } from "../copy/repository_pair.ts";
import { TaskGroup } from "../copy/task_group.ts";
import { inContext, RegkitError } from "../errors.ts";
import { type Logger, silentLogger } from "../log.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { DescriptorFilter } from "../oci/descriptor_filter.ts";
import { type Digest, digestBytes, parseDigest, prepareHashing } from "../oci/digest.ts";
import type { Manifest } from "../oci/manifest.ts";
import { matchesPlatform, type Platform } from "../oci/platform.ts";
import type { CallOptions, Repository } from "../repository.ts";
import { AttachmentFinder } from "./attachments.ts";
import { selectManifest } from "./select_manifest.ts";

/** What is copied. */
export interface CopySource {
  /** Where it is. */
  readonly repository: Repository;
  /** Its tag or digest. */
  readonly reference: string;
}

/** Where a copy goes. */
export interface CopyTarget {
  /** Where it goes. */
  readonly repository: Repository;
  /** The tag or digest to put it under. With a digest the copy must have it. */
  readonly reference: string;
  /** Further tags to put it under. */
  readonly tags?: readonly string[] | undefined;
}

/** Options of {@linkcode copyImage}. */
export interface CopyImageOptions extends CallOptions {
  /** Copy the one manifest for this platform instead of the index. */
  readonly platform?: Platform | undefined;
  /** Copy only these entries of an index, and the index unchanged; an empty text stands for entries without a platform. */
  readonly platforms?: readonly (Platform | "")[] | undefined;
  /** Look at everything below manifests that the target has, too. */
  readonly isForced?: boolean | undefined;
  /** Do nothing more when the target has the manifest: overrides `isForced`, `referrers` and `digestTags` then. */
  readonly isFast?: boolean | undefined;
  /** Copy what refers to the image: all of it, or what fits any of the filters. */
  readonly referrers?: boolean | readonly DescriptorFilter[] | undefined;
  /** Where referrers are read instead of beside the image. */
  readonly referrersSource?: Repository | undefined;
  /** Where referrers go instead of beside the image. */
  readonly referrersTarget?: Repository | undefined;
  /** Copy tags that start with a digest of the image, such as `sha256-….sig`. */
  readonly digestTags?: boolean | undefined;
  /** Copy layers that can be downloaded from elsewhere, too. */
  readonly includeExternal?: boolean | undefined;
  /** Told of everything that happens. */
  readonly onProgress?: ((event: CopyEvent) => void) | undefined;
  /** Where log lines go. */
  readonly logger?: Logger | undefined;
}

/** What a copy did. */
export interface CopyResult {
  /** The manifest that the target's tags point at now. */
  readonly descriptor: Descriptor;
  /** Whether the target had everything that was looked at. */
  readonly isUnchanged: boolean;
  /** How many manifests and blobs were sent, linked and skipped. */
  readonly counts: CopyCounts;
}

/**
 * Copies an image, an index or an artifact with everything it needs: blobs and children first, what is attached to it next,
 * its tags last, so that no tag ever points at something incomplete. What the target has is not sent again.
 *
 * @param source What is copied.
 * @param target Where it goes.
 * @param options Platform, referrers, progress, signal.
 * @returns What was done.
 * @throws {RegkitError} The first failure, with the side it happened on; everything else is cancelled and has ended by then.
 *
 * @example A copy that changes nothing says so
 * ```ts
 * import { copyImage, createMemoryRepository, parseManifest } from "@regkit/regkit";
 * import assert from "node:assert/strict";
 *
 * const index = await parseManifest(new TextEncoder().encode('{"schemaVersion":2,"manifests":[]}'));
 * const source = createMemoryRepository("app");
 * const target = createMemoryRepository("backup/app");
 * await source.manifests.put("v1", index);
 *
 * const copy = () => copyImage({ repository: source, reference: "v1" }, { repository: target, reference: "v1" });
 * assert.equal((await copy()).isUnchanged, false);
 * assert.equal((await copy()).isUnchanged, true);
 * ```
 */
export async function copyImage(
  source: CopySource,
  target: CopyTarget,
  options: CopyImageOptions = {},
): Promise<CopyResult> {
  const group = new TaskGroup(options.signal);
  return await group.run(() => new ImageCopy(group, source, target, options).copy());
}

/** What is known of the source before anything is copied. */
interface Found {
  readonly descriptor: Descriptor;
  readonly manifest?: Manifest | undefined;
}

class ImageCopy {
  readonly #group: TaskGroup;
  readonly #source: CopySource;
  readonly #options: CopyImageOptions;
  readonly #pair: RepositoryPair;
  readonly #logger: Logger;
  readonly #report: CopyReport;
  readonly #tags: readonly string[];
  readonly #digest: Digest | undefined;

  constructor(group: TaskGroup, source: CopySource, target: CopyTarget, options: CopyImageOptions) {
    this.#group = group;
    this.#source = source;
    this.#options = options;
    this.#logger = options.logger ?? silentLogger;
    this.#report = new CopyReport(options.onProgress);
    this.#pair = new RepositoryPair(source.repository, target.repository, this.#reading);
    this.#digest = target.reference.includes(":") ? target.reference : undefined;
    const tags = this.#digest === undefined ? [target.reference] : [];
    this.#tags = [...new Set([...tags, ...target.tags ?? []])];
  }

  get #reading(): { readonly signal: AbortSignal; readonly logger: Logger } {
    return { signal: this.#group.signal, logger: this.#logger };
  }

  async copy(): Promise<CopyResult> {
    const names = this.#digest === undefined ? this.#tags : [...this.#tags, this.#digest];
    const [found, ...there] = await Promise.all([
      this.#group.add(this.#find()),
      ...names.map((name) => this.#group.add(this.#pair.targetDigest(name))),
    ]);
    const { descriptor } = found;
    if (there.some((digest) => digest !== undefined)) this.#pair.noteTargetExists();
    const other = await this.#checkDigest(found);
    const missing = names.filter((name, at) =>
      there[at] !== descriptor.digest && (name !== this.#digest || (other !== undefined && there[at] === undefined))
    );
    const isPresent = this.#pair.isSame || there.includes(descriptor.digest);
    if (missing.length === 0 && isPresent && !this.#isMoreThanTheManifest()) {
      this.#report.add("manifestsSkipped");
      this.#report.tell("manifest", descriptor, "skipped");
    } else {
      const isReplaced = there.some((digest) => digest !== undefined);
      this.#pair.expectsNew = !isPresent && (!isReplaced || !isRateLimited(this.#source.repository));
      await this.#copyGraph({ ...found, manifest: other ?? found.manifest }, missing, isPresent);
    }
    const counts = this.#report.counts;
    const isUnchanged = counts.manifestsPut === 0 && counts.blobsUploaded === 0 && counts.blobsMounted === 0;
    return { descriptor, isUnchanged, counts };
  }

  /** Finds out what the source reference means, in as few requests as possible and reading what will be needed. */
  async #find(): Promise<Found> {
    const { repository, reference } = this.#source;
    const { platform } = this.#options;
    const { signal, logger } = this.#reading;
    if (platform !== undefined) {
      const top = await fetchManifest(repository, reference, this.#reading);
      return await onSource(selectManifest(repository, top, platform, { signal, logger }));
    }
    // Only the digest is known, and it is enough to see that the target has it.
    if (reference.includes(":")) {
      parseDigest(reference);
      return { descriptor: { mediaType: "", digest: reference, size: -1 } };
    }
    // Reading counts against Docker Hub's limit, looking up does not.
    if (isRateLimited(repository)) return await onSource(repository.manifests.head(reference, { signal }));
    const manifest = await fetchManifest(repository, reference, this.#reading);
    return { descriptor: manifest.descriptor, manifest };
  }

  /**
   * Checks the digest that the target's reference demands.
   *
   * @returns The manifest, when it had to be read because the digest is of another algorithm.
   */
  async #checkDigest({ descriptor, manifest }: Found): Promise<Manifest | undefined> {
    const wanted = this.#digest;
    if (wanted === undefined || wanted === descriptor.digest) return undefined;
    const { algorithm } = parseDigest(wanted);
    let computed = descriptor.digest;
    let read: Manifest | undefined;
    if (parseDigest(computed).algorithm !== algorithm) {
      read = manifest ?? await fetchManifest(this.#pair.source, descriptor.digest, this.#reading);
      computed = await digestBytes(read.bytes, algorithm);
    }
    if (computed === wanted) return read;
    throw new RegkitError(
      "DIGEST_MISMATCH",
      `manifest digest mismatch, the target ${this.#pair.target.name}@${wanted} is to get ${computed}`,
      { side: "target", tip: "leave the digest of the target out, or copy the source by digest" },
    );
  }

  /** Whether it does not suffice that the target has the manifest. */
  #isMoreThanTheManifest(): boolean {
    const { isFast, isForced, digestTags } = this.#options;
    return isFast !== true && (isForced === true || digestTags === true || this.#referrers() !== undefined);
  }

  #referrers(): readonly DescriptorFilter[] | undefined {
    const { referrers } = this.#options;
    if (referrers === undefined || referrers === false) return undefined;
    return referrers === true ? [{}] : referrers;
  }

  async #copyGraph(found: Found, references: readonly string[], isPresent: boolean): Promise<void> {
    const { isForced, includeExternal, digestTags, referrersSource, referrersTarget } = this.#options;
    const referrers = this.#referrers();
    const finder = new AttachmentFinder(this.#pair, {
      ...this.#reading,
      referrers,
      referrersSource,
      referrersTarget,
      digestTags: digestTags === true,
    });
    const graph = new CopyGraph({
      group: this.#group,
      report: this.#report,
      logger: this.#logger,
      isForced: isForced === true,
      includeExternal: includeExternal === true,
      isWanted: platformFilter(this.#options.platforms),
      attachments: referrers === undefined && digestTags !== true
        ? undefined
        : (pair, digest) => finder.find(pair, digest),
    });
    const { descriptor, manifest } = found;
    const { done } = graph.manifest(this.#pair, descriptor, { manifest, isPresent, references, isChild: false });
    await Promise.all([done, prepareHashing()]);
  }
}

function platformFilter(
  platforms: readonly (Platform | "")[] | undefined,
): ((entry: Descriptor) => boolean) | undefined {
  if (platforms === undefined) return undefined;
  return ({ platform }) =>
    platforms.some((wanted) => {
      if (wanted === "" || platform === undefined) return wanted === "" && platform === undefined;
      return matchesPlatform(wanted, platform);
    });
}

function isRateLimited(repository: Repository): boolean {
  return repository.id.startsWith("reg://docker.io/");
}

async function onSource<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw inContext(error, { side: "source" });
  }
}
