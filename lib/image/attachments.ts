/**
 * What is copied along with a manifest though no manifest points to it: its referrers, and the tags made of its digest.
 *
 * @module
 */

import { inContext } from "../errors.ts";
import { RepositoryPair, type RepositoryPairOptions } from "../copy/repository_pair.ts";
import type { Attachment } from "../copy/walk.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { type DescriptorFilter, matchesFilter } from "../oci/descriptor_filter.ts";
import { type Digest, fallbackTag } from "../oci/digest.ts";
import type { Repository } from "../repository.ts";
import { canListReferrers } from "../repository_powers.ts";

/** What is looked for. */
export interface AttachmentOptions extends RepositoryPairOptions {
  /** Referrers that fit any of these filters; none without them. */
  readonly referrers: readonly DescriptorFilter[] | undefined;
  /** Where referrers are listed and read; beside their subject by default. */
  readonly referrersSource: Repository | undefined;
  /** Where referrers go; beside their subject by default. */
  readonly referrersTarget: Repository | undefined;
  /** Whether digest tags are copied. */
  readonly digestTags: boolean;
}

/** Finds what is attached to manifests. */
export class AttachmentFinder {
  readonly #options: AttachmentOptions;
  readonly #tags = new Map<string, Promise<readonly string[]>>();
  readonly #external: RepositoryPair | undefined;

  /**
   * Creates a finder.
   *
   * @param main The sides of the copy.
   * @param options What is looked for.
   */
  constructor(main: RepositoryPair, options: AttachmentOptions) {
    this.#options = options;
    const { referrersSource = main.source, referrersTarget = main.target } = options;
    const isElsewhere = referrersSource.id !== main.source.id || referrersTarget.id !== main.target.id;
    this.#external = isElsewhere ? new RepositoryPair(referrersSource, referrersTarget, options) : undefined;
  }

  /**
   * Finds what is attached to a manifest.
   *
   * @param pair The sides that the manifest is copied between.
   * @param digest The manifest's digest.
   * @returns Its referrers first, then tags.
   * @throws {RegkitError} When the source cannot list them.
   */
  async find(pair: RepositoryPair, digest: Digest): Promise<readonly Attachment[]> {
    const referrersPair = this.#external ?? pair;
    const [referrers, tags] = await Promise.all([
      this.#referrers(referrersPair, digest),
      this.#options.digestTags && !pair.isSame ? this.#tagsOf(pair.source) : [],
    ]);
    const prefix = fallbackTag(digest);
    // The list of referrers was copied by copying them; as a tag it would name the source's.
    const isList = (tag: string) => referrersPair.source.id === pair.source.id && referrers.tags.includes(tag);
    return [
      ...referrers.descriptors.map((content) => ({ pair: referrersPair, content })),
      ...tags.filter((tag) => tag.startsWith(prefix) && !isList(tag)).map((content) => ({ pair, content })),
    ];
  }

  async #referrers(
    pair: RepositoryPair,
    digest: Digest,
  ): Promise<{ readonly descriptors: readonly Descriptor[]; readonly tags: readonly string[] }> {
    const { referrers: filters, signal } = this.#options;
    if (filters === undefined || pair.isSame || !canListReferrers(pair.source)) return { descriptors: [], tags: [] };
    const artifactType = filters.length === 1 ? filters[0]?.artifactType : undefined;
    try {
      const { descriptors, tags } = await pair.source.listReferrers(digest, { artifactType, signal });
      const isWanted = (descriptor: Descriptor) => filters.some((filter) => matchesFilter(descriptor, filter));
      return { descriptors: descriptors.filter(isWanted), tags };
    } catch (error) {
      throw inContext(error, { op: `list referrers of ${pair.source.name}@${digest}`, side: "source" });
    }
  }

  /** All tags that look as if made of a digest, listed once. */
  #tagsOf(source: Repository): Promise<readonly string[]> {
    let tags = this.#tags.get(source.id);
    if (tags === undefined) {
      tags = listDigestTags(source, this.#options.signal);
      this.#tags.set(source.id, tags);
    }
    return tags;
  }
}

async function listDigestTags(source: Repository, signal: AbortSignal | undefined): Promise<readonly string[]> {
  const tags: string[] = [];
  try {
    for await (const tag of source.tags.list({ signal })) {
      if (/^[a-z0-9]+-[0-9a-f]{32}/.test(tag)) tags.push(tag);
    }
  } catch (error) {
    throw inContext(error, { op: `list tags of ${source.name}`, side: "source" });
  }
  return tags;
}
