/**
 * Reads request bodies in large blocks, hashing one while the one before is still being written.
 *
 * @module
 */

import { ApiError } from "./api_error.ts";
import { createPieceReader, pieceBytes } from "./piece_reader.ts";
import type { Bytes } from "./store/store.ts";

/** Options of {@linkcode readBlocks}. */
export interface ReadBlocksOptions {
  /** The length of the body, if known; small bodies get small buffers. */
  readonly length: number | undefined;
  /** The time without a byte after which the body is given up, in milliseconds. */
  readonly idleMs: number;
  /** Gives the body up, whether bytes arrive or not. */
  readonly signal?: AbortSignal | undefined;
  /** Looks at a block before it is written; throws to stop. */
  readonly look: (block: Bytes) => void;
  /** Writes a block; called for one at a time. */
  readonly write: (block: Bytes) => Promise<void>;
}

/**
 * Reads a body to its end, or until something fails; the body is cancelled then.
 *
 * @param body The body.
 * @param options What to do with the blocks.
 * @throws Whatever reading, looking or writing failed with; {@linkcode ApiError} 408 when no byte came for too long; the
 *   signal's reason.
 */
export async function readBlocks(body: ReadableStream<Bytes>, options: ReadBlocksOptions): Promise<void> {
  const reader = createPieceReader(body, Math.min(options.length ?? pieceBytes, pieceBytes));
  const watch = new Watchdog(options.idleMs, () => reader.cancel(stalled()));
  const { signal } = options;
  const giveUp = () => void reader.cancel(signal?.reason);
  signal?.addEventListener("abort", giveUp);
  let writing: Promise<void> = Promise.resolve();
  let failure: { readonly error: unknown } | undefined;
  try {
    signal?.throwIfAborted();
    for (;;) {
      watch.arm();
      const block = await reader.next();
      watch.disarm();
      signal?.throwIfAborted();
      if (watch.hasFired) throw stalled();
      if (block === undefined) break;
      options.look(block);
      await writing;
      if (failure !== undefined) break;
      writing = options.write(block).then(
        () => reader.recycle(block),
        (error: unknown) => void (failure = { error }),
      );
    }
  } catch (error) {
    await writing;
    failure = { error };
  } finally {
    watch.disarm();
    signal?.removeEventListener("abort", giveUp);
  }
  await writing;
  if (failure === undefined) return;
  await reader.cancel(failure.error);
  throw failure.error;
}

/**
 * Reads a body that nobody wants, up to a limit, so that a client that still sends sees the answer.
 *
 * @param body The body.
 * @param limit How many bytes to read at most before the rest is cancelled.
 * @param idleMs The time without a byte after which it is given up.
 */
export async function drainBody(body: ReadableStream<Bytes>, limit: number, idleMs: number): Promise<void> {
  let drained = 0;
  const look = (block: Bytes) => {
    drained += block.length;
    if (drained > limit) throw new ApiError(413, "SIZE_INVALID", "the body is too large to be ignored");
  };
  try {
    await readBlocks(body, { length: undefined, idleMs, look, write: () => Promise.resolve() });
  } catch {
    // The answer is already decided; a body that breaks off changes nothing about it.
    return;
  }
}

class Watchdog {
  readonly #ms: number;
  readonly #bite: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  hasFired = false;

  constructor(ms: number, bite: () => void) {
    this.#ms = ms;
    this.#bite = bite;
  }

  arm(): void {
    if (!Number.isFinite(this.#ms)) return;
    this.#timer = setTimeout(() => {
      this.hasFired = true;
      this.#bite();
    }, this.#ms);
  }

  disarm(): void {
    clearTimeout(this.#timer);
  }
}

function stalled(): ApiError {
  return new ApiError(408, "SIZE_INVALID", "no byte of the body arrived for too long");
}
