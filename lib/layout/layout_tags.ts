/**
 * The tags of an OCI layout: the names in its index.
 *
 * @module
 */

import { RegkitError } from "../errors.ts";
import type { TagDeleteOptions, TagListOptions, TagStore } from "../repository.ts";
import type { TagPage } from "../repository_powers.ts";
import { entryName, listTagNames, withoutTag } from "./index_entries.ts";
import type { LayoutIndex } from "./index_file.ts";
import { indexName } from "./layout_files.ts";
import type { LayoutSession } from "./layout_session.ts";

/**
 * Creates the tag store over a session. Tags are listed in bytewise order.
 *
 * @param session The handle's state.
 * @returns The store.
 */
export function createLayoutTags(session: LayoutSession): TagStore {
  return {
    async *list(options = {}) {
      const { last, limit, signal } = options;
      const tags = listTagNames((await readTags(session, signal)).entries);
      const wanted = last === undefined ? tags : tags.filter((tag) => tag > last);
      for (const tag of wanted.slice(0, limit ?? wanted.length)) {
        signal?.throwIfAborted();
        yield tag;
      }
    },
    delete: (tag, options) => deleteTag(session, tag, options),
  };
}

/**
 * Lists all tags in one page, with the index as its document.
 *
 * @param session The handle's state.
 * @param options The signal; an index has no pages, so the rest does not matter.
 * @returns The one page.
 * @throws {RegkitError} `NOT_FOUND` when there is no index.
 */
export async function* listLayoutTagPages(
  session: LayoutSession,
  options: TagListOptions = {},
): AsyncIterable<TagPage> {
  const index = await readTags(session, options.signal);
  yield { tags: listTagNames(index.entries), document: index.bytes.slice() };
}

async function readTags(session: LayoutSession, signal: AbortSignal | undefined): Promise<LayoutIndex> {
  await session.beginRead(signal);
  const index = await session.readIndex();
  if (index !== undefined) return index;
  throw new RegkitError("NOT_FOUND", `no OCI layout in ${session.root}: ${session.root}/${indexName} does not exist`, {
    tip: "Check the path, and that it is an OCI layout directory.",
  });
}

async function deleteTag(session: LayoutSession, tag: string, options: TagDeleteOptions = {}): Promise<void> {
  const notFound = () => new RegkitError("NOT_FOUND", `failed deleting tag ${tag} of ${session.root}: not found`);
  // Asked first, so that a wrong path does not become a layout.
  const index = await session.readIndex();
  if (!(index?.entries ?? []).some((entry) => tag !== "" && entryName(entry) === tag)) throw notFound();
  await session.beginWrite(options.signal);
  await session.editIndex((entries) => {
    const rest = withoutTag(entries, tag);
    if (rest === undefined) throw notFound();
    return rest;
  }, options.signal);
}
