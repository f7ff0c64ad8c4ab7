/**
 * Where a request goes: URLs of the registry API, and whose settings hold for a URL that a registry gave.
 *
 * @module
 */

import { redactUrl, RegkitError } from "../errors.ts";
import type { Host, HostDirectory } from "../settings/host.ts";
import { isPrivateAddress } from "./address.ts";
import type { RegistryRequest } from "./http_client.ts";

/** What URL parsing would silently drop or take for something else, also when escaped. */
const unsafeInPath = /[\p{Cc} \\?#]|%(?:0[ad]|2e)/iu;
/** What ends or splits a header line. */
const unsafeInHeader = /(?!\t)\p{Cc}/u;

/**
 * Gives the origin of a host: the only place where its credentials go.
 *
 * @param host The host.
 * @returns Scheme, host and port as `URL.origin` has them.
 * @throws {RegkitError} `INVALID_SETTINGS` when the hostname is none.
 */
export function originOf(host: Host): string {
  const scheme = host.tls === "disabled" ? "http" : "https";
  const url = URL.parse(`${scheme}://${host.hostname}/`);
  if (url === null || url.pathname !== "/" || url.username !== "" || url.search !== "" || url.hash !== "") {
    throw new RegkitError(
      "INVALID_SETTINGS",
      `cannot contact ${host.name}: "${host.hostname}" is not a host name with an optional port`,
    );
  }
  return url.origin;
}

/**
 * Builds the URL of a request on one host.
 *
 * @param host The host that is asked.
 * @param request The request.
 * @param upstream The host that the user named; a mirror is told that name in `ns`.
 * @returns The URL. An absolute one is used as given, with the query added.
 * @throws {RegkitError} `INVALID_ARGUMENT` when path or repository hold what does not belong into a URL's path.
 */
export function requestUrl(host: Host, request: RegistryRequest, upstream: Host): URL {
  const query = [...request.query ?? []];
  if (request.path instanceof URL) return withQuery(absoluteUrl(request.path), query);
  const segments = request.repository === undefined ? [] : [host.pathPrefix, request.repository];
  const path = [...segments, request.path].filter((part, index) => part !== "" || index === segments.length).join("/");
  if (unsafeInPath.test(path) || path.split("/").some((segment) => segment === "." || segment === "..")) {
    throw new RegkitError("INVALID_ARGUMENT", `cannot ask for ${JSON.stringify(path)}: it is no path of a registry`);
  }
  if (host.hostname !== upstream.hostname) query.push(["ns", request.registry]);
  return withQuery(new URL(`${originOf(host)}/v2/${path}`), query);
}

function absoluteUrl(given: URL): URL {
  if (given.protocol !== "https:" && given.protocol !== "http:") {
    throw new RegkitError("REDIRECT_REFUSED", `cannot follow ${redactUrl(given)}: only http and https are supported`);
  }
  const url = new URL(given);
  url.username = "";
  url.password = "";
  url.hash = "";
  return url;
}

/** Adds to the query and leaves what it has as it is: upload locations carry state that must come back unchanged. */
function withQuery(url: URL, query: readonly (readonly [string, string])[]): URL {
  if (query.length === 0) return url;
  const added = query.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join("&");
  url.search = url.search === "" ? added : `${url.search}&${added}`;
  return url;
}

/**
 * Refuses a target that a registry must not send us to.
 *
 * @param from Where the target comes from: the URL that answered, or the registry asked.
 * @param to The target.
 * @throws {RegkitError} `REDIRECT_REFUSED` from https to http, and from a public registry to a local address.
 */
export function checkTarget(from: URL, to: URL): void {
  if (to.protocol !== "https:" && to.protocol !== "http:") {
    throw refused(from, to, "only http and https are supported");
  }
  if (from.protocol === "https:" && to.protocol === "http:") {
    throw refused(from, to, "it would leave https for http");
  }
  if (from.origin !== to.origin && isPrivateAddress(to.hostname) && !isPrivateAddress(from.hostname)) {
    throw refused(from, to, "a public registry must not point to a local address");
  }
}

function refused(from: URL, to: URL, why: string): RegkitError {
  return new RegkitError("REDIRECT_REFUSED", `${from.host} points to ${redactUrl(to)}: refused, ${why}`);
}

/**
 * Sets a header, without letting anything become a header of its own.
 *
 * @param headers The headers to change.
 * @param name The header.
 * @param value The value; not repeated in the error, it may be secret.
 * @throws {RegkitError} `INVALID_ARGUMENT` when the value holds control characters.
 */
export function setHeader(headers: Headers, name: string, value: string): void {
  if (unsafeInHeader.test(value)) {
    throw new RegkitError("INVALID_ARGUMENT", `cannot send the header ${name}: its value holds control characters`);
  }
  headers.set(name, value);
}

/**
 * Finds whose settings hold for a URL.
 *
 * @param url The URL.
 * @param known Hosts that it may belong to.
 * @param hosts Gives the settings of all others, by the URL's host.
 * @returns The host.
 */
export function hostOfUrl(url: URL, known: readonly Host[], hosts: HostDirectory): Host {
  return known.find((host) => originOf(host) === url.origin) ?? hosts.host(url.host);
}
