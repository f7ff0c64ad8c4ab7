/**
 * Where tokens may be asked for: the realm of a challenge, checked before any credential could go there.
 *
 * @module
 */

import { RegkitError } from "../../errors.ts";
import type { Host } from "../../settings/host.ts";
import { isLocalName, isPrivateAddress } from "../address.ts";

/**
 * Gives the origin of a host: the only one whose challenges are answered.
 *
 * @param host The host.
 * @returns The origin, or `undefined` when its hostname is none.
 */
export function hostOrigin(host: Host): string | undefined {
  return URL.parse(`${host.tls === "disabled" ? "http" : "https"}://${host.hostname}/`)?.origin;
}

/**
 * Resolves a realm and checks that the host may name it.
 *
 * It must be https, unless the host itself is spoken to without TLS; then http is accepted on the same host name, and
 * between local names. A public host may not point into private networks.
 *
 * @param host The host that named the realm.
 * @param realm The realm, relative or absolute.
 * @param base The URL that answered.
 * @returns The URL of the token service.
 * @throws {RegkitError} `INVALID_RESPONSE` when it is no URL or not allowed.
 */
export function resolveRealm(host: Host, realm: string, base: URL): URL {
  const url = URL.parse(realm, base);
  if (url === null) throw refused(host, "it is no URL");
  checkTokenUrl(host, url);
  url.hash = "";
  return url;
}

/**
 * Checks that a host may send token requests to a URL.
 *
 * @param host The host that asked for a token.
 * @param url Where it, or a redirect, points.
 * @throws {RegkitError} `INVALID_RESPONSE` when it is not allowed.
 */
export function checkTokenUrl(host: Host, url: URL): void {
  const registry = URL.parse(hostOrigin(host) ?? "");
  if (url.protocol !== "https:" && url.protocol !== "http:") throw refused(host, `its scheme is ${url.protocol}`);
  if (url.username !== "" || url.password !== "") throw refused(host, "it holds credentials");
  if (registry === null) throw refused(host, "the host itself has no valid name");
  if (isPrivateAddress(url.hostname) && !isLocalName(registry.hostname)) {
    throw refused(host, `${url.origin} is a private address, and the registry is public`);
  }
  if (url.protocol === "https:") return;
  if (host.tls !== "disabled") throw refused(host, `${url.origin} is not https`);
  const isNear = url.hostname === registry.hostname || (isLocalName(url.hostname) && isLocalName(registry.hostname));
  if (!isNear) throw refused(host, `${url.origin} is another host and not https`);
}

function refused(host: Host, problem: string): RegkitError {
  return new RegkitError(
    "INVALID_RESPONSE",
    `token realm of ${host.name} refused: ${problem}`,
  );
}
