/** A repository that counts what is asked of it, and can be made to fail or wait. */

import type { Digest } from "../../lib/oci/digest.ts";
import type { BlobStore, CallOptions, ManifestStore, Repository, TagStore } from "../../lib/repository.ts";
import type {
  CanListReferrers,
  CanMount,
  CanProbe,
  ReferrerList,
  ReferrerListOptions,
} from "../../lib/repository_powers.ts";
import { canListReferrers, canMount, canProbe } from "../../lib/repository_powers.ts";

/** One call: what was done to what. */
export interface Call {
  /** Such as `head manifest`, `get blob`, `put blob`, `mount blob`, `list referrers`, `list tags`, `exists`. */
  readonly op: string;
  /** The tag or digest; empty for calls about the whole repository. */
  readonly reference: string;
  /** The caller's signal. */
  readonly signal: AbortSignal | undefined;
}

/** Wraps a repository. */
export class CountingRepository implements Repository, CanListReferrers, CanMount, CanProbe {
  readonly inner: Repository;
  readonly id: string;
  readonly name: string;
  readonly blobs: BlobStore;
  readonly manifests: ManifestStore;
  readonly tags: TagStore;
  /** All calls in the order in which they began. */
  readonly calls: Call[] = [];
  /** All calls in the order in which they ended well. */
  readonly ended: Call[] = [];
  /** Called before each call; what it throws is what the call fails with. */
  before: ((call: Call) => void | Promise<void>) | undefined;
  /** Replaces the stream of a blob that is read. */
  tamper: ((digest: Digest, chunk: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>) | undefined;

  constructor(inner: Repository, id: string = inner.id) {
    this.inner = inner;
    this.id = id;
    this.name = inner.name;
    this.manifests = {
      head: (reference, options) =>
        this.#call("head manifest", reference, options, () => inner.manifests.head(reference, options)),
      get: (reference, options) =>
        this.#call("get manifest", reference, options, () => inner.manifests.get(reference, options)),
      put: (reference, manifest, options) =>
        this.#call("put manifest", reference, options, () => inner.manifests.put(reference, manifest, options)),
      delete: (digest, options) =>
        this.#call("delete manifest", digest, options, () => inner.manifests.delete(digest, options)),
    };
    this.blobs = this.#wrapBlobs();
    this.tags = {
      list: (options) => {
        this.calls.push({ op: "list tags", reference: "", signal: options?.signal });
        return inner.tags.list(options);
      },
      delete: (tag, options) => this.#call("delete tag", tag, options, () => inner.tags.delete(tag, options)),
    };
  }

  #wrapBlobs(): BlobStore {
    const { inner } = this;
    return {
      head: (blob, options) => this.#call("head blob", blob.digest, options, () => inner.blobs.head(blob, options)),
      get: (blob, options) =>
        this.#call("get blob", blob.digest, options, async () => {
          const body = await inner.blobs.get(blob, options);
          const { tamper } = this;
          if (tamper === undefined) return body;
          const change = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
            transform: (chunk, controller) => controller.enqueue(tamper(blob.digest, chunk)),
          });
          return { ...body, stream: body.stream.pipeThrough(change) };
        }),
      put: (blob, source, options = {}) => {
        const from = options.mountFrom;
        const mountFrom = from instanceof CountingRepository ? from.inner : from;
        const op = from === undefined ? "put blob" : "mount blob";
        return this.#call(
          op,
          blob.digest ?? "",
          options,
          () => inner.blobs.put(blob, source, { ...options, mountFrom }),
        );
      },
      delete: (digest, options) =>
        this.#call("delete blob", digest, options, () => inner.blobs.delete(digest, options)),
    };
  }

  async #call<T>(op: string, reference: string, options: CallOptions | undefined, work: () => Promise<T>): Promise<T> {
    const call: Call = { op, reference, signal: options?.signal };
    this.calls.push(call);
    await this.before?.(call);
    options?.signal?.throwIfAborted();
    const result = await work();
    this.ended.push(call);
    return result;
  }

  /** How often each thing was done. */
  get counts(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { op } of this.calls) counts[op] = (counts[op] ?? 0) + 1;
    return counts;
  }

  /** Forgets all calls. */
  reset(): void {
    this.calls.length = 0;
    this.ended.length = 0;
  }

  exists(options?: CallOptions): Promise<boolean> {
    const { inner } = this;
    return this.#call("exists", "", options, async () => !canProbe(inner) || await inner.exists(options));
  }

  canMountFrom(source: Repository): boolean {
    const from = source instanceof CountingRepository ? source.inner : source;
    return canMount(this.inner) && this.inner.canMountFrom(from);
  }

  listReferrers(subject: Digest, options?: ReferrerListOptions): Promise<ReferrerList> {
    const { inner } = this;
    return this.#call("list referrers", subject, options, async () => {
      if (!canListReferrers(inner)) return { descriptors: [], tags: [] };
      return await inner.listReferrers(subject, options);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.inner[Symbol.asyncDispose]();
  }
}
