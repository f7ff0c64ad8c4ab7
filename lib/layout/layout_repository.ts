/**
 * A directory in the OCI image layout as a repository.
 *
 * @module
 */

import type { Digest } from "../oci/digest.ts";
import type { BlobStore, CallOptions, ManifestStore, Repository, TagListOptions, TagStore } from "../repository.ts";
import type {
  CanListReferrers,
  CanListTagPages,
  CanProbe,
  ReferrerList,
  ReferrerListOptions,
  TagPage,
} from "../repository_powers.ts";
import { absolutePath } from "./absolute_path.ts";
import { unlessMissing } from "./io_error.ts";
import { createLayoutBlobs } from "./layout_blobs.ts";
import { blobsName, indexName, markerName } from "./layout_files.ts";
import { createLayoutManifests } from "./layout_manifests.ts";
import { type LayoutOptions, resolveLayoutOptions } from "./layout_options.ts";
import { listLayoutReferrers } from "./layout_referrers.ts";
import { LayoutSession } from "./layout_session.ts";
import { createLayoutTags, listLayoutTagPages } from "./layout_tags.ts";

export type { LayoutClock, LayoutOptions } from "./layout_options.ts";

/** An OCI layout opened as a repository. */
export interface LayoutRepository extends Repository, CanListReferrers, CanListTagPages, CanProbe {
  /** The absolute path of the directory. */
  readonly path: string;
}

/**
 * Opens a directory as a repository. Nothing is read before it is used, and nothing is created before it is written to.
 *
 * @param path The directory; a relative path starts at the working directory.
 * @param options Durability, garbage collection, time and logger.
 * @returns The repository; dispose it when the work is done.
 */
export function openLayout(path: string, options: LayoutOptions = {}): LayoutRepository {
  const root = absolutePath(path, Deno.cwd, Deno.build.os === "windows");
  return new LayoutHandle(path, new LayoutSession(root, resolveLayoutOptions(options)));
}

class LayoutHandle implements LayoutRepository {
  readonly id: string;
  readonly name: string;
  readonly path: string;
  readonly blobs: BlobStore;
  readonly manifests: ManifestStore;
  readonly tags: TagStore;
  readonly #session: LayoutSession;

  constructor(path: string, session: LayoutSession) {
    this.#session = session;
    this.name = `ocidir://${path}`;
    this.path = session.root;
    this.id = `ocidir://${session.root}`;
    this.blobs = createLayoutBlobs(session);
    this.manifests = createLayoutManifests(session);
    this.tags = createLayoutTags(session);
  }

  async exists(options?: CallOptions): Promise<boolean> {
    options?.signal?.throwIfAborted();
    for (const name of [markerName, indexName, blobsName]) {
      const path = `${this.path}/${name}`;
      if (await unlessMissing("read", path, () => Deno.stat(path)) !== undefined) return true;
    }
    return false;
  }

  listReferrers(subject: Digest, options?: ReferrerListOptions): Promise<ReferrerList> {
    return listLayoutReferrers(this.#session, subject, options);
  }

  listTagPages(options?: TagListOptions): AsyncIterable<TagPage> {
    return listLayoutTagPages(this.#session, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session.close();
  }
}
