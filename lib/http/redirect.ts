/**
 * Follows redirects (RFC 9110 §15.4), within limits.
 *
 * @module
 */

import { redactUrl, RegkitError } from "../errors.ts";
import type { HostDirectory } from "../settings/host.ts";
import { discardBody } from "./discard.ts";
import type { Hop, Interceptor } from "./hop.ts";
import type { Clock } from "./http_client.ts";
import { checkTarget, hostOfUrl } from "./request_url.ts";
import type { TransportResponse } from "./transport/transport.ts";

/** Redirects that one request follows at most. */
export const maxRedirects = 10;

/** Statuses that send the request elsewhere; the value tells whether method and body go along. */
const redirects: ReadonlyMap<number, boolean> = new Map([
  [301, false],
  [302, false],
  [303, false],
  [307, true],
  [308, true],
]);

/**
 * Follows redirects until something else is answered.
 *
 * @param hosts Gives the settings of the hosts that are pointed to.
 * @param clock Limits the time for the redirects' own bodies.
 * @returns The interceptor. It throws `REDIRECT_REFUSED` after too many redirects, and for targets that a registry must not
 *   point to.
 */
export function redirected(hosts: HostDirectory, clock: Clock): Interceptor {
  return (next) => async (first) => {
    let hop = first;
    for (let count = 0;; count++) {
      const answer = await next(hop);
      if (first.request.expect.includes(answer.status)) return answer;
      const target = redirectTarget(answer, hop);
      if (target === undefined) return answer;
      await discardBody(answer, clock, hop.signal);
      if (count >= maxRedirects) {
        throw new RegkitError(
          "REDIRECT_REFUSED",
          `${redactUrl(first.url)} redirects too often: more than ${maxRedirects} times, last to ${redactUrl(target)}`,
        );
      }
      checkTarget(hop.url, target);
      hop = redirectedHop(hop, target, answer.status, hosts);
      if (hop.body !== undefined) await hop.reopenBody?.();
    }
  };
}

function redirectTarget(answer: TransportResponse, hop: Hop): URL | undefined {
  const location = redirects.has(answer.status) ? answer.headers.get("location") : null;
  if (location === null) return undefined;
  const target = URL.parse(location, hop.url);
  if (target === null) {
    throw new RegkitError("INVALID_RESPONSE", `${hop.url.host} redirects to ${JSON.stringify(location)}: it is no URL`);
  }
  target.username = "";
  target.password = "";
  return target;
}

function redirectedHop(hop: Hop, url: URL, status: number, hosts: HostDirectory): Hop {
  const host = hostOfUrl(url, [hop.asked], hosts);
  const keepsMethod = redirects.get(status) === true || hop.method === "GET" || hop.method === "HEAD";
  if (keepsMethod) return { ...hop, url, host };
  const headers = new Headers(hop.headers);
  for (const name of ["content-type", "content-range", "content-length"]) headers.delete(name);
  return { ...hop, url, host, headers, method: "GET", body: undefined };
}
