/**
 * The tags of a registry repository (distribution-spec end-8).
 *
 * @module
 */

import { inContext, RegkitError } from "../errors.ts";
import type { TagListOptions, TagStore } from "../repository.ts";
import type { TagPage } from "../repository_powers.ts";
import { listPages, namesOf } from "./paged_list.ts";
import { type Remote, remoteName } from "./remote.ts";
import { deleteTag } from "./tag_delete.ts";

/**
 * Creates the tag store of a registry repository.
 *
 * @param remote The repository.
 * @returns Its tags.
 */
export function createTagStore(remote: Remote): TagStore {
  return {
    list: (options = {}) => listTags(remote, options),
    delete: (tag, options = {}) => deleteTag(remote, tag, options),
  };
}

async function* listTags(remote: Remote, options: TagListOptions): AsyncGenerator<string, void, undefined> {
  let left = options.limit ?? Infinity;
  for await (const page of listTagPages(remote, options)) {
    for (const tag of page.tags) {
      if (left-- <= 0) return;
      yield tag;
    }
  }
}

/**
 * Lists tags page by page until the limit is reached.
 *
 * @param remote The repository.
 * @param options Limit, start and signal.
 * @returns The pages, whole.
 * @throws {RegkitError} `NOT_FOUND` when there is no such repository; `INVALID_RESPONSE` when a page is another repository's.
 */
export async function* listTagPages(
  remote: Remote,
  options: TagListOptions,
): AsyncGenerator<TagPage, void, undefined> {
  const op = `list tags of ${remoteName(remote)}`;
  const limit = options.limit !== undefined && options.limit > 0 ? options.limit : Infinity;
  let count = 0;
  let name: unknown;
  try {
    for await (
      const page of listPages(remote.http, {
        ...options,
        registry: remote.registry,
        repository: remote.repository,
        path: "tags/list",
        canUseMirrors: remote.canUseMirrors,
      })
    ) {
      if (name !== undefined && page.body["name"] !== name) {
        throw new RegkitError("INVALID_RESPONSE", `pages of the tag list name "${name}" and "${page.body["name"]}"`);
      }
      name = page.body["name"];
      const tags = namesOf(page, "tags");
      yield { tags, document: page.document, headers: page.headers };
      count += tags.length;
      if (count >= limit) return;
    }
  } catch (error) {
    throw inContext(error, { op });
  }
}
