/**
 * Lists of tags and referrers behind the cache: the upstream's, kept in memory for as long as tags count as current.
 *
 * @module
 */

import type { Descriptor } from "../../oci/descriptor.ts";
import type { Digest } from "../../oci/digest.ts";
import { canListReferrers } from "../../repository_powers.ts";
import type { ReferrerRecord } from "../store/referrer_entry.ts";
import {
  awaitPatiently,
  type CacheParts,
  isServedStale,
  noteFailure,
  type Proxied,
  staleWarning,
} from "./cache_parts.ts";
import { RecentMap } from "./recent_map.ts";
import { SingleFlight } from "./single_flight.ts";
import { refusalFor, UpstreamError } from "./upstream_error.ts";

/** A list, and a warning when it may be out of date. */
export interface CachedList<T> {
  /** The entries. */
  readonly entries: readonly T[];
  /** The warning. */
  readonly warning: string | undefined;
}

interface Kept<T> {
  readonly entries: readonly T[];
  readonly checkedAt: number;
}

interface Source<T> {
  readonly key: string;
  readonly kept: RecentMap<Kept<T>>;
  readonly flights: SingleFlight<Kept<T>>;
  readonly ask: () => Promise<readonly T[]>;
  readonly local: (isOffline: boolean) => Promise<readonly T[] | undefined>;
}

const keptLists = 200;
const longestList = 100_000;

/** Brings lists. */
export class CachedLists {
  readonly #parts: CacheParts;
  readonly #tags = new RecentMap<Kept<string>>(keptLists);
  readonly #tagFlights = new SingleFlight<Kept<string>>();
  readonly #referrers = new RecentMap<Kept<ReferrerRecord>>(keptLists);
  readonly #referrerFlights = new SingleFlight<Kept<ReferrerRecord>>();

  /**
   * Creates the part.
   *
   * @param parts What the cache shares.
   */
  constructor(parts: CacheParts) {
    this.#parts = parts;
  }

  /**
   * Lists the tags of a repository.
   *
   * @param proxied The repository.
   * @returns The tags, sorted by bytes.
   * @throws {ApiError} When neither the upstream nor the store knows the repository.
   */
  tags(proxied: Proxied): Promise<CachedList<string>> {
    const { store, signal } = this.#parts;
    const { local, remote, upstream } = proxied;
    return this.#list(proxied, {
      key: `tags ${local}`,
      kept: this.#tags,
      flights: this.#tagFlights,
      ask: () =>
        upstream.ask(remote, signal, async (source, end) => {
          const tags: string[] = [];
          for await (const tag of source.tags.list({ signal: end, limit: longestList })) {
            if (tags.push(tag) >= longestList) break;
          }
          return tags.sort();
        }),
      local: async () => {
        const repository = await store.repository(local);
        return repository?.isCreated === true ? repository.catalog.tags() : undefined;
      },
    });
  }

  /**
   * Lists what refers to a manifest.
   *
   * @param proxied The repository.
   * @param subject The manifest.
   * @returns The referrers, sorted by digest; none when nobody knows any.
   */
  async referrers(proxied: Proxied, subject: Digest): Promise<CachedList<ReferrerRecord>> {
    const { store, signal } = this.#parts;
    const { local, remote, upstream } = proxied;
    return await this.#list(proxied, {
      key: `referrers ${local}@${subject}`,
      kept: this.#referrers,
      flights: this.#referrerFlights,
      ask: async () => {
        try {
          return await upstream.ask(remote, signal, async (source, end) => {
            if (!canListReferrers(source)) return [];
            const { descriptors } = await source.listReferrers(subject, { signal: end });
            return sortReferrers(descriptors);
          });
        } catch (error) {
          // No such repository or subject is an empty list.
          if (error instanceof UpstreamError && error.failure === "absent") return [];
          throw error;
        }
      },
      local: async (isOffline) => {
        const known = (await store.repository(local))?.catalog.referrers(subject) ?? [];
        // None would say that nothing was signed, while nobody knows.
        return known.length > 0 || isOffline ? known : undefined;
      },
    });
  }

  /** Waits until nothing is being asked. */
  async settle(): Promise<void> {
    await this.#tagFlights.settle();
    await this.#referrerFlights.settle();
  }

  async #list<T>(proxied: Proxied, source: Source<T>): Promise<CachedList<T>> {
    const { clock, counts } = this.#parts;
    const { upstream } = proxied;
    const kept = source.kept.get(source.key);
    if (kept !== undefined && clock.now() < kept.checkedAt + upstream.settings.tagTtlMs) {
      counts.hits++;
      return { entries: kept.entries, warning: undefined };
    }
    try {
      const asking = source.flights.run(source.key, () => this.#fetch(proxied, source));
      const { entries } = await awaitPatiently(this.#parts, upstream, kept?.checkedAt, asking);
      return { entries, warning: undefined };
    } catch (error) {
      if (!(error instanceof UpstreamError)) throw error;
      const isStale = kept !== undefined && error.failure !== "absent" &&
        isServedStale(upstream, kept.checkedAt, clock.now());
      if (isStale) {
        counts.stale++;
        return { entries: kept.entries, warning: staleWarning(upstream, kept.checkedAt) };
      }
      return await this.#listLocal(proxied, source, error);
    }
  }

  async #fetch<T>(proxied: Proxied, source: Source<T>): Promise<Kept<T>> {
    const { upstream } = proxied;
    const { clock, counts } = this.#parts;
    try {
      upstream.requirePresent(source.key);
      const kept = { entries: await source.ask(), checkedAt: clock.now() };
      counts.misses++;
      source.kept.set(source.key, kept);
      return kept;
    } catch (error) {
      if (error instanceof UpstreamError && error.failure === "absent") source.kept.delete(source.key);
      upstream.noteAbsence(source.key, error);
      noteFailure(this.#parts, proxied, source.key, error);
      throw error;
    }
  }

  async #listLocal<T>(proxied: Proxied, source: Source<T>, error: UpstreamError): Promise<CachedList<T>> {
    const { upstream } = proxied;
    const isKept = error.failure === "absent" ? upstream.settings.keepsDeleted : true;
    const isAllowed = error.failure === "offline" || error.failure === "absent" || upstream.settings.staleIfErrorMs > 0;
    const entries = isKept && isAllowed ? await source.local(error.failure === "offline") : undefined;
    if (entries === undefined) throw refusalFor(error, "NAME_UNKNOWN");
    if (error.failure === "offline") return { entries, warning: undefined };
    this.#parts.counts.stale++;
    const reason = error.failure === "absent" ? "no longer has this repository" : "cannot be asked now";
    return { entries, warning: `${upstream.settings.name} ${reason}; this is only what is in the cache` };
  }
}

function sortReferrers(descriptors: readonly Descriptor[]): readonly ReferrerRecord[] {
  return descriptors
    .map(({ digest, mediaType, size, artifactType, annotations }) => ({
      digest,
      mediaType,
      size,
      artifactType,
      annotations,
    }))
    .sort((left, right) => left.digest < right.digest ? -1 : left.digest > right.digest ? 1 : 0);
}
