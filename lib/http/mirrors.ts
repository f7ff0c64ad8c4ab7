/**
 * Which hosts may answer for a registry, and in which order.
 *
 * @module
 */

import { RegkitError } from "../errors.ts";
import type { Host, HostDirectory } from "../settings/host.ts";
import type { Clock, RegistryRequest } from "./http_client.ts";
import type { Pacing } from "./pacing.ts";
import { checkTarget, originOf } from "./request_url.ts";

/** A broken host is left alone for so long at first, and twice as long each further time. */
const firstCoolDownMs = 10_000;
/** The longest time for which a broken host is left alone. */
const maxCoolDownMs = 5 * 60_000;

/** A host that may answer a request. */
export interface Candidate {
  /** The host. */
  readonly host: Host;
  /** Whether it is the registry itself, whose word counts more than that of its mirrors. */
  readonly isUpstream: boolean;
  /** Whether it has failed lately, or asked to wait. */
  readonly isCooling: boolean;
}

/** Knows the mirrors of registries and which of them are broken at present. */
export class Mirrors {
  readonly #hosts: HostDirectory;
  readonly #pacing: Pacing;
  readonly #clock: Clock;
  readonly #coolDowns = new Map<string, { readonly until: number; readonly failures: number }>();

  /**
   * Creates the mirrors of a client.
   *
   * @param hosts Gives the settings.
   * @param pacing Knows which hosts asked to wait.
   * @param clock Measures cool-downs.
   */
  constructor(hosts: HostDirectory, pacing: Pacing, clock: Clock) {
    this.#hosts = hosts;
    this.#pacing = pacing;
    this.#clock = clock;
  }

  /**
   * Gives the hosts for a request, best first: those in order before those that are cooling down, then by priority from
   * high to low, then mirrors as listed and the registry itself after them.
   *
   * @param request The request.
   * @returns The hosts, at least one. For an absolute URL the one that it belongs to, else the registry itself.
   * @throws {RegkitError} `REDIRECT_REFUSED` for an absolute URL that the registry must not point to.
   */
  candidates(request: RegistryRequest): Candidate[] {
    const upstream = this.#hosts.host(request.registry);
    const mirrors = request.canUseMirrors === true ? upstream.mirrors.map((name) => this.#hosts.host(name)) : [];
    const hosts = unique([...mirrors.filter((mirror) => originOf(mirror) !== originOf(upstream)), upstream]);
    const { path } = request;
    if (path instanceof URL) {
      const owner = hosts.find((host) => originOf(host) === path.origin) ?? upstream;
      checkTarget(new URL(originOf(owner)), path);
      return [{ host: owner, isUpstream: true, isCooling: false }];
    }
    const readyAt = new Map(hosts.map((host) => [host, this.#readyAt(host)]));
    const order = (left: Host, right: Host): number =>
      (readyAt.get(left) ?? 0) - (readyAt.get(right) ?? 0) || right.priority - left.priority;
    return hosts.toSorted(order).map((host) => ({
      host,
      isUpstream: host === upstream,
      isCooling: (readyAt.get(host) ?? 0) > 0,
    }));
  }

  /**
   * A host failed in a way that is likely to last: others are asked first for a while.
   *
   * @param host The host.
   */
  failed(host: Host): void {
    const failures = (this.#coolDowns.get(host.hostname)?.failures ?? 0) + 1;
    const ms = Math.min(maxCoolDownMs, firstCoolDownMs * 2 ** (failures - 1));
    this.#coolDowns.set(host.hostname, { until: this.#clock.now() + ms, failures });
  }

  /**
   * A host answered.
   *
   * @param host The host.
   */
  succeeded(host: Host): void {
    this.#coolDowns.delete(host.hostname);
  }

  /** When a host may be asked again; 0 for now. */
  #readyAt(host: Host): number {
    const pausedUntil = this.#pacing.pausedUntil(new URL(originOf(host)).host);
    const until = Math.max(pausedUntil, this.#coolDowns.get(host.hostname)?.until ?? 0);
    return until > this.#clock.now() ? until : 0;
  }
}

/** A name listed twice, or two names of one place, are asked once. */
function unique(hosts: readonly Host[]): Host[] {
  const first = new Map<string, Host>();
  for (const host of hosts) {
    const place = `${originOf(host)}/${host.pathPrefix}`;
    if (!first.has(place)) first.set(place, host);
  }
  if (first.size === 0) throw new RegkitError("INVALID_SETTINGS", "there is no host to ask");
  return [...first.values()];
}
