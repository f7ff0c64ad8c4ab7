/**
 * Finds out what the tags of a repository point at.
 *
 * @module
 */

import { hasCode } from "../errors.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import type { Manifest } from "../oci/manifest.ts";
import { type Platform, selectPlatform } from "../oci/platform.ts";
import type { CallOptions, Repository } from "../repository.ts";
import { TaskGroup } from "../copy/task_group.ts";
import { configOf } from "./image_config.ts";

/** What a tag points at. */
export interface TagDescription {
  /** The tag. */
  readonly tag: string;
  /** The digest of its manifest. */
  readonly digest: Digest;
  /** The media type of its manifest. */
  readonly mediaType: string;
  /** Bytes of the image's config and layers as they are stored; of an index, those of the image for the platform. */
  readonly size: number;
  /** When the image was made, as it says itself; `undefined` when it does not. */
  readonly created: Date | undefined;
}

/** Options of {@linkcode describeTags}. */
export interface DescribeTagsOptions extends CallOptions {
  /** Which image of an index counts; the first one when there is none for it. */
  readonly platform: Platform;
}

/** How many tags are looked at at a time; hosts limit their requests themselves. */
const concurrent = 16;

const createdKey = "org.opencontainers.image.created";

/**
 * Looks tags up: one request for each, one more for an index, and one more where only the config tells the time.
 *
 * @param repository The repository.
 * @param tags The tags.
 * @param options Platform and signal.
 * @returns What they point at, in the order of the tags. Tags that vanished meanwhile are left out.
 * @throws {RegkitError} What the repository fails with.
 */
export async function describeTags(
  repository: Repository,
  tags: readonly string[],
  { platform, signal }: DescribeTagsOptions,
): Promise<readonly TagDescription[]> {
  const group = new TaskGroup(signal);
  const found: (TagDescription | undefined)[] = [];
  const waiting = tags.entries();
  const work = async (): Promise<void> => {
    for (const [at, tag] of waiting) found[at] = await describeTag(repository, tag, platform, group.signal);
  };
  await group.run(async () => {
    await Promise.all(Array.from({ length: Math.min(concurrent, tags.length) }, () => group.add(work())));
  });
  return found.filter((description) => description !== undefined);
}

async function describeTag(
  repository: Repository,
  tag: string,
  platform: Platform,
  signal: AbortSignal,
): Promise<TagDescription | undefined> {
  let top: Manifest;
  try {
    top = await repository.manifests.get(tag, { signal });
  } catch (error) {
    if (hasCode(error, "NOT_FOUND")) return undefined;
    throw error;
  }
  const { digest, mediaType } = top.descriptor;
  const image = await imageOf(repository, top, platform, signal);
  const created = createdOf(top) ?? createdOf(image) ?? await configCreated(repository, image, signal);
  return { tag, digest, mediaType, size: contentSize(image), created };
}

/** The image itself, or the one of an index that counts. */
async function imageOf(
  repository: Repository,
  top: Manifest,
  platform: Platform,
  signal: AbortSignal,
): Promise<Manifest> {
  if (top.kind !== "index") return top;
  const { manifests } = top.body;
  const entry: Descriptor | undefined = selectPlatform(manifests, platform) ?? manifests[0];
  if (entry === undefined) return top;
  try {
    return await repository.manifests.get(entry.digest, { descriptor: entry, signal });
  } catch (error) {
    // An index without its images is still a tag that people want to see.
    if (hasCode(error, "NOT_FOUND", "UNSUPPORTED_MEDIA_TYPE")) return top;
    throw error;
  }
}

function contentSize(manifest: Manifest): number {
  const sum = (parts: readonly Descriptor[]) => parts.reduce((total, { size }) => total + size, 0);
  if (manifest.kind === "image") return sum([manifest.body.config, ...manifest.body.layers]);
  return manifest.kind === "artifact" ? sum(manifest.body.blobs) : 0;
}

function createdOf({ body }: Manifest): Date | undefined {
  return "annotations" in body ? toDate(body.annotations?.[createdKey]) : undefined;
}

async function configCreated(
  repository: Repository,
  image: Manifest,
  signal: AbortSignal,
): Promise<Date | undefined> {
  try {
    return toDate((await configOf(repository, image, { signal })).body?.["created"]);
  } catch (error) {
    // What is no image has no time to tell.
    if (hasCode(error, "UNSUPPORTED_MEDIA_TYPE", "INVALID_MANIFEST", "NOT_FOUND")) {
      return undefined;
    }
    throw error;
  }
}

function toDate(value: unknown): Date | undefined {
  const time = typeof value === "string" ? Date.parse(value) : NaN;
  return Number.isNaN(time) ? undefined : new Date(time);
}
