/**
 * One manifest of a copy: what it points to, what is attached to it, then the manifest itself.
 *
 * @module
 */

import { hasCode, RegkitError } from "../errors.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { Manifest } from "../oci/manifest.ts";
import { isImageType } from "../oci/media_type.ts";
import { successors } from "../oci/successors.ts";
import { fetchManifest } from "./fetch.ts";
import type { RepositoryPair } from "./repository_pair.ts";
import type { Task } from "./wait_graph.ts";
import type { ManifestCopy, Walk, WalkOptions } from "./walk.ts";

/** One manifest on its way. */
export class ManifestNode {
  readonly #walk: Walk;
  readonly #options: WalkOptions;
  readonly #pair: RepositoryPair;
  readonly #descriptor: Descriptor;
  readonly #how: ManifestCopy;
  readonly #self: Task;

  /**
   * Prepares to copy a manifest.
   *
   * @param walk What it is part of.
   * @param pair Source and target.
   * @param descriptor The manifest; without a media type only its digest is known.
   * @param how What is known of it, and where it goes.
   * @param self The task to wait with.
   */
  constructor(
    walk: Walk,
    pair: RepositoryPair,
    descriptor: Descriptor,
    how: ManifestCopy,
    self: Task,
  ) {
    this.#walk = walk;
    this.#options = walk.options;
    this.#pair = pair;
    this.#descriptor = descriptor;
    this.#how = how;
    this.#self = self;
  }

  /** Copies what the manifest needs and what is attached to it, then the manifest itself. */
  async copy(): Promise<void> {
    const { report, isForced, attachments, group } = this.#options;
    const { references = [], isChild } = this.#how;
    report.tell("manifest", this.#descriptor, "started");
    const early = this.#isReadEarly() ? group.keep(this.#read()) : undefined;
    const isPresent = this.#how.isPresent ?? await this.#pair.hasManifest(this.#descriptor.digest);
    const attached = attachments === undefined ? undefined : group.add(this.#copyAttachments(attachments));
    // Below an index that is there only what is attached to its entries can be missing.
    const isWalked = !isPresent || isForced;
    const isRead = isWalked || references.length > 0 ||
      (attached !== undefined && !this.#pair.isSame && !isImageType(this.#descriptor.mediaType));
    const manifest = isRead ? await (early ?? this.#read()) : undefined;
    if (manifest !== undefined && !this.#pair.isSame) {
      await Promise.all(this.#copySuccessors(manifest, isWalked, attached !== undefined));
    }
    await attached;
    const names = references.length > 0 || isPresent ? references : [this.#descriptor.digest];
    if (manifest === undefined || names.length === 0) {
      report.add("manifestsSkipped");
      report.tell("manifest", this.#descriptor, "skipped");
      return;
    }
    await this.#walk.put(this.#pair, manifest, names, isChild);
    report.tell("manifest", manifest.descriptor, "finished", manifest.descriptor.size);
  }

  #isReadEarly(): boolean {
    const { isPresent, manifest } = this.#how;
    return isPresent === undefined && manifest === undefined && !this.#pair.isSame &&
      (this.#options.isForced || this.#pair.expectsNew);
  }

  async #read(): Promise<Manifest> {
    const { manifest, parent } = this.#how;
    if (manifest !== undefined) return manifest;
    const { group, logger } = this.#options;
    const { source } = this.#pair;
    const { digest, mediaType } = this.#descriptor;
    const wanted = mediaType === "" ? digest : this.#descriptor;
    try {
      return await fetchManifest(source, wanted, { signal: group.signal, logger });
    } catch (error) {
      if (parent === undefined || !hasCode(error, "NOT_FOUND")) throw error;
      const message = `manifest ${digest} that ${parent} lists is missing in ${source.name}`;
      throw new RegkitError("NOT_FOUND", message, { cause: error, side: "source", op: error.op });
    }
  }

  #copySuccessors(manifest: Manifest, isWalked: boolean, hasAttachments: boolean): Promise<void>[] {
    const { report, includeExternal, isWanted } = this.#options;
    const copies: Promise<void>[] = [];
    for (const successor of successors(manifest)) {
      const { descriptor, kind, role, isExternal } = successor;
      if (role === "entry" && isWanted?.(descriptor) === false) continue;
      if (kind === "manifest") {
        if (isWalked || hasAttachments) copies.push(this.#copyEntry(manifest, descriptor, undefined));
      } else if (isWalked && isExternal && !includeExternal) {
        report.add("blobsSkipped");
        report.tell("blob", descriptor, "skipped");
      } else if (isWalked) {
        copies.push(
          kind === "blob" ? this.#walk.blob(this.#pair, descriptor) : this.#copyUnknown(manifest, descriptor),
        );
      }
    }
    // One that fails while others are waited for is the group's failure; its promise must not go unheeded meanwhile.
    return copies.map((copy) => this.#options.group.add(copy));
  }

  #copyEntry(index: Manifest, descriptor: Descriptor, manifest: Manifest | undefined): Promise<void> {
    const depth = (this.#how.depth ?? 0) + 1;
    const how = { manifest, isChild: true, depth, parent: index.descriptor.digest };
    return this.#walk.wait(this.#self, this.#walk.manifest(this.#pair, descriptor, how), false);
  }

  /** The media type tells nothing: what can be read as a manifest is one. */
  async #copyUnknown(index: Manifest, descriptor: Descriptor): Promise<void> {
    const { group, logger } = this.#options;
    let manifest: Manifest | undefined;
    try {
      manifest = await fetchManifest(this.#pair.source, descriptor.digest, { signal: group.signal, logger });
    } catch (error) {
      if (!hasCode(error, "NOT_FOUND", "UNSUPPORTED_MEDIA_TYPE", "INVALID_MANIFEST", "HTTP_STATUS")) throw error;
      logger.log("debug", "Entry is no manifest, copying it as a blob", { digest: descriptor.digest });
    }
    if (manifest === undefined) await this.#walk.blob(this.#pair, descriptor);
    else await this.#copyEntry(index, manifest.descriptor, manifest);
  }

  async #copyAttachments(find: NonNullable<WalkOptions["attachments"]>): Promise<void> {
    const depth = (this.#how.depth ?? 0) + 1;
    const found = await find(this.#pair, this.#descriptor.digest);
    await Promise.all(found.map(({ pair, content }) => {
      const task = typeof content === "string"
        ? this.#walk.tag(pair, content, depth)
        : this.#walk.manifest(pair, content, { isChild: true, depth });
      return this.#options.group.add(this.#walk.wait(this.#self, task, true));
    }));
  }
}
