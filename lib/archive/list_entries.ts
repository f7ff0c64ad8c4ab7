/**
 * Lists what is in a layer.
 *
 * @module
 */

import { createHasher, type Digest } from "../oci/digest.ts";
import { decompress } from "./compression.ts";
import { readTar, type TarHeader } from "./tar_read.ts";

/** An entry of a layer. */
export interface ListedEntry extends TarHeader {
  /** The digest of its content; absent where there is none. */
  readonly digest?: Digest | undefined;
}

/**
 * Lists the entries of a layer with the digests of their contents. The layer is read to its end.
 *
 * @param layer The layer as it is stored.
 * @returns The entries in the order of the archive.
 * @throws {RegkitError} `INVALID_ARCHIVE` when it is no archive, damaged or cut off.
 */
export async function* listEntries(
  layer: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<ListedEntry, void, undefined> {
  for await (const { header, body } of readTar(await decompress(layer))) {
    if (header.size === 0) {
      yield header;
      continue;
    }
    const hasher = await createHasher();
    for await (const chunk of body) hasher.update(chunk);
    yield { ...header, digest: hasher.digest() };
  }
}
