/** A registry with a pull-through cache over repositories in memory, whose calls are counted. */

import type { CacheMemory, PullThroughCache, UpstreamOptions } from "../../lib/server/cache/cache_options.ts";
import { createRegistry, type Registry } from "../../lib/server/registry.ts";
import type { RegistryOptions } from "../../lib/server/settings.ts";
import { createMemoryRegistry, type MemoryRegistry } from "../../lib/memory/memory_repository.ts";
import { type Call, CountingRepository } from "./counting_repository.ts";
import { FakeClock } from "./fake_clock.ts";
import { RegistryApi } from "./registry_api.ts";

/** Options of a rig. */
export interface CacheRigOptions {
  /** Changes the first upstream. */
  readonly upstream?: Partial<UpstreamOptions>;
  /** More upstreams, by name and prefix. */
  readonly others?: readonly Partial<UpstreamOptions>[];
  /** Changes the registry. */
  readonly registry?: RegistryOptions;
  /** What an earlier run remembered. */
  readonly memory?: CacheMemory;
  /** The time of an earlier rig. */
  readonly clock?: FakeClock;
  /** The content of an earlier rig. */
  readonly source?: MemoryRegistry;
}

/** A registry, its cache and what it asked the upstreams. */
export class CacheRig implements AsyncDisposable {
  readonly clock: FakeClock;
  /** What the upstream holds. */
  readonly source: MemoryRegistry;
  readonly registry: Registry;
  readonly api: RegistryApi;
  /** All calls to upstreams: `upstream name: op reference`. */
  readonly calls: string[] = [];
  /** Called before each call to an upstream; what it throws is what the call fails with. */
  before: ((call: Call, repository: string) => void | Promise<void>) | undefined;
  /** Changes a chunk of a blob. */
  tamper: ((chunk: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>) | undefined;
  /** Replaces the stream of a blob. */
  stream:
    | ((stream: ReadableStream<Uint8Array<ArrayBuffer>>, offset: number) => ReadableStream<Uint8Array<ArrayBuffer>>)
    | undefined;

  /** Which answers of the upstream do not tell how long a blob is. */
  lengthless: readonly ("get" | "head")[] = [];

  /** Creates a rig; the first upstream has the prefix `hub`. */
  constructor(options: CacheRigOptions = {}) {
    this.clock = options.clock ?? new FakeClock();
    this.source = options.source ?? createMemoryRegistry();
    const upstream = (more: Partial<UpstreamOptions>): UpstreamOptions => {
      const name = more.name ?? "up.example.org";
      return { prefix: "hub", open: (repository) => this.#open(name, repository), ...more, name };
    };
    this.registry = createRegistry({
      ...options.registry,
      cache: {
        upstreams: [upstream(options.upstream ?? {}), ...(options.others ?? []).map(upstream)],
        clock: this.clock,
        memory: options.memory,
      },
    });
    this.api = new RegistryApi(this.registry.fetch);
  }

  /** The cache. */
  get cache(): PullThroughCache {
    if (this.registry.cache === undefined) throw new Error("the registry has no cache");
    return this.registry.cache;
  }

  /** Forgets the calls so far and gives them. */
  take(): string[] {
    return this.calls.splice(0);
  }

  #open(upstream: string, repository: string): CountingRepository {
    const counting = new CountingRepository(this.source.repository(repository));
    counting.before = async (call) => {
      this.calls.push(
        `${upstream === "up.example.org" ? "" : `${upstream} `}${call.op} ${repository} ${call.reference}`.trim(),
      );
      await this.before?.(call, repository);
    };
    const { tamper, stream, lengthless } = this;
    const { before, blobs, tags } = counting;
    if (tamper !== undefined) counting.tamper = (_digest, chunk) => tamper(chunk);
    const get: typeof blobs.get = async (blob, more) => {
      const body = await blobs.get(blob, more);
      const told = lengthless.includes("get") ? { ...body, descriptor: { ...body.descriptor, size: -1 } } : body;
      return stream === undefined ? told : { ...told, stream: stream(told.stream, more?.offset ?? 0) };
    };
    const head: typeof blobs.head = async (blob, more) => {
      const info = await blobs.head(blob, more);
      return lengthless.includes("head") ? { ...info, descriptor: { ...info.descriptor, size: -1 } } : info;
    };
    const list: typeof tags.list = async function* (more) {
      await before?.({ op: "list tags", reference: "", signal: more?.signal });
      yield* tags.list(more);
    };
    return Object.assign(counting, { blobs: { ...blobs, get, head }, tags: { ...tags, list } });
  }

  /** Ends the registry. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.registry[Symbol.asyncDispose]();
  }
}
