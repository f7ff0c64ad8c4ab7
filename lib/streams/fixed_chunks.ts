/**
 * Cuts a stream into chunks of a size.
 *
 * @module
 */

/**
 * Reads a stream in chunks of exactly the size wanted, the last one excepted. The chunks are copies.
 *
 * @param stream The stream; cancelled when the reading ends early.
 * @param size Gives the size of the next chunk in bytes, asked before each.
 * @returns The chunks; none for an empty stream.
 */
export async function* fixedChunks(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  size: () => number,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  let chunk = new Uint8Array(size());
  let filled = 0;
  for await (const piece of stream) {
    let taken = 0;
    while (taken < piece.length) {
      const count = Math.min(chunk.length - filled, piece.length - taken);
      chunk.set(piece.subarray(taken, taken + count), filled);
      filled += count;
      taken += count;
      if (filled === chunk.length) {
        yield chunk;
        chunk = new Uint8Array(size());
        filled = 0;
      }
    }
  }
  if (filled > 0) yield chunk.subarray(0, filled);
}
