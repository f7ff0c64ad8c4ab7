/**
 * Manifests behind the cache: brought into the store before they are answered from there.
 *
 * @module
 */

import type { Manifest } from "../../oci/manifest.ts";
import { describeManifest, type ManifestRecord } from "../store/manifest_record.ts";
import type { SentManifest } from "../endpoints/manifests_get.ts";
import { ApiError, toApiError } from "../api_error.ts";
import { isNoRoom } from "../limits/quota.ts";
import { isTag } from "../names.ts";
import type { CatalogView } from "../store/manifest_catalog.ts";
import type { Bytes } from "../store/store.ts";
import {
  awaitPatiently,
  type CacheParts,
  isServedStale,
  noteFailure,
  type Proxied,
  staleWarning,
} from "./cache_parts.ts";
import { SingleFlight } from "./single_flight.ts";
import { refusalFor, UpstreamError } from "./upstream_error.ts";

/** How to answer for a manifest. */
export interface PreparedManifest {
  /** Goes with the answer. */
  readonly warning?: string | undefined;
  /** The manifest: in the store, or in memory when that has no room for it; `undefined` when there is none. */
  readonly manifest?: SentManifest | undefined;
}

/** Brings manifests. */
export class CachedManifests {
  readonly #parts: CacheParts;
  readonly #flights = new SingleFlight<SentManifest | undefined>();

  /**
   * Creates the part.
   *
   * @param parts What the cache shares.
   */
  constructor(parts: CacheParts) {
    this.#parts = parts;
  }

  /**
   * Sees to it that the store has the manifest, as current as it has to be.
   *
   * @param proxied The repository.
   * @param reference The tag or digest, of valid form or not.
   * @returns The manifest, and a warning when it may be out of date.
   * @throws {ApiError} When it is not here and the upstream does not give it.
   */
  async prepare(proxied: Proxied, reference: string): Promise<PreparedManifest> {
    const isDigest = reference.includes(":");
    if (!isDigest && !isTag(reference)) return {};
    const { ledger, clock, counts } = this.#parts;
    const { upstream, local } = proxied;
    const record = await this.#find(proxied, reference);
    const checkedAt = ledger.checkedAt(local, reference, upstream.settings.tagTtlMs);
    const isCurrent = isDigest || upstream.settings.isOffline || clock.now() < checkedAt + upstream.settings.tagTtlMs;
    if (record !== undefined && isCurrent) {
      counts.hits++;
      ledger.noteUse(local, record.digest, record.size);
      return { manifest: this.#kept(proxied, record) };
    }
    try {
      const asking = this.#flights.run(`${local}@${reference}`, () => this.#refresh(proxied, reference));
      const passing = await awaitPatiently(this.#parts, upstream, record && checkedAt, asking);
      return { manifest: passing ?? this.#kept(proxied, await this.#find(proxied, reference)) };
    } catch (error) {
      const { kept, warning } = this.#fallBack(proxied, error, record, checkedAt);
      return { manifest: this.#kept(proxied, kept), warning };
    }
  }

  /** Waits until nothing is being brought. */
  async settle(): Promise<void> {
    await this.#flights.settle();
  }

  #fallBack(
    proxied: Proxied,
    error: unknown,
    record: ManifestRecord | undefined,
    checkedAt: number,
  ): { readonly kept: ManifestRecord; readonly warning: string } {
    const { ledger, clock, counts } = this.#parts;
    const { upstream, local } = proxied;
    const isAbsent = error instanceof UpstreamError && error.failure === "absent";
    const isKept = isAbsent
      ? upstream.settings.keepsDeleted
      : error instanceof UpstreamError && isServedStale(upstream, checkedAt, clock.now());
    if (record === undefined || !isKept) throw refusalFor(error, "MANIFEST_UNKNOWN");
    counts.stale++;
    ledger.noteUse(local, record.digest, record.size);
    const absence = `${upstream.settings.name} no longer has this tag`;
    return { kept: record, warning: isAbsent ? absence : staleWarning(upstream, checkedAt) };
  }

  async #find({ local }: Proxied, reference: string): Promise<ManifestRecord | undefined> {
    const catalog = (await this.#parts.store.repository(local))?.catalog;
    return reference.includes(":") ? catalog?.get(reference) : catalog?.byTag(reference);
  }

  #kept(proxied: Proxied, record: ManifestRecord | undefined): SentManifest | undefined {
    return record &&
      { record, read: async () => await this.#read(proxied, record) ?? await this.#mend(proxied, record) };
  }

  /** Nothing when its file is gone or damaged, whatever the catalog knows. */
  async #read({ local }: Proxied, record: ManifestRecord): Promise<Bytes | undefined> {
    try {
      return await (await this.#parts.store.repository(local))?.readManifest(record);
    } catch (error) {
      // The store logged the damage.
      if (error instanceof ApiError) return undefined;
      throw error;
    }
  }

  /** The bytes are those of the digest, whoever has them: what is not here any more is fetched anew. */
  async #mend(proxied: Proxied, record: ManifestRecord): Promise<Bytes | undefined> {
    const { digest } = record;
    try {
      const passing = await this.#flights.run(`${proxied.local}@${digest}`, () => this.#refresh(proxied, digest));
      return passing === undefined ? await this.#read(proxied, record) : await passing.read();
    } catch (error) {
      throw refusalFor(error, "MANIFEST_UNKNOWN");
    }
  }

  /** One caller at a time per tag or digest. */
  async #refresh(proxied: Proxied, reference: string): Promise<SentManifest | undefined> {
    const { upstream, local } = proxied;
    const key = `manifest ${proxied.remote}@${reference}`;
    try {
      upstream.requireOnline();
      upstream.requirePresent(key);
      const repository = await this.#parts.store.repository(local);
      const known = reference.includes(":") ? undefined : repository?.catalog.byTag(reference);
      if (repository === undefined || known === undefined) return await this.#fetch(proxied, reference);
      return await this.#revalidate(proxied, reference, repository.catalog, known);
    } catch (error) {
      upstream.noteAbsence(key, error);
      noteFailure(this.#parts, proxied, reference, error);
      if (error instanceof UpstreamError && error.failure === "absent") await this.#dropTag(proxied, reference);
      throw error;
    }
  }

  async #revalidate(
    proxied: Proxied,
    tag: string,
    catalog: CatalogView,
    known: ManifestRecord,
  ): Promise<SentManifest | undefined> {
    const { signal, ledger, counts } = this.#parts;
    const { upstream, remote, local } = proxied;
    const { descriptor } = await upstream.ask(
      remote,
      signal,
      (source, end) => source.manifests.head(tag, { signal: end }),
    );
    if (descriptor.digest === known.digest) {
      counts.renewals++;
      ledger.noteUse(local, known.digest, known.size);
      ledger.noteCheck(local, tag);
      return undefined;
    }
    const other = catalog.get(descriptor.digest);
    const bytes = other === undefined ? undefined : await this.#read(proxied, other);
    if (other === undefined || bytes === undefined) return await this.#fetch(proxied, descriptor.digest, tag);
    return await this.#store(proxied, other, bytes, tag);
  }

  async #fetch(proxied: Proxied, reference: string, tag?: string): Promise<SentManifest | undefined> {
    const { signal, counts } = this.#parts;
    const manifest = await proxied.upstream.ask(
      proxied.remote,
      signal,
      (source, end) => source.manifests.get(reference, { signal: end }),
    );
    const { digest } = manifest.descriptor;
    if (reference.includes(":") && digest !== reference) {
      throw new UpstreamError("invalid", `the manifest ${reference} has the digest ${digest}`);
    }
    counts.misses++;
    const name = tag ?? (isTag(reference) ? reference : undefined);
    return await this.#store(proxied, describe(manifest), manifest.bytes, name);
  }

  /** What has no room is not stored, but given to those who wait for it. */
  async #store(
    proxied: Proxied,
    record: ManifestRecord,
    bytes: Bytes,
    tag: string | undefined,
  ): Promise<SentManifest | undefined> {
    const { store, ledger, sweeper } = this.#parts;
    const { local, upstream } = proxied;
    const isNew = (await store.repository(local))?.catalog.get(record.digest) === undefined;
    try {
      using held = isNew ? await sweeper.hold(local, bytes.length) : undefined;
      const repository = await store.create(local);
      await repository.putManifest({ record, bytes, tags: tag === undefined ? [] : [tag] });
      held?.keep();
    } catch (error) {
      if (!isNoRoom(toApiError(error))) throw error;
      noteFailure(this.#parts, proxied, record.digest, error);
      return { record, read: () => bytes };
    }
    ledger.noteUse(local, record.digest, record.size);
    if (tag !== undefined) ledger.noteCheck(local, tag);
    sweeper.noteStored(upstream.settings);
    return undefined;
  }

  async #dropTag(proxied: Proxied, reference: string): Promise<void> {
    const { store, ledger } = this.#parts;
    if (proxied.upstream.settings.keepsDeleted || reference.includes(":")) return;
    const repository = await store.repository(proxied.local);
    await repository?.untag(reference);
    ledger.forgetTag(proxied.local, reference);
  }
}

function describe(manifest: Manifest): ManifestRecord {
  const { digest, mediaType, size } = manifest.descriptor;
  return describeManifest({ ...manifest.body }, { digest, mediaType, size });
}
