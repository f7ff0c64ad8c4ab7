/**
 * The registry backend: one repository behind the HTTP API.
 *
 * @module
 */

import { hasCode } from "../errors.ts";
import type { Clock, HttpClient } from "../http/http_client.ts";
import type { Logger } from "../log.ts";
import type { Repository } from "../repository.ts";
import type { CanListReferrers, CanListTagPages, CanMount, CanProbe } from "../repository_powers.ts";
import type { Host } from "../settings/host.ts";
import { createBlobStore } from "./blobs.ts";
import { createManifestStore } from "./manifests.ts";
import { listReferrers, type ReferrersSupport } from "./referrers.ts";
import { type Remote, remoteName } from "./remote.ts";
import { createTagStore, listTagPages } from "./tags.ts";

/** Options of {@linkcode createRegistryRepository}. */
export interface RegistryRepositoryOptions {
  /** Sends the requests. */
  readonly http: HttpClient;
  /** The settings of the registry. */
  readonly host: Host;
  /** The registry as named in references. */
  readonly registry: string;
  /** The repository. */
  readonly repository: string;
  /** Whether mirrors may answer reads; never for the target of a copy. */
  readonly canUseMirrors: boolean;
  /** Which repositories lack the referrers API; shared by all repositories of a client. */
  readonly referrersSupport: ReferrersSupport;
  /** Where log lines go. */
  readonly logger: Logger;
  /** Time and randomness. */
  readonly clock: Clock;
}

/** A repository of a registry, with everything that registries can do. */
export type RegistryRepository = Repository & CanListReferrers & CanListTagPages & CanMount & CanProbe;

/**
 * Opens a repository of a registry. Sends nothing yet.
 *
 * @param options The registry, the repository and the client to talk by.
 * @returns The repository.
 */
export function createRegistryRepository(options: RegistryRepositoryOptions): RegistryRepository {
  const { referrersSupport, ...rest } = options;
  const remote: Remote = { ...rest, traits: options.http.traits(options.registry) };
  return {
    id: `reg://${options.registry}/${options.repository}`,
    name: remoteName(remote),
    blobs: createBlobStore(remote),
    manifests: createManifestStore(remote),
    tags: createTagStore(remote),
    listReferrers: (subject, listOptions = {}) => listReferrers(remote, referrersSupport, subject, listOptions),
    listTagPages: (listOptions = {}) => listTagPages(remote, listOptions),
    canMountFrom: (source) => source.id.startsWith(`reg://${options.registry}/`),
    exists: async ({ signal } = {}) => {
      try {
        const pages = listTagPages(remote, { limit: 1, signal });
        await pages.next();
        await pages.return();
        return true;
      } catch (error) {
        if (hasCode(error, "NOT_FOUND")) return false;
        signal?.throwIfAborted();
        return true;
      }
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
