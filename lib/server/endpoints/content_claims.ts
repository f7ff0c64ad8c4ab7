/**
 * Keeps deletions and manifests on their way apart: what a manifest refers to does not go between the look whether it is there
 * and the moment in which the manifest is known.
 *
 * @module
 */

import type { Digest } from "../../oci/digest.ts";

/** What a manifest on its way refers to; given free when disposed of. */
export interface ContentClaim extends Disposable {
  /** What is just being deleted: as good as missing. */
  readonly leaving: ReadonlySet<Digest>;
}

/** What a manifest on its way refers to, and the manifest itself. */
export interface ManifestClaim extends ContentClaim {
  /** Whether nobody else is bringing the same manifest, or needs it. */
  readonly isAlone: boolean;
}

interface Claimed {
  count: number;
  readonly freed: PromiseWithResolvers<void>;
}

/** Who needs or deletes what, in this process. */
export class ContentClaims {
  readonly #claimed = new Map<string, Claimed>();
  readonly #leaving = new Map<string, Promise<unknown>>();

  /**
   * Claims content: nobody begins to delete it meanwhile.
   *
   * @param repository The repository's name.
   * @param digests The content.
   * @returns The claim.
   */
  claim(repository: string, digests: Iterable<Digest>): ContentClaim {
    const claimed = new Set(digests);
    const leaving = new Set<Digest>();
    for (const digest of claimed) {
      const key = keyOf(repository, digest);
      if (this.#leaving.has(key)) leaving.add(digest);
      const known = this.#claimed.get(key);
      if (known === undefined) this.#claimed.set(key, { count: 1, freed: Promise.withResolvers() });
      else known.count++;
    }
    return {
      leaving,
      [Symbol.dispose]: () => {
        for (const digest of claimed) this.#free(keyOf(repository, digest));
      },
    };
  }

  /**
   * Claims what a manifest refers to, and the manifest itself: when its bytes are just being deleted, after that.
   *
   * @param repository The repository's name.
   * @param own The manifest.
   * @param references What it refers to.
   * @returns The claim.
   */
  async claimManifest(repository: string, own: Digest, references: Iterable<Digest>): Promise<ManifestClaim> {
    const key = keyOf(repository, own);
    for (let busy; (busy = this.#leaving.get(key)) !== undefined;) await Promise.allSettled([busy]);
    const isAlone = !this.#claimed.has(key);
    return { ...this.claim(repository, [own, ...references]), isAlone };
  }

  /**
   * Deletes content when nobody claims it, one deletion of the same content after the other.
   *
   * @typeParam T What the deletion gives.
   * @param repository The repository's name.
   * @param digest The content.
   * @param check Throws when it must not be deleted; called each time before a wait, and last with nothing in between.
   * @param work Deletes it.
   * @returns What the deletion gave.
   */
  async remove<T>(repository: string, digest: Digest, check: () => void, work: () => Promise<T>): Promise<T> {
    const key = keyOf(repository, digest);
    for (;;) {
      check();
      const busy = this.#claimed.get(key)?.freed.promise ?? this.#leaving.get(key);
      if (busy === undefined) break;
      await Promise.allSettled([busy]);
    }
    const working = work();
    this.#leaving.set(key, working);
    try {
      return await working;
    } finally {
      this.#leaving.delete(key);
    }
  }

  #free(key: string): void {
    const claimed = this.#claimed.get(key);
    if (claimed === undefined || --claimed.count > 0) return;
    this.#claimed.delete(key);
    claimed.freed.resolve();
  }
}

function keyOf(repository: string, digest: Digest): string {
  return `${repository}@${digest}`;
}
