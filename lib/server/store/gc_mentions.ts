/**
 * What a document of an unknown type may need: everything in it that looks like a digest.
 *
 * @module
 */

import type { Digest } from "../../oci/digest.ts";
import { isContentDigest } from "../names.ts";
import type { Bytes } from "./store.ts";

/** Where documents come from. */
export interface MentionSource {
  /** Reads a document; `undefined` when it is not there, or too large to be one. */
  read(digest: Digest): Promise<Bytes | undefined>;
  /** Tells whether it is known what a digest needs. */
  isKnown(digest: Digest): boolean;
}

/**
 * Finds what looks like a digest.
 *
 * @param text The text.
 * @returns The digests.
 */
export function mentionedIn(text: string): readonly Digest[] {
  return [...text.matchAll(/[a-z0-9]+:[0-9a-f]{64,128}/g)].map(([digest]) => digest).filter(isContentDigest);
}

/**
 * Adds what a document mentions, and what the documents mention that it mentions.
 *
 * @param digest The document.
 * @param found Takes the digests; what is in it already is not looked at again.
 * @param source Where documents come from.
 */
export async function addMentioned(digest: Digest, found: Set<Digest>, source: MentionSource): Promise<void> {
  const bytes = await source.read(digest);
  const text = bytes === undefined ? "" : new TextDecoder().decode(bytes);
  if (!text.trimStart().startsWith("{")) return;
  for (const mentioned of mentionedIn(text)) {
    if (found.has(mentioned)) continue;
    found.add(mentioned);
    if (!source.isKnown(mentioned)) await addMentioned(mentioned, found, source);
  }
}
