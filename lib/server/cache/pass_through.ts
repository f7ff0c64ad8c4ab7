/**
 * Blobs that the cache has no room for: straight from the upstream to the client, and nothing is kept.
 *
 * @module
 */

import { createHasher, type Digest, type Hasher } from "../../oci/digest.ts";
import type { Bytes } from "../store/store.ts";
import { type CacheParts, noteFailure, type Proxied } from "./cache_parts.ts";
import { refusalFor, UpstreamError } from "./upstream_error.ts";
import { withinTime } from "./within_time.ts";

/**
 * Opens a part of a blob at the upstream. The last block is kept back until the whole blob is verified, so that nothing looks
 * complete when it is not: for a part all of it is fetched.
 *
 * @param parts Time, and what ends everything.
 * @param proxied The repository.
 * @param blob The blob, with its length in bytes.
 * @param start The first byte.
 * @param length How many bytes, at least one.
 * @returns The bytes. For the upstream's limits the request is over when it is answered: the client may read slowly.
 * @throws {ApiError} When the upstream does not give it.
 */
export async function passThrough(
  parts: CacheParts,
  proxied: Proxied,
  { digest, size }: { readonly digest: Digest; readonly size: number },
  start: number,
  length: number,
): Promise<ReadableStream<Bytes>> {
  try {
    const hasher = await createHasher(digest.slice(0, digest.indexOf(":")));
    const { gate } = proxied.upstream;
    await using opening = new AsyncDisposableStack();
    opening.use(await gate.enterPassing(parts.signal));
    const body = await gate.run("transfer", parts.signal, () => openBody(parts, proxied, digest));
    const blocks = new PassingBlocks(opening.use(body), hasher, { digest, size, start, length });
    return streamOf(blocks, opening.move(), (error) => noteFailure(parts, proxied, digest, error));
  } catch (error) {
    noteFailure(parts, proxied, digest, error);
    throw refusalFor(error, "BLOB_UNKNOWN");
  }
}

/** A body at the upstream. Disposed of, it is left: nothing more is read, and no connection is held. */
interface UpstreamBody extends AsyncDisposable {
  read(): Promise<ReadableStreamReadResult<Bytes>>;
}

async function openBody(parts: CacheParts, proxied: Proxied, digest: Digest): Promise<UpstreamBody> {
  const { clock, signal } = parts;
  const { upstream, remote } = proxied;
  const { settings: { timeoutMs, open }, gate } = upstream;
  await using opening = new AsyncDisposableStack();
  const source = opening.use(await open(remote));
  const end = new AbortController();
  const either = AbortSignal.any([signal, end.signal]);
  const { stream } = await withinTime(
    clock,
    timeoutMs,
    signal,
    (turn) => source.blobs.get({ digest }, { signal: AbortSignal.any([either, turn]) }),
    { isMoving: () => gate.isMoving },
  );
  const reader = stream.getReader();
  const opened = opening.move();
  opened.defer(() => {
    end.abort(new DOMException("the client has what it wants", "AbortError"));
    // The stream ends with the signal; how is of no interest any more.
    reader.cancel().catch(() => undefined);
  });
  // The registry ends, and nobody is there to hear how that went.
  const onEnd = (): void => void opened.disposeAsync().catch(() => undefined);
  signal.addEventListener("abort", onEnd, { once: true });
  opened.defer(() => signal.removeEventListener("abort", onEnd));
  return {
    async read() {
      const result = await withinTime(clock, timeoutMs, signal, () => reader.read());
      gate.noteProgress();
      return result;
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** The part of a blob that somebody wants. */
interface Wanted {
  readonly digest: Digest;
  readonly size: number;
  readonly start: number;
  readonly length: number;
}

/**
 * Gives a part of a body. All of it is read and hashed, since only the whole can be verified, and the last block of the part is
 * given only then.
 */
class PassingBlocks {
  readonly #body: UpstreamBody;
  readonly #hasher: Hasher;
  readonly #wanted: Wanted;
  #received = 0;
  #missing: number;

  constructor(body: UpstreamBody, hasher: Hasher, wanted: Wanted) {
    this.#body = body;
    this.#hasher = hasher;
    this.#wanted = wanted;
    this.#missing = wanted.length;
  }

  get isOver(): boolean {
    return this.#missing === 0;
  }

  async next(): Promise<Bytes> {
    for (;;) {
      const before = this.#received;
      const value = await this.#read();
      if (value === undefined) throw mismatch("is shorter than stated");
      const { start, length } = this.#wanted;
      const block = value.subarray(Math.max(start - before, 0), Math.max(start + length - before, 0));
      if (block.length === 0) continue;
      this.#missing -= block.length;
      if (this.isOver) await this.#verify();
      return block;
    }
  }

  async #read(): Promise<Bytes | undefined> {
    const { done, value } = await this.#body.read();
    if (done) return undefined;
    this.#hasher.update(value);
    this.#received += value.length;
    if (this.#received > this.#wanted.size) throw mismatch("is longer than stated");
    return value;
  }

  async #verify(): Promise<void> {
    while (await this.#read() !== undefined);
    if (this.#received < this.#wanted.size) throw mismatch("is shorter than stated");
    if (this.#hasher.digest() !== this.#wanted.digest) throw mismatch("has another digest");
  }
}

function streamOf(
  blocks: PassingBlocks,
  held: AsyncDisposable,
  onFailure: (error: unknown) => void,
): ReadableStream<Bytes> {
  let hasLeft = false;
  return new ReadableStream<Bytes>({
    async pull(controller) {
      try {
        const block = await blocks.next();
        if (hasLeft) return;
        controller.enqueue(block);
        if (!blocks.isOver) return;
        controller.close();
      } catch (error) {
        // What breaks because the client left is no failure.
        if (hasLeft) return;
        onFailure(error);
        await held[Symbol.asyncDispose]();
        throw error;
      }
      await held[Symbol.asyncDispose]();
    },
    async cancel() {
      hasLeft = true;
      await held[Symbol.asyncDispose]();
    },
  }, { highWaterMark: 0 });
}

function mismatch(problem: string): UpstreamError {
  return new UpstreamError("invalid", `a blob of the upstream ${problem}`);
}
