/**
 * Reads a body and gives it away piece by piece, reading the next one meanwhile.
 *
 * @module
 */

import { createPieceReader, pieceBytes } from "../piece_reader.ts";
import type { Bytes } from "../store/store.ts";

/** Measured: one stream gains an eighth by pieces so large, and several gain more; larger ones gain nothing. */
const largestPiece = 1024 * 1024;
/** What all bodies together have as buffers as long as the pieces need not be small for it. */
const budgetBytes = 16 * 1024 * 1024;
/** One is filled while the other is given away. */
const buffersPerBody = 2;

let pumping = 0;

/**
 * Pumps a body.
 *
 * @param body The body; cancelled when giving away fails.
 * @param length Its length in bytes as far as it is known; `Infinity` when it is not.
 * @param give Takes a piece; it may be overwritten once the promise has resolved.
 * @throws Whatever reading or giving away failed with.
 */
export async function pumpBody(
  body: ReadableStream<Bytes>,
  length: number,
  give: (piece: Bytes) => Promise<void>,
): Promise<void> {
  pumping++;
  const reader = createPieceReader(body, Math.min(pieceSize(), length));
  try {
    let ahead = reader.next();
    for (let piece = await ahead; piece !== undefined; piece = await ahead) {
      ahead = reader.next();
      // While this one is given away, a failure of the next must not count as unhandled.
      void Promise.allSettled([ahead]);
      await give(piece);
      reader.recycle(piece);
    }
  } catch (error) {
    await reader.cancel(error);
    throw error;
  } finally {
    pumping--;
  }
}

/** The fewer bodies are on their way, the larger the pieces. */
function pieceSize(): number {
  const share = Math.floor(budgetBytes / (buffersPerBody * pumping));
  return Math.min(Math.max(share, pieceBytes), largestPiece);
}
