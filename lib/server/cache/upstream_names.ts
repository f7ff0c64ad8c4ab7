/**
 * Finds the upstream that a request means, and what the repository is called there and here.
 *
 * @module
 */

import { ApiError } from "../api_error.ts";
import { isRepositoryName } from "../names.ts";
import { compileGlobs } from "./glob.ts";
import type { UpstreamSettings } from "./cache_options.ts";

/** A repository behind the cache. */
export interface ProxiedName<U> {
  /** Its upstream. */
  readonly upstream: U;
  /** The name as the client gave it. */
  readonly requested: string;
  /** The name of the local repository that keeps its content. */
  readonly local: string;
  /** Its name at the upstream. */
  readonly remote: string;
  /** The host that the client named by `?ns=`; `undefined` when it named none. */
  readonly namespace: string | undefined;
}

/** What has the settings of an upstream. */
export interface HasUpstreamSettings {
  /** The settings. */
  readonly settings: UpstreamSettings;
}

/**
 * Builds the search for upstreams.
 *
 * @typeParam U An upstream.
 * @param upstreams The upstreams, those with the longest prefix first.
 * @returns A function from a name and the value of `?ns=` to the repository behind the cache; `undefined` when the name is
 *   local. It throws `ApiError` 404 `NAME_UNKNOWN` for namespaces and repositories that are not served.
 */
export function compileNames<U extends HasUpstreamSettings>(
  upstreams: readonly U[],
): (name: string, namespace: string | null) => ProxiedName<U> | undefined {
  const byNamespace = new Map(
    upstreams.flatMap((upstream) => upstream.settings.namespaces.map((host) => [host, upstream] as const)),
  );
  const served = new Map(upstreams.map((upstream) => [upstream, compileServed(upstream.settings)]));
  const all = upstreams.map(({ settings }) => settings);
  return (name, namespace) => {
    const isNamed = namespace !== null && namespace !== "";
    const upstream = isNamed
      ? byNamespace.get(namespace)
      : upstreams.find(({ settings }) => isBelow(name, settings.prefix, settings.strip));
    if (upstream === undefined) {
      if (isNamed) throw new ApiError(404, "NAME_UNKNOWN", "no upstream registry is known for the namespace");
      return undefined;
    }
    const { settings } = upstream;
    const given = isNamed && settings.strip ? join(settings.prefix, name) : name;
    // What another upstream owns must not be filled by this one: it would be served as the other's.
    const local = [withoutLibrary(given, settings), given].find((each) => ownerOf(each, all) === settings);
    if (local === undefined) throw ownerOf(given, all) === undefined ? notServed() : ownedByAnother();
    const remote = remoteName(local, settings);
    if (!isRepositoryName(local)) throw new ApiError(400, "NAME_INVALID", "the repository name is too long");
    if (served.get(upstream)?.(remote) !== true) throw notServed();
    return { upstream, requested: name, local, remote, namespace: isNamed ? namespace : undefined };
  };
}

/**
 * Gives the upstream's name of a local repository.
 *
 * @param local The local name, which is below the upstream's prefix.
 * @param settings The upstream.
 * @returns The name at the upstream.
 */
export function remoteName(local: string, settings: UpstreamSettings): string {
  const name = settings.strip && settings.prefix !== "" ? local.slice(settings.prefix.length + 1) : local;
  return settings.hasLibrary && !name.includes("/") ? `library/${name}` : name;
}

/**
 * Finds the upstream that a local repository belongs to: it is below its prefix and below no longer one.
 *
 * @param local The local name.
 * @param all The settings of all upstreams, those with the longest prefix first.
 * @returns The settings of the upstream; `undefined` when the repository is nobody's.
 */
export function ownerOf(local: string, all: readonly UpstreamSettings[]): UpstreamSettings | undefined {
  return all.find(({ prefix, strip }) => isBelow(local, prefix, strip));
}

/**
 * Tells whether a local repository is below an upstream's prefix.
 *
 * @param name The local name.
 * @param prefix The upstream's prefix.
 * @param strip Whether the prefix is no part of the upstream's names, so that the prefix alone names nothing.
 * @returns Whether it does.
 */
export function isBelow(name: string, prefix: string, strip: boolean): boolean {
  return prefix === "" || name.startsWith(`${prefix}/`) || (!strip && name === prefix);
}

/** Both names of what is below `library/` mean one local repository, so that nothing is fetched and kept twice. */
function withoutLibrary(local: string, settings: UpstreamSettings): string {
  const start = settings.strip && settings.prefix !== "" ? `${settings.prefix}/` : "";
  const name = local.slice(start.length);
  const isShort = settings.hasLibrary && /^library\/[^/]+$/.test(name);
  return isShort ? `${start}${name.slice("library/".length)}` : local;
}

function join(prefix: string, name: string): string {
  return prefix === "" ? name : `${prefix}/${name}`;
}

function compileServed(settings: UpstreamSettings): (remote: string) => boolean {
  const isIncluded = settings.include.length === 0 ? () => true : compileGlobs(settings.include);
  const isExcluded = compileGlobs(settings.exclude);
  return (remote) => isIncluded(remote) && !isExcluded(remote);
}

function notServed(): ApiError {
  return new ApiError(404, "NAME_UNKNOWN", "the cache does not serve this repository");
}

function ownedByAnother(): ApiError {
  return new ApiError(404, "NAME_UNKNOWN", "the name belongs to another upstream of the cache than the namespace");
}
