/**
 * How the graph of an image is walked: what the walk is told, and what each manifest of it may ask for.
 *
 * @module
 */

import type { Logger } from "../log.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import type { Manifest } from "../oci/manifest.ts";
import type { CopyReport } from "./progress.ts";
import type { RepositoryPair } from "./repository_pair.ts";
import type { TaskGroup } from "./task_group.ts";
import type { Task } from "./wait_graph.ts";

/** Something that belongs to a manifest without being part of it: a referrer, or a tag made of its digest. */
export interface Attachment {
  /** Where it is and where it goes. */
  readonly pair: RepositoryPair;
  /** The referrer's descriptor, or the tag. */
  readonly content: Descriptor | string;
}

/** How a graph is walked. */
export interface WalkOptions {
  /** All work is done in it. */
  readonly group: TaskGroup;
  /** Told what happens. */
  readonly report: CopyReport;
  /** Where log lines go. */
  readonly logger: Logger;
  /** Whether to look below manifests that the target has. */
  readonly isForced: boolean;
  /** Whether blobs that can be had elsewhere are copied too. */
  readonly includeExternal: boolean;
  /** Which entries of indexes are copied; all by default. */
  readonly isWanted?: ((entry: Descriptor) => boolean) | undefined;
  /** Finds what is attached to a manifest and copied before it; nothing by default. */
  readonly attachments?: ((pair: RepositoryPair, digest: Digest) => Promise<readonly Attachment[]>) | undefined;
}

/** How one manifest is copied. */
export interface ManifestCopy {
  /** The manifest, when it was read already. */
  readonly manifest?: Manifest | undefined;
  /** Whether the target has it, when that is known. */
  readonly isPresent?: boolean | undefined;
  /** The tags or digests to put it under even when it is present; by its digest where it is not, without them. */
  readonly references?: readonly string[] | undefined;
  /** Whether an index or subject names it, so that it needs no name of its own. */
  readonly isChild: boolean;
  /** How many manifests lead to it. */
  readonly depth?: number | undefined;
  /** The index that names it, for errors. */
  readonly parent?: Digest | undefined;
}

/** What a manifest on its way asks of the walk that it is part of. */
export interface Walk {
  /** How the graph is walked. */
  readonly options: WalkOptions;
  /**
   * Copies a manifest with all it needs, once for each target.
   *
   * @param pair Source and target.
   * @param descriptor The manifest; without a media type only its digest is known.
   * @param how What is known of it, and where it goes.
   * @returns The task; it is a member of the group.
   */
  manifest(pair: RepositoryPair, descriptor: Descriptor, how: ManifestCopy): Task;
  /**
   * Copies what a tag of the source points at to the same tag of the target.
   *
   * @param pair Source and target.
   * @param tag The tag.
   * @param depth How many manifests lead to it.
   * @returns The task; it is a member of the group.
   */
  tag(pair: RepositoryPair, tag: string, depth: number): Task;
  /**
   * Copies a blob, once for each target.
   *
   * @param pair Source and target.
   * @param descriptor The blob.
   * @returns Settled when it is there.
   */
  blob(pair: RepositoryPair, descriptor: Descriptor): Promise<void>;
  /**
   * Puts a manifest whose content is complete.
   *
   * @param pair Source and target.
   * @param manifest The manifest.
   * @param references The tags or digests.
   * @param isChild Whether it needs no name of its own.
   */
  put(pair: RepositoryPair, manifest: Manifest, references: readonly string[], isChild: boolean): Promise<void>;
  /**
   * Waits for a task on behalf of another.
   *
   * @param self Who waits.
   * @param other For whom.
   * @param isOptional Whether it may be given up when both would wait for each other.
   */
  wait(self: Task, other: Task, isOptional: boolean): Promise<void>;
}
