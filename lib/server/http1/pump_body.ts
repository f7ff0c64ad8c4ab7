/**
 * Reads a body and gives it away piece by piece, reading the next one meanwhile.
 *
 * @module
 */

import { createPieceReader } from "../piece_reader.ts";
import type { Bytes } from "../store/store.ts";

/**
 * Pumps a body.
 *
 * @param body The body; cancelled when giving away fails.
 * @param give Takes a piece; it may be overwritten once the promise has resolved.
 * @throws Whatever reading or giving away failed with.
 */
export async function pumpBody(body: ReadableStream<Bytes>, give: (piece: Bytes) => Promise<void>): Promise<void> {
  const reader = createPieceReader(body);
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
  }
}
