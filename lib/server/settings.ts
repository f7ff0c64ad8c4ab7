/**
 * What a registry can be told, and what it does when told nothing.
 *
 * @module
 */

import type { Logger } from "../log.ts";
import type { AuthGuard } from "./auth/auth_guard.ts";
import type { CacheOptions } from "./cache/cache_options.ts";
import type { RequestEntry } from "./observation/request_log.ts";
import type { RegistryStore } from "./store/store.ts";

/** Which references of a manifest may be missing: those of images, of indexes, of both, or none. */
export type Sparse = "all" | "image" | "index" | "none";

/** Options of `createRegistry`. */
export interface RegistryOptions {
  /** Where content is kept; a new memory store by default. The registry disposes of it with itself. */
  readonly store?: RegistryStore | undefined;
  /** Who may do what; everyone everything by default. */
  readonly guard?: AuthGuard | undefined;
  /** Makes every `Location` absolute, such as `https://registry.example.org`. */
  readonly externalUrl?: string | undefined;
  /** The largest manifest in bytes, at least 4 MiB; 8 MiB by default. */
  readonly maxManifestBytes?: number | undefined;
  /** The largest blob in bytes; unlimited by default. */
  readonly maxBlobBytes?: number | undefined;
  /** Takes manifests of any JSON type. */
  readonly anyManifest?: boolean | undefined;
  /** Which references of a manifest may be missing; `none` by default. */
  readonly sparse?: Sparse | undefined;
  /** Answers 404 to a manifest whose type `Accept` does not list, for tests of clients. */
  readonly strictAccept?: boolean | undefined;
  /** Refuses every deletion. */
  readonly noDelete?: boolean | undefined;
  /** Refuses to delete a manifest that a stored index lists. */
  readonly protectChildren?: boolean | undefined;
  /** Lets blobs be deleted that a stored manifest needs. */
  readonly deleteUsedBlobs?: boolean | undefined;
  /** Refuses everything that would change something. */
  readonly isReadOnly?: boolean | undefined;
  /** The `OCI-Chunk-Min-Length` to ask for; none by default. */
  readonly minChunkBytes?: number | undefined;
  /** The time after which an idle upload is removed, in milliseconds; one hour by default. One that is received is not idle. */
  readonly uploadIdleMs?: number | undefined;
  /** How many uploads a repository may have open; 1000 by default. The one idle for longest goes. */
  readonly maxUploads?: number | undefined;
  /** The time without a byte after which a body is given up, in milliseconds; 60 seconds by default. */
  readonly bodyIdleMs?: number | undefined;
  /**
   * How many bytes each repository may hold, those of open uploads included; unlimited by default. The store must be able to tell
   * its usage.
   */
  readonly maxRepositoryBytes?: number | undefined;
  /** How many bytes all repositories together may hold, those of open uploads included; unlimited by default. */
  readonly maxStoreBytes?: number | undefined;
  /** How many bytes of the disk stay free: writes are refused with 507 when there are fewer. None by default. */
  readonly minFreeBytes?: number | undefined;
  /** How many requests per second each address may send; unlimited by default. Needs the address in `info`. */
  readonly rateLimit?: number | undefined;
  /** How many uploads each address may have in transfer; unlimited by default. */
  readonly parallelUploads?: number | undefined;
  /** Addresses or networks of proxies whose `X-Forwarded-For` is believed; none by default. */
  readonly trustedProxies?: readonly string[] | undefined;
  /** Whether `/metrics` shows counters; off by default. */
  readonly metrics?: boolean | undefined;
  /** Texts sent as `Warning` headers. */
  readonly warnings?: readonly string[] | undefined;
  /** Called after each request. */
  readonly onRequest?: ((entry: RequestEntry) => void) | undefined;
  /** The registries whose content is served and kept as clients ask for it; none by default. */
  readonly cache?: CacheOptions | undefined;
  /** Serves no page to browsers. */
  readonly noUi?: boolean | undefined;
  /** Takes log lines; silent by default. */
  readonly logger?: Logger | undefined;
  /** The time in milliseconds since the epoch; the system's clock by default. */
  readonly now?: (() => number) | undefined;
}

/** The options with every default filled in. */
export interface RegistrySettings {
  /** The prefix of every `Location`; empty for relative ones. */
  readonly locationPrefix: string;
  /** The largest manifest in bytes. */
  readonly maxManifestBytes: number;
  /** The largest blob in bytes. */
  readonly maxBlobBytes: number;
  /** Whether manifests of any JSON type are taken. */
  readonly anyManifest: boolean;
  /** Whether references of images may be missing. */
  readonly isSparseImage: boolean;
  /** Whether references of indexes may be missing. */
  readonly isSparseIndex: boolean;
  /** Whether `Accept` is enforced. */
  readonly strictAccept: boolean;
  /** Whether deletion is refused. */
  readonly noDelete: boolean;
  /** Whether children of indexes are kept. */
  readonly protectChildren: boolean;
  /** Whether used blobs may go. */
  readonly deleteUsedBlobs: boolean;
  /** Whether every change is refused. */
  readonly isReadOnly: boolean;
  /** The smallest chunk to ask for; 0 for none. */
  readonly minChunkBytes: number;
  /** The time after which an idle upload is removed, in milliseconds. */
  readonly uploadIdleMs: number;
  /** How many uploads a repository may have open. */
  readonly maxUploads: number;
  /** The time without a byte after which a body is given up, in milliseconds. */
  readonly bodyIdleMs: number;
  /** The time in milliseconds since the epoch. */
  readonly now: () => number;
}

const mebibyte = 1024 * 1024;
const smallestManifestLimit = 4 * mebibyte;

/**
 * Fills in the defaults.
 *
 * @param options The options.
 * @param isStoreReadOnly Whether the store takes no changes.
 * @returns The settings.
 */
export function resolveSettings(options: RegistryOptions, isStoreReadOnly: boolean): RegistrySettings {
  const sparse = options.sparse ?? "none";
  return {
    locationPrefix: (options.externalUrl ?? "").replace(/\/+$/, ""),
    maxManifestBytes: Math.max(options.maxManifestBytes ?? 8 * mebibyte, smallestManifestLimit),
    maxBlobBytes: options.maxBlobBytes ?? Infinity,
    anyManifest: options.anyManifest ?? false,
    isSparseImage: sparse === "image" || sparse === "all",
    isSparseIndex: sparse === "index" || sparse === "all",
    strictAccept: options.strictAccept ?? false,
    noDelete: options.noDelete ?? false,
    protectChildren: options.protectChildren ?? false,
    deleteUsedBlobs: options.deleteUsedBlobs ?? false,
    isReadOnly: (options.isReadOnly ?? false) || isStoreReadOnly,
    minChunkBytes: options.minChunkBytes ?? 0,
    uploadIdleMs: options.uploadIdleMs ?? 60 * 60 * 1000,
    maxUploads: options.maxUploads ?? 1000,
    bodyIdleMs: options.bodyIdleMs ?? 60 * 1000,
    now: options.now ?? Date.now,
  };
}
