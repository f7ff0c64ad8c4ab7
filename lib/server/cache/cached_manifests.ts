/**
 * Manifests behind the cache: brought into the store before they are answered from there.
 *
 * @module
 */

import type { Manifest } from "../../oci/manifest.ts";
import { describeManifest, type ManifestRecord } from "../store/manifest_record.ts";
import type { SentManifest } from "../endpoints/manifests_get.ts";
import { toApiError } from "../api_error.ts";
import { isNoRoom } from "../limits/quota.ts";
import { isTag } from "../names.ts";
import type { Bytes, RepositoryStore } from "../store/store.ts";
import { type CacheParts, isServedStale, noteFailure, type Proxied, staleWarning } from "./cache_parts.ts";
import { SingleFlight } from "./single_flight.ts";
import { refusalFor, UpstreamError } from "./upstream_error.ts";

/** Who asks for a tag that is here need not wait for long: a backend may try an upstream that is down again and again. */
const patienceMs = 10 * 1000;

/** How to answer for a manifest. */
export interface PreparedManifest {
  /** Goes with the answer. */
  readonly warning?: string | undefined;
  /** The manifest when the store has no room for it. */
  readonly passing?: SentManifest | undefined;
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
   * @returns A warning when it may be out of date; the manifest itself when there is no room for it.
   * @throws {ApiError} When it is not here and the upstream does not give it.
   */
  async prepare(proxied: Proxied, reference: string): Promise<PreparedManifest> {
    const isDigest = reference.includes(":");
    if (!isDigest && !isTag(reference)) return {};
    const { store, ledger, clock, counts } = this.#parts;
    const { upstream, local } = proxied;
    const repository = await store.repository(local);
    const record = isDigest ? repository?.catalog.get(reference) : repository?.catalog.byTag(reference);
    const checkedAt = ledger.checkedAt(local, reference, upstream.settings.tagTtlMs);
    const isCurrent = isDigest || upstream.settings.isOffline || clock.now() < checkedAt + upstream.settings.tagTtlMs;
    if (record !== undefined && isCurrent) {
      counts.hits++;
      ledger.noteUse(local, record.digest, record.size);
      return {};
    }
    try {
      return { passing: await this.#flights.run(`${local}@${reference}`, () => this.#refresh(proxied, reference)) };
    } catch (error) {
      return { warning: this.#fallBack(proxied, error, record, checkedAt) };
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
  ): string {
    const { ledger, clock, counts } = this.#parts;
    const { upstream, local } = proxied;
    const isAbsent = error instanceof UpstreamError && error.failure === "absent";
    const isKept = isAbsent
      ? upstream.settings.keepsDeleted
      : error instanceof UpstreamError && isServedStale(upstream, checkedAt, clock.now());
    if (record === undefined || !isKept) throw refusalFor(error, "MANIFEST_UNKNOWN");
    counts.stale++;
    ledger.noteUse(local, record.digest, record.size);
    return isAbsent ? `${upstream.settings.name} no longer has this tag` : staleWarning(upstream, checkedAt);
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
      return await this.#revalidate(proxied, reference, repository, known);
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
    repository: RepositoryStore,
    known: ManifestRecord,
  ): Promise<SentManifest | undefined> {
    const { signal, ledger, counts } = this.#parts;
    const { upstream, remote, local } = proxied;
    const { descriptor } = await upstream.ask(
      remote,
      signal,
      (source, end) => source.manifests.head(tag, { signal: end }),
      upstream.settings.staleIfErrorMs > 0 ? patienceMs : undefined,
    );
    if (descriptor.digest === known.digest) {
      counts.renewals++;
      ledger.noteUse(local, known.digest, known.size);
      ledger.noteCheck(local, tag);
      return undefined;
    }
    const other = repository.catalog.get(descriptor.digest);
    const bytes = other === undefined ? undefined : await repository.readManifest(other);
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
