/**
 * Decompresses zstd (RFC 8878). The runtime's decompressor stops after the first frame and takes a frame that was cut off for a
 * whole one, so frames are told apart here and each gets a decompressor of its own.
 *
 * @module
 */

import { archiveError } from "./archive_error.ts";
import { ByteReader } from "./byte_reader.ts";
import { throughNode } from "./through_node.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** RFC 8878, section 3.1.1. */
const frameMagic = 0xfd2fb528;
/** The first of the sixteen marks of frames that hold no data, section 3.1.2. */
const skippableMagic = 0x184d2a50;

/**
 * Decompresses a stream of zstd: any number of frames, and between them frames for others, such as indexes of files.
 *
 * @param stream The stream; reading the result to its end reads it to its end, cancelling cancels it.
 * @param chunkBytes How large the pieces of the result are.
 * @returns The plain bytes.
 */
export function unpackZstd(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  chunkBytes: number,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  return ReadableStream.from(plainChunks(new ByteReader(stream), chunkBytes));
}

async function* plainChunks(source: ByteReader, chunkBytes: number): AsyncGenerator<Bytes, void, undefined> {
  const { createZstdDecompress } = await import("node:zlib");
  try {
    while (!await source.isAtEnd()) {
      const mark = await source.exactly(4);
      const magic = new DataView(mark.buffer).getUint32(0, true);
      if (magic === frameMagic) {
        const frame = ReadableStream.from(frameBytes(source, mark));
        yield* throughNode(frame, createZstdDecompress({ chunkSize: chunkBytes }), "zstd");
      } else if ((magic & 0xfffffff0) === skippableMagic) {
        const length = new DataView((await source.exactly(4)).buffer).getUint32(0, true);
        for (let left = length; left > 0;) left -= (await source.some(left)).length;
      } else {
        throw archiveError("zstd: invalid frame");
      }
    }
  } finally {
    await source.cancel();
  }
}

/** The bytes of one frame, section 3.1.1: header, blocks, checksum. */
async function* frameBytes(source: ByteReader, mark: Bytes): AsyncGenerator<Bytes, void, undefined> {
  yield mark;
  const descriptor = await source.exactly(1);
  yield descriptor;
  const flags = descriptor[0] ?? 0;
  yield await source.exactly(headerLength(flags));
  for (let isLast = false; !isLast;) {
    const header = await source.exactly(3);
    yield header;
    const value = (header[0] ?? 0) | (header[1] ?? 0) << 8 | (header[2] ?? 0) << 16;
    isLast = (value & 1) === 1;
    // A block that repeats one byte has only that one, however long it is.
    const isRepeated = ((value >> 1) & 3) === 1;
    for (let left = isRepeated ? 1 : value >> 3; left > 0;) {
      const piece = await source.some(left);
      left -= piece.length;
      yield piece;
    }
  }
  if ((flags & 4) !== 0) yield await source.exactly(4);
}

/** What follows the descriptor, section 3.1.1.1: the window, the dictionary's number, the content's size. */
function headerLength(flags: number): number {
  const isSingleSegment = (flags & 0x20) !== 0;
  const window = isSingleSegment ? 0 : 1;
  const dictionary = [0, 1, 2, 4][flags & 3] ?? 0;
  const size = [isSingleSegment ? 1 : 0, 2, 4, 8][flags >> 6] ?? 0;
  return window + dictionary + size;
}
