/**
 * When a failed request is sent again.
 *
 * @module
 */

import { hasCode, HttpError } from "../errors.ts";
import type { Clock } from "./http_client.ts";
import { TransportError } from "./transport/transport_error.ts";

/** How often one request is sent at most, over all hosts; authentication and redirects do not count. */
export const maxSends = 6;

/** The first wait, before jitter halves it at most, in milliseconds. */
const firstWaitMs = 200;
/** The longest wait of our own accord, in milliseconds. */
const longestWaitMs = 30_000;

/** Statuses that may pass by themselves. */
const transientStatuses = new Set([408, 429, 500, 502, 503, 504]);

/**
 * Tells whether a failure may pass by itself. What does not depend on the moment is final at once: unknown names,
 * certificates, refused redirects, every other status.
 *
 * @param error What a send failed with.
 * @returns Whether sending again may help.
 */
export function isTransient(error: unknown): boolean {
  if (error instanceof HttpError) return transientStatuses.has(error.status);
  if (error instanceof TransportError) return !error.isPermanent;
  return hasCode(error, "TRANSPORT", "TIMEOUT", "STALLED");
}

/**
 * Tells whether a failure speaks against the host itself, so that its mirrors should be asked first for a while.
 *
 * @param error What a send failed with.
 * @returns Whether it does; an answer about the thing asked for does not.
 */
export function isHostFailure(error: unknown): boolean {
  return isTransient(error) || hasCode(error, "DNS", "TLS", "CREDENTIALS", "REDIRECT_REFUSED");
}

/**
 * Gives the wait before a host is asked again.
 *
 * @param failures How often it has failed for this request.
 * @param error The last failure; a registry that asks for a longer wait gets it.
 * @param clock Gives the jitter, which keeps requests that failed together from coming back together.
 * @returns The wait in milliseconds: 100 to 200 after the first failure, doubled with each, at most 30 seconds.
 */
export function retryWaitMs(failures: number, error: unknown, clock: Clock): number {
  const fullMs = Math.min(longestWaitMs, firstWaitMs * 2 ** (failures - 1));
  const ownMs = Math.round(fullMs * (1 + clock.random()) / 2);
  const askedMs = error instanceof HttpError ? error.retryAfterMs ?? 0 : 0;
  return Math.max(ownMs, askedMs);
}
