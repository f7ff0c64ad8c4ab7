/**
 * The blobs of a repository in memory.
 *
 * @module
 */

import { RegkitError } from "../errors.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { type Digest, digestBytes, parseDigest } from "../oci/digest.ts";
import { mediaTypes } from "../oci/media_type.ts";
import type {
  BlobBody,
  BlobGetOptions,
  BlobPutOptions,
  BlobPutResult,
  BlobSource,
  BlobStore,
  BlobTarget,
  Repository,
} from "../repository.ts";
import type { MemoryState } from "./memory_state.ts";

const chunkBytes = 1024 * 1024;

/**
 * Creates the blob store over a state.
 *
 * @param state The repository's content.
 * @param mountable Gives the state of another repository if blobs can be mounted from there.
 * @returns The store.
 */
export function createMemoryBlobs(
  state: MemoryState,
  mountable: (source: Repository) => MemoryState | undefined,
): BlobStore {
  return {
    head: (blob, options) =>
      Promise.try(() => {
        options?.signal?.throwIfAborted();
        return { descriptor: blobDescriptor(blob.digest, findBlob(state, blob.digest).length) };
      }),
    get: (blob, options) => Promise.try(() => openBlob(state, blob, options)),
    async put(blob, source, options = {}) {
      options.signal?.throwIfAborted();
      return mount(state, blob, options, mountable) ?? await upload(state, blob, source, options);
    },
    delete: (digest, options) =>
      Promise.try(() => {
        options?.signal?.throwIfAborted();
        findBlob(state, digest);
        state.blobs.delete(digest);
      }),
  };
}

function blobDescriptor(digest: Digest, size: number): Descriptor {
  return { mediaType: mediaTypes.octetStream, digest, size };
}

function findBlob(state: MemoryState, digest: Digest): Uint8Array<ArrayBuffer> {
  parseDigest(digest);
  const bytes = state.blobs.get(digest);
  if (bytes === undefined) throw new RegkitError("NOT_FOUND", `blob ${digest} not found in ${state.name}`);
  return bytes;
}

function checkSize(state: MemoryState, blob: Partial<Pick<BlobTarget, "size">>, length: number): void {
  if (blob.size !== undefined && blob.size !== length) {
    throw new RegkitError(
      "SIZE_MISMATCH",
      `unexpected blob length, expected ${blob.size}, received ${length} for ${state.name}`,
    );
  }
}

function mount(
  state: MemoryState,
  blob: Partial<Pick<BlobTarget, "digest">>,
  options: BlobPutOptions,
  mountable: (source: Repository) => MemoryState | undefined,
): BlobPutResult | undefined {
  if (options.mountFrom === undefined || blob.digest === undefined) return undefined;
  const bytes = mountable(options.mountFrom)?.blobs.get(blob.digest);
  if (bytes === undefined) return undefined;
  state.blobs.set(blob.digest, bytes);
  state.isCreated = true;
  return { descriptor: blobDescriptor(blob.digest, bytes.length), outcome: "mounted" };
}

async function upload(
  state: MemoryState,
  blob: Partial<Pick<BlobTarget, "digest" | "size">>,
  source: BlobSource,
  options: BlobPutOptions,
): Promise<BlobPutResult> {
  const algorithm = blob.digest === undefined ? "sha256" : parseDigest(blob.digest).algorithm;
  const bytes = await readSource(source, options);
  checkSize(state, blob, bytes.length);
  const digest = await digestBytes(bytes, algorithm);
  if (blob.digest !== undefined && blob.digest !== digest) {
    throw new RegkitError(
      "DIGEST_MISMATCH",
      `unexpected digest, expected ${blob.digest}, computed ${digest} for ${state.name}`,
    );
  }
  options.signal?.throwIfAborted();
  state.blobs.set(digest, bytes);
  state.isCreated = true;
  return { descriptor: blobDescriptor(digest, bytes.length), outcome: "uploaded" };
}

async function readSource(source: BlobSource, options: BlobPutOptions): Promise<Uint8Array<ArrayBuffer>> {
  const stream = await source.open(0, options.signal);
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  const sink = new WritableStream<Uint8Array<ArrayBuffer>>({
    write(chunk) {
      chunks.push(chunk.slice());
      length += chunk.length;
      options.onProgress?.(length);
    },
  });
  await stream.pipeTo(sink, options.signal === undefined ? {} : { signal: options.signal });
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

function openBlob(state: MemoryState, blob: BlobTarget, options: BlobGetOptions = {}): BlobBody {
  const { signal } = options;
  signal?.throwIfAborted();
  // What is held was verified when it was put; only the expected size can still be wrong.
  const bytes = findBlob(state, blob.digest);
  checkSize(state, blob, bytes.length);
  let at = options.offset ?? 0;
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      if (signal?.aborted === true) return controller.error(signal.reason);
      if (at >= bytes.length) return controller.close();
      // A copy: the reader owns its chunks, and may hand their buffers on.
      controller.enqueue(bytes.slice(at, at + chunkBytes));
      at += chunkBytes;
    },
  }, { highWaterMark: 0 });
  return { descriptor: blobDescriptor(blob.digest, bytes.length), stream };
}
