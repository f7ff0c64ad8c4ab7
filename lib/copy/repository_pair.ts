/**
 * The two sides of a copy, and what is known of them.
 *
 * @module
 */

import { hasCode, HttpError, inContext } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { Digest } from "../oci/digest.ts";
import type { BlobTarget, CallOptions, Repository } from "../repository.ts";
import { canMount, canProbe } from "../repository_powers.ts";

/** Options of {@linkcode RepositoryPair}. */
export interface RepositoryPairOptions extends CallOptions {
  /** Told of refusals that count as absence. */
  readonly logger: Logger;
}

/** Where a copy reads and where it writes. */
export class RepositoryPair {
  /** Where content comes from. */
  readonly source: Repository;
  /** Where it goes. */
  readonly target: Repository;
  /** Whether both are one repository, so that all content is there. */
  readonly isSame: boolean;
  /** Whether the target's registry may link blobs of the source. */
  readonly canMount: boolean;
  /** Whether most content is likely to be missing at the target, so that it is read before that is known. */
  expectsNew = true;
  #mayHold: Promise<boolean> | undefined;
  readonly #options: RepositoryPairOptions;

  /**
   * Pairs two repositories. Asks nothing yet.
   *
   * @param source Where content comes from.
   * @param target Where it goes.
   * @param options Signal and logger.
   */
  constructor(source: Repository, target: Repository, options: RepositoryPairOptions) {
    this.source = source;
    this.target = target;
    this.isSame = source.id === target.id;
    this.canMount = !this.isSame && canMount(target) && target.canMountFrom(source);
    this.#options = options;
  }

  /** Notes that the target repository was seen to exist, so that it need not be probed. */
  noteTargetExists(): void {
    this.#mayHold = Promise.resolve(true);
  }

  /**
   * Tells whether the target may hold anything. Asks once, in one request, where that is possible: content need not be looked
   * up one by one in a repository that does not exist.
   *
   * @returns Whether it may.
   */
  mayHold(): Promise<boolean> {
    const { signal } = this.#options;
    this.#mayHold ??= canProbe(this.target) ? this.target.exists({ signal }) : Promise.resolve(true);
    return this.#mayHold;
  }

  /**
   * Tells what the target has under a tag or digest.
   *
   * @param reference The tag or digest.
   * @returns The digest; `undefined` when there is nothing, or the registry does not let it be looked up.
   * @throws {RegkitError} When the target cannot be reached.
   */
  async targetDigest(reference: string): Promise<Digest | undefined> {
    const { signal } = this.#options;
    const info = await this.#found(reference, this.target.manifests.head(reference, { signal }));
    return info?.descriptor.digest;
  }

  /**
   * Tells whether the target has a manifest.
   *
   * @param digest The manifest's digest.
   * @returns Whether it has.
   */
  async hasManifest(digest: Digest): Promise<boolean> {
    return this.isSame || (await this.mayHold() && await this.targetDigest(digest) !== undefined);
  }

  /**
   * Tells whether the target has a blob.
   *
   * @param blob The blob.
   * @returns Whether it has.
   */
  async hasBlob(blob: Pick<BlobTarget, "digest">): Promise<boolean> {
    if (this.isSame) return true;
    if (!await this.mayHold()) return false;
    const { signal } = this.#options;
    return await this.#found(blob.digest, this.target.blobs.head({ digest: blob.digest }, { signal })) !== undefined;
  }

  /** Registries refuse looking up what does not exist in many ways; only those that do not answer at all are failures. */
  async #found<T>(reference: string, lookup: Promise<T>): Promise<T | undefined> {
    try {
      return await lookup;
    } catch (error) {
      this.#options.signal?.throwIfAborted();
      if (hasCode(error, "NOT_FOUND")) return undefined;
      const isRefusal = hasCode(error, "UNAUTHORIZED", "DENIED") || (error instanceof HttpError && error.status < 500);
      if (!isRefusal || hasCode(error, "RATE_LIMITED")) throw inContext(error, { side: "target" });
      const fields = { repository: this.target.name, reference, error: String(error) };
      this.#options.logger.log("debug", "Look-up refused, taken as absent", fields);
      return undefined;
    }
  }
}
