/**
 * Tells compressed streams by their first bytes, and decompresses them.
 *
 * @module
 */

import { RegkitError } from "../errors.ts";
import { peekStream } from "./peek_stream.ts";
import { throughNode } from "./through_node.ts";

/** How bytes are compressed. */
export type Compression = "none" | "gzip" | "zstd" | "bzip2" | "xz";

const magics: readonly (readonly [Compression, readonly number[]])[] = [
  ["gzip", [0x1f, 0x8b, 0x08]],
  ["zstd", [0x28, 0xb5, 0x2f, 0xfd]],
  ["bzip2", [0x42, 0x5a, 0x68]],
  ["xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
];

/** As many bytes as the longest of the marks. */
const markBytes = 6;

/**
 * Tells how bytes are compressed, by how they begin.
 *
 * @param start The first bytes; six are enough.
 * @returns The compression; `none` for everything that has no known mark.
 */
export function detectCompression(start: Uint8Array): Compression {
  const found = magics.find(([, magic]) => magic.every((byte, at) => start[at] === byte));
  return found?.[0] ?? "none";
}

/**
 * Decompresses a stream by what it begins with; one that is not compressed is passed on. Only the package that is needed is
 * loaded.
 *
 * @param stream The stream; reading the result to its end reads it to its end, cancelling cancels it.
 * @returns The plain bytes; the stream fails with `INVALID_ARCHIVE` where the compressed bytes are damaged or cut off.
 * @throws {RegkitError} `UNSUPPORTED` for bzip2; the stream is cancelled then.
 */
export async function decompress(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  const { start, stream: whole } = await peekStream(stream, markBytes);
  switch (detectCompression(start)) {
    case "none":
      return whole;
    case "gzip": {
      const { createGunzip } = await import("node:zlib");
      return throughNode(whole, createGunzip({ chunkSize: chunkBytes }), "gzip");
    }
    case "zstd": {
      const { unpackZstd } = await import("./unpack_zstd.ts");
      return unpackZstd(whole, chunkBytes);
    }
    case "xz": {
      const { unpackXz } = await import("./unpack_xz.ts");
      return unpackXz(whole);
    }
    case "bzip2": {
      const error = new RegkitError("UNSUPPORTED", "compression bzip2 is not supported", {
        tip: "Layers are compressed by gzip, zstd or xz, or not at all; blob get gives the bytes as they are",
      });
      await whole.cancel(error);
      throw error;
    }
  }
}

/** Large pieces are what makes streams fast. */
const chunkBytes = 512 * 1024;
