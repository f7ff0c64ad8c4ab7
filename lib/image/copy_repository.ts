/**
 * Copies the tags of a repository.
 *
 * @module
 */

import { CopyGraph } from "../copy/graph.ts";
import { type CopyCounts, type CopyEvent, CopyReport } from "../copy/progress.ts";
import { RepositoryPair } from "../copy/repository_pair.ts";
import { TaskGroup } from "../copy/task_group.ts";
import { hasCode, inContext } from "../errors.ts";
import { type Logger, silentLogger } from "../log.ts";
import type { CallOptions, Repository } from "../repository.ts";
import { AttachmentFinder } from "./attachments.ts";

/** Options of {@linkcode copyRepository}. */
export interface CopyRepositoryOptions extends CallOptions {
  /** Tells whether a tag is copied; all are by default. */
  readonly isWanted?: ((tag: string) => boolean) | undefined;
  /** Leave out tags that the target has, whatever they point at there. */
  readonly newTagsOnly?: boolean | undefined;
  /** Copy what refers to the images, too. */
  readonly referrers?: boolean | undefined;
  /** How many tags are copied at a time; no limit below 1. 2 by default. */
  readonly concurrent?: number | undefined;
  /** Told of everything that happens. */
  readonly onProgress?: ((event: CopyEvent) => void) | undefined;
  /** Where log lines go. */
  readonly logger?: Logger | undefined;
}

/** What a copy of a repository did. */
export interface CopyRepositoryResult {
  /** How many tags were looked at: those wanted, and not left out as present. */
  readonly tags: number;
  /** How many manifests and blobs were sent, linked and skipped. */
  readonly counts: CopyCounts;
}

/**
 * Copies tags of a repository with everything below them. What several of them share is read, looked up and sent once. Nothing is
 * deleted at the target.
 *
 * @param source Where the tags are.
 * @param target Where they go.
 * @param options Which tags, and how many at a time.
 * @returns What was done.
 * @throws {RegkitError} The first failure, with the side it happened on; everything else is cancelled and has ended by then.
 */
export async function copyRepository(
  source: Repository,
  target: Repository,
  options: CopyRepositoryOptions = {},
): Promise<CopyRepositoryResult> {
  const group = new TaskGroup(options.signal);
  return await group.run(() => copyTags(group, source, target, options));
}

async function copyTags(
  group: TaskGroup,
  source: Repository,
  target: Repository,
  options: CopyRepositoryOptions,
): Promise<CopyRepositoryResult> {
  const { isWanted = () => true, newTagsOnly = false, referrers = false, concurrent = 2 } = options;
  const { logger = silentLogger } = options;
  const { signal } = group;
  const report = new CopyReport(options.onProgress);
  const pair = new RepositoryPair(source, target, { signal, logger });
  const finder = referrers ? attachmentFinder(pair, signal, logger) : undefined;
  const graph = new CopyGraph({
    group,
    report,
    logger,
    isForced: false,
    includeExternal: false,
    attachments: finder === undefined ? undefined : (sides, digest) => finder.find(sides, digest),
  });
  const present = newTagsOnly ? await tagsOf(target, signal) : new Set<string>();
  if (present.size > 0) pair.noteTargetExists();
  const running = new Set<Promise<void>>();
  let tags = 0;
  for await (const tag of listed(source, signal)) {
    if (present.has(tag) || !isWanted(tag)) continue;
    tags++;
    const copy = group.add(graph.tag(pair, tag, 0).done);
    running.add(copy);
    // The group knows of a failure already; here it matters only that there is room.
    const forget = () => running.delete(copy);
    copy.then(forget, forget);
    while (concurrent > 0 && running.size >= concurrent) await Promise.race(running);
  }
  await Promise.all(running);
  return { tags, counts: report.counts };
}

function attachmentFinder(pair: RepositoryPair, signal: AbortSignal, logger: Logger): AttachmentFinder {
  return new AttachmentFinder(pair, {
    signal,
    logger,
    referrers: [{}],
    referrersSource: undefined,
    referrersTarget: undefined,
    digestTags: false,
  });
}

async function* listed(source: Repository, signal: AbortSignal): AsyncGenerator<string, void, undefined> {
  try {
    yield* source.tags.list({ signal });
  } catch (error) {
    throw inContext(error, { op: `list tags in ${source.name}`, side: "source" });
  }
}

/** A repository that does not exist yet has no tags. */
async function tagsOf(target: Repository, signal: AbortSignal): Promise<ReadonlySet<string>> {
  const tags = new Set<string>();
  try {
    for await (const tag of target.tags.list({ signal })) tags.add(tag);
  } catch (error) {
    if (!hasCode(error, "NOT_FOUND")) throw inContext(error, { op: `list tags in ${target.name}`, side: "target" });
  }
  return tags;
}
