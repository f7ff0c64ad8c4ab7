/**
 * Writes a blob into a layout: hashed on its way to a temporary file, which gets its name only when the content is right.
 *
 * @module
 */

import { RegkitError } from "../errors.ts";
import { createHasher, type Digest, parseDigest } from "../oci/digest.ts";
import { mediaTypes } from "../oci/media_type.ts";
import type { BlobPutOptions, BlobPutResult, BlobSource, BlobTarget } from "../repository.ts";
import { largeChunks } from "../streams/large_chunks.ts";
import { blobPath, blobsDirectory } from "./layout_files.ts";
import type { LayoutSession } from "./layout_session.ts";
import { TempFile } from "./temp_file.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Chunks are gathered to this size before they go to the disk. */
const writeBytes = 1024 * 1024;

/** What is known of a blob before it is written. */
export type WantedBlob = Partial<Pick<BlobTarget, "digest" | "size">>;

/**
 * Stores a blob. A failed or aborted one leaves no file.
 *
 * @param session The handle's state.
 * @param blob Its digest and size, as far as known.
 * @param source Its bytes.
 * @param options Signal and progress.
 * @returns What was stored.
 * @throws {RegkitError} `DIGEST_MISMATCH`, `SIZE_MISMATCH`, `INVALID_LAYOUT`, `IO`; what the source throws.
 */
export async function putBlob(
  session: LayoutSession,
  blob: WantedBlob,
  source: BlobSource,
  options: BlobPutOptions = {},
): Promise<BlobPutResult> {
  if (blob.digest !== undefined) parseDigest(blob.digest);
  const leave = await session.place.writes.acquire(options.signal);
  try {
    await session.beginWrite(options.signal);
    const { digest, size } = await writeBlob(session, blob, source, options);
    return { descriptor: { mediaType: mediaTypes.octetStream, digest, size }, outcome: "uploaded" };
  } finally {
    leave();
  }
}

async function writeBlob(
  session: LayoutSession,
  blob: WantedBlob,
  source: BlobSource,
  options: BlobPutOptions,
): Promise<{ readonly digest: Digest; readonly size: number }> {
  const { algorithm, hex } = blob.digest === undefined
    ? { algorithm: "sha256", hex: "upload" }
    : parseDigest(blob.digest);
  const directory = blobsDirectory(session.root, algorithm);
  const stream = await source.open(0, options.signal);
  let temp: TempFile;
  try {
    temp = await TempFile.create(directory, hex, session.options.isDurable);
  } catch (error) {
    await Promise.allSettled([stream.cancel(error)]);
    throw error;
  }
  let written: { readonly digest: Digest; readonly size: number };
  try {
    // A source that fails by itself instead of giving wrong bytes needs no second hashing.
    const digest = source.isVerified === true ? blob.digest : undefined;
    written = await drain(stream, temp, digest ?? algorithm, blob, options);
    checkContent(session, blob, written);
    options.signal?.throwIfAborted();
  } catch (error) {
    await temp.discard();
    throw error;
  }
  await temp.commit(blobPath(session.root, written.digest));
  session.noteRename(directory);
  return written;
}

/**
 * Reads the source to its end or cancels it. Hashing, writing and the next reading go on at the same time.
 *
 * @param digest The digest that the bytes are sure to have, or the algorithm to compute it by.
 */
async function drain(
  stream: ReadableStream<Bytes>,
  temp: TempFile,
  digest: Digest | string,
  blob: WantedBlob,
  options: BlobPutOptions,
): Promise<{ readonly digest: Digest; readonly size: number }> {
  const { signal, onProgress } = options;
  const chunkBytes = Math.min(writeBytes, (blob.size ?? writeBytes) + 1);
  const reader = largeChunks(stream, chunkBytes).getReader();
  const onAbort = () => void Promise.allSettled([reader.cancel(signal?.reason)]);
  signal?.addEventListener("abort", onAbort, { once: true });
  const sink = new GatheringWriter(temp, chunkBytes);
  let size = 0;
  try {
    const hasher = digest.includes(":") ? undefined : await createHasher(digest);
    for (;;) {
      const { done, value } = await reader.read();
      signal?.throwIfAborted();
      if (done) break;
      size += value.length;
      if (blob.size !== undefined && size > blob.size) throw wrongSize(blob.size, `more than ${blob.size}`);
      const isTaken = sink.write(value);
      hasher?.update(value);
      await isTaken;
      onProgress?.(size);
    }
    await sink.end();
    return { digest: hasher?.digest() ?? digest, size };
  } catch (error) {
    await Promise.allSettled([reader.cancel(error), sink.settle()]);
    throw error;
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}

function checkContent(
  session: LayoutSession,
  blob: WantedBlob,
  written: { readonly digest: Digest; readonly size: number },
): void {
  if (blob.size !== undefined && blob.size !== written.size) throw wrongSize(blob.size, `${written.size}`);
  if (blob.digest !== undefined && blob.digest !== written.digest) {
    throw new RegkitError(
      "DIGEST_MISMATCH",
      `unexpected digest, expected ${blob.digest}, computed ${written.digest} for ${session.root}`,
    );
  }
}

function wrongSize(expected: number, received: string): RegkitError {
  return new RegkitError("SIZE_MISMATCH", `unexpected blob length, expected ${expected}, received ${received}`);
}

/** Gathers small chunks, and lets one write be under way while the next chunk is read. */
class GatheringWriter {
  readonly #temp: TempFile;
  readonly #capacity: number;
  #gathered: Bytes | undefined;
  #length = 0;
  #writing: Promise<void> = Promise.resolve();

  constructor(temp: TempFile, capacity: number) {
    this.#temp = temp;
    this.#capacity = capacity;
  }

  /** Takes a chunk; waits for the write before, never for its own. */
  async write(chunk: Bytes): Promise<void> {
    if (this.#length === 0 && chunk.length >= this.#capacity / 2) return await this.#start(chunk);
    if (this.#length + chunk.length > this.#capacity) await this.#flush();
    if (chunk.length >= this.#capacity) return await this.#start(chunk);
    this.#gathered ??= new Uint8Array(this.#capacity);
    this.#gathered.set(chunk, this.#length);
    this.#length += chunk.length;
  }

  async end(): Promise<void> {
    await this.#flush();
    await this.#writing;
  }

  /** Waits until no write is under way, whatever became of it. */
  async settle(): Promise<void> {
    await Promise.allSettled([this.#writing]);
  }

  async #flush(): Promise<void> {
    if (this.#gathered === undefined || this.#length === 0) return;
    const bytes = this.#gathered.subarray(0, this.#length);
    this.#gathered = undefined;
    this.#length = 0;
    await this.#start(bytes);
  }

  async #start(bytes: Bytes): Promise<void> {
    await this.#writing;
    this.#writing = this.#temp.write(bytes);
    // Looked at by the next call; until then a failure must not count as unhandled.
    void Promise.allSettled([this.#writing]);
  }
}
