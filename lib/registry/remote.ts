/**
 * What the stores of a registry repository know in common.
 *
 * @module
 */

import type { Clock, HostTraits, HttpClient } from "../http/http_client.ts";
import type { Logger } from "../log.ts";
import type { Host } from "../settings/host.ts";

/** One repository of one registry, and the means to talk to it. */
export interface Remote {
  /** Sends the requests. */
  readonly http: HttpClient;
  /** The settings of the registry. */
  readonly host: Host;
  /** The registry as named in references. */
  readonly registry: string;
  /** The repository. */
  readonly repository: string;
  /** Whether mirrors may answer reads; never on the target of a copy. */
  readonly canUseMirrors: boolean;
  /** Where log lines go. */
  readonly logger: Logger;
  /** Time and randomness. */
  readonly clock: Clock;
  /** What was learnt about the registry so far. */
  readonly traits: HostTraits;
}

/**
 * Names a repository for people.
 *
 * @param remote The repository.
 * @returns `registry/repository`.
 */
export function remoteName(remote: Pick<Remote, "registry" | "repository">): string {
  return `${remote.registry}/${remote.repository}`;
}

/**
 * Names one manifest or blob of a repository for people.
 *
 * @param remote The repository.
 * @param reference The tag or digest.
 * @returns `registry/repository:tag` or `registry/repository@digest`.
 */
export function contentName(remote: Pick<Remote, "registry" | "repository">, reference: string): string {
  return `${remoteName(remote)}${reference.includes(":") ? "@" : ":"}${reference}`;
}

/**
 * Tells whether HEAD requests are switched off for a host (`apiOpts.disableHead`).
 *
 * @param host The host.
 * @returns Whether GET has to be used instead.
 */
export function isHeadDisabled(host: Host): boolean {
  return /^(1|t|true)$/i.test(host.apiOpts["disableHead"] ?? "");
}
