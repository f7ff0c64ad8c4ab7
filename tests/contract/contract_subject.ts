/**
 * What a contract suite works on, and the content it puts there.
 *
 * @module
 */

import type { Descriptor } from "../../lib/oci/descriptor.ts";
import { type Digest, digestBytes } from "../../lib/oci/digest.ts";
import { type Manifest, parseManifest } from "../../lib/oci/manifest.ts";
import { mediaTypes } from "../../lib/oci/media_type.ts";
import type { BlobSource, Repository } from "../../lib/repository.ts";

/** Bytes as the port takes them. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** A repository without content, made for one test. */
export interface ContractSubject {
  /** The repository; the suite disposes it. */
  readonly repository: Repository;
  /** Opens another handle to the same place, where there can be several. */
  readonly reopen?: () => Repository;
  /** Clears up what the factory made. */
  dispose(): Promise<void>;
}

/** What a repository cannot do, told by the one who runs the suite. */
export interface Capabilities {
  /** Tests to leave out by a part of their name, with the reason. */
  readonly skip?: Readonly<Record<string, string>>;
}

/** A blob to put. */
export interface TestBlob {
  /** Its bytes. */
  readonly bytes: Bytes;
  /** Its descriptor. */
  readonly descriptor: Descriptor;
}

/** Registers a test of a suite. */
export type ContractTest = (
  name: string,
  body: (repository: Repository, subject: ContractSubject) => Promise<void>,
) => void;

/** Makes text into bytes. */
export function bytesOf(text: string): Bytes {
  return new TextEncoder().encode(text);
}

/** Makes bytes that look random and are the same each time. */
export function pseudoRandomBytes(length: number, seed = 1): Bytes {
  const words = new Uint32Array(Math.ceil(length / 4));
  let state = (seed * 2654435761) >>> 0 || 1;
  for (let at = 0; at < words.length; at++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[at] = state >>> 0;
  }
  return new Uint8Array(words.buffer, 0, length);
}

/** Makes a blob of bytes. */
export async function blobOf(bytes: Bytes, algorithm = "sha256"): Promise<TestBlob> {
  const digest = await digestBytes(bytes, algorithm);
  return { bytes, descriptor: { mediaType: mediaTypes.octetStream, digest, size: bytes.length } };
}

/** A source that can be opened again at any offset. */
export function rewindableSource(bytes: Bytes, chunkBytes = 64 * 1024): BlobSource {
  return { isRewindable: true, open: (offset) => Promise.resolve(chunkedStream(bytes.slice(offset), [chunkBytes])) };
}

/** A source like a pipe: it can be opened once. */
export function oneShotSource(bytes: Bytes): BlobSource {
  let isOpened = false;
  return {
    isRewindable: false,
    open: (offset) => {
      if (isOpened || offset !== 0) return Promise.reject(new Error("the pipe was read already"));
      isOpened = true;
      return Promise.resolve(chunkedStream(bytes, [1000]));
    },
  };
}

/** A stream that gives bytes in chunks of the given sizes in turn. */
export function chunkedStream(bytes: Bytes, sizes: readonly number[]): ReadableStream<Bytes> {
  let at = 0;
  let turn = 0;
  return new ReadableStream<Bytes>({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      const length = sizes[turn++ % sizes.length] ?? bytes.length;
      controller.enqueue(bytes.slice(at, at + length));
      at += length;
    },
  }, { highWaterMark: 0 });
}

/** Reads a stream to its end. */
export async function drain(stream: ReadableStream<Bytes>): Promise<Bytes> {
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Reads a blob of a repository to its end. */
export async function readBlob(
  repository: Repository,
  descriptor: Pick<Descriptor, "digest" | "size">,
): Promise<Bytes> {
  return await drain((await repository.blobs.get(descriptor)).stream);
}

/** Makes an image of one layer, which differs by its text. */
export async function imageOf(
  text: string,
  extra: Readonly<Record<string, unknown>> = {},
  algorithm = "sha256",
): Promise<{ readonly manifest: Manifest; readonly blobs: readonly TestBlob[] }> {
  const config = await blobOf(bytesOf(`{"architecture":"amd64","os":"linux","config":{"Labels":{"t":"${text}"}}}`));
  const layer = await blobOf(bytesOf(`layer of ${text}`));
  const body = {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: { ...config.descriptor, mediaType: mediaTypes.ociConfig },
    layers: [{ ...layer.descriptor, mediaType: mediaTypes.ociLayer }],
    ...extra,
  };
  return { manifest: await manifestOf(body, mediaTypes.ociManifest, algorithm), blobs: [config, layer] };
}

/** Makes an index of manifests. */
export async function indexOf(...manifests: readonly Manifest[]): Promise<Manifest> {
  const body = {
    schemaVersion: 2,
    mediaType: mediaTypes.ociIndex,
    manifests: manifests.map(({ descriptor }) => descriptor),
  };
  return await manifestOf(body, mediaTypes.ociIndex);
}

/** Puts an image with its blobs. */
export async function putImage(
  repository: Repository,
  reference: string | undefined,
  image: { readonly manifest: Manifest; readonly blobs: readonly TestBlob[] },
): Promise<Digest> {
  for (const blob of image.blobs) await repository.blobs.put(blob.descriptor, rewindableSource(blob.bytes));
  const { digest } = image.manifest.descriptor;
  await repository.manifests.put(reference ?? digest, image.manifest);
  return digest;
}

async function manifestOf(body: unknown, mediaType: string, algorithm = "sha256"): Promise<Manifest> {
  const bytes = bytesOf(JSON.stringify(body));
  return await parseManifest(bytes, { mediaType, digest: await digestBytes(bytes, algorithm) });
}
