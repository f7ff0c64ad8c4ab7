/**
 * The walk over everything a manifest points to: children before parents, each once for each target, all at the same time.
 *
 * @module
 */

import { RegkitError } from "../errors.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import type { Manifest } from "../oci/manifest.ts";
import type { Successor } from "../oci/successors.ts";
import { copyBlob } from "./blob.ts";
import { fetchManifest } from "./fetch.ts";
import { ManifestNode } from "./manifest_node.ts";
import { putManifest } from "./put_manifest.ts";
import type { RepositoryPair } from "./repository_pair.ts";
import { type Task, WaitGraph } from "./wait_graph.ts";
import type { ManifestCopy, Walk, WalkOptions } from "./walk.ts";

/** Deeper nesting is not meant for use. */
const maxDepth = 64;

/** Copies manifests with all they need. */
export class CopyGraph implements Walk {
  /** How it is walked. */
  readonly options: WalkOptions;
  readonly #waits = new WaitGraph();
  readonly #blobs = new Map<string, Promise<void>>();

  /**
   * Creates a graph of which nothing is copied yet.
   *
   * @param options How it is walked.
   */
  constructor(options: WalkOptions) {
    this.options = options;
  }

  /**
   * Copies a manifest with all it needs, once for each target.
   *
   * @param pair Source and target.
   * @param descriptor The manifest; without a media type only its digest is known.
   * @param how What is known of it, and where it goes.
   * @returns The task; it is a member of the group.
   */
  manifest(pair: RepositoryPair, descriptor: Descriptor, how: ManifestCopy): Task {
    const name = `${pair.target.name}@${descriptor.digest}`;
    return this.#task(`${pair.target.id} ${descriptor.digest}`, name, (self) => {
      if ((how.depth ?? 0) > maxDepth) {
        throw new RegkitError("LOOP", `loop detected: ${name} is nested more than ${maxDepth} manifests deep`);
      }
      return new ManifestNode(this, pair, descriptor, how, self).copy();
    });
  }

  /**
   * Copies what a tag of the source points at to the same tag of the target.
   *
   * @param pair Source and target.
   * @param tag The tag.
   * @param depth How many manifests lead to it.
   * @returns The task; it is a member of the group.
   */
  tag(pair: RepositoryPair, tag: string, depth: number): Task {
    const { group, isForced, attachments, report, logger } = this.options;
    return this.#task(`${pair.target.id} ${tag}`, `${pair.target.name}:${tag}`, async (self) => {
      const [manifest, present] = await Promise.all([
        group.add(fetchManifest(pair.source, tag, { signal: group.signal, logger })),
        group.add(digestOfTag(pair, tag)),
      ]);
      const { descriptor } = manifest;
      const isPresent = present === descriptor.digest;
      if (isPresent && !isForced && attachments === undefined) {
        report.add("manifestsSkipped");
        return report.tell("manifest", descriptor, "skipped");
      }
      const references = isPresent ? [] : [tag];
      let isNew = false;
      const how = { manifest, isPresent: isPresent || undefined, references, isChild: false, depth };
      const key = `${pair.target.id} ${descriptor.digest}`;
      const node = this.#task(key, `${pair.target.name}@${descriptor.digest}`, (own) => {
        isNew = true;
        return new ManifestNode(this, pair, descriptor, how, own).copy();
      });
      await this.#waits.wait(self, node, false);
      // Somebody else copied the manifest under other names: only the tag is missing.
      if (!isNew && references.length > 0) await this.put(pair, manifest, references, false);
    });
  }

  /**
   * Waits for a task on behalf of another.
   *
   * @param self Who waits.
   * @param other For whom.
   * @param isOptional Whether it may be given up when both would wait for each other.
   */
  wait(self: Task, other: Task, isOptional: boolean): Promise<void> {
    return this.#waits.wait(self, other, isOptional);
  }

  /**
   * Copies a blob, once for each target.
   *
   * @param pair Source and target.
   * @param descriptor The blob.
   * @returns Settled when it is there.
   */
  blob(pair: RepositoryPair, descriptor: Descriptor): Promise<void> {
    const key = `${pair.target.id} ${descriptor.digest}`;
    let copied = this.#blobs.get(key);
    if (copied === undefined) {
      const { group, report, logger } = this.options;
      copied = group.add(copyBlob(pair, descriptor, { signal: group.signal, report, logger }));
      this.#blobs.set(key, copied);
    }
    return copied;
  }

  /**
   * Puts a manifest whose content is complete.
   *
   * @param pair Source and target.
   * @param manifest The manifest.
   * @param references The tags or digests.
   * @param isChild Whether it needs no name of its own.
   */
  async put(
    pair: RepositoryPair,
    manifest: Manifest,
    references: readonly string[],
    isChild: boolean,
  ): Promise<void> {
    const { group, report, logger, includeExternal, isWanted } = this.options;
    const isNeeded = ({ role, descriptor, isExternal }: Successor) =>
      (!isExternal || includeExternal) && (role !== "entry" || isWanted?.(descriptor) !== false);
    await putManifest(pair, manifest, { references, isChild, isNeeded, signal: group.signal, report, logger });
  }

  #task(key: string, name: string, work: (self: Task) => Promise<void>): Task {
    const { group } = this.options;
    return this.#waits.task(key, name, (self) => group.add(Promise.try(work, self)));
  }
}

async function digestOfTag(pair: RepositoryPair, tag: string): Promise<Digest | undefined> {
  return await pair.mayHold() ? await pair.targetDigest(tag) : undefined;
}
