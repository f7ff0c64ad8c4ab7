/**
 * Adds credentials where they belong, and answers challenges.
 *
 * @module
 */

import type { Authenticator, AuthRequest } from "./auth/authenticator.ts";
import { discardBody } from "./discard.ts";
import type { Hop, Interceptor } from "./hop.ts";
import type { Clock, RegistryRequest } from "./http_client.ts";
import { originOf, setHeader } from "./request_url.ts";

/** Challenges that one request answers at most: a stale token, a new scope, and one to spare. */
const maxChallenges = 3;

/**
 * Sends with the host's credentials, as far as it asks for them. Only the origin that is configured for the host gets any:
 * scheme, host and port are compared, so that redirects and links cannot carry them elsewhere.
 *
 * @param authenticator Knows the credentials.
 * @param clock Limits the time for the refusals' own bodies.
 * @returns The interceptor.
 */
export function authenticated(authenticator: Authenticator, clock: Clock): Interceptor {
  return (next) => async (hop) => {
    if (originOf(hop.asked) !== hop.url.origin) return next(hop);
    for (let challenges = 0;; challenges++) {
      const authorization = await settled(authenticator.authorize(hop.asked, hop.want), hop);
      const answer = await next(withAuthorization(hop, authorization));
      if ((answer.status !== 401 && answer.status !== 403) || challenges >= maxChallenges) return answer;
      let isAnswer = false;
      try {
        const { status, headers, url } = answer;
        const learnt = authenticator.challenge(hop.asked, { status, headers, url }, hop.want, authorization);
        isAnswer = !(await settled(learnt, hop)) || (hop.body?.isSpent === true && hop.body.needsReopening);
      } finally {
        if (!isAnswer) await discardBody(answer, clock, hop.signal);
      }
      if (isAnswer) return answer;
      await hop.reopenBody?.();
    }
  };
}

/** The authenticator repeats what is worth repeating by itself: its failures are final. */
async function settled<T>(result: Promise<T>, hop: Hop): Promise<T> {
  try {
    return await result;
  } catch (error) {
    hop.onFinal?.(error);
    throw error;
  }
}

function withAuthorization(hop: Hop, authorization: string | undefined): Hop {
  if (authorization === undefined) return hop;
  const headers = new Headers(hop.headers);
  setHeader(headers, "authorization", authorization);
  return { ...hop, headers };
}

/**
 * Gives what a request needs to be allowed to do.
 *
 * @param request The request.
 * @returns The repository and actions, with `pull` for reads and `pull,push` for the rest unless the request says more.
 */
export function authRequest(request: RegistryRequest): AuthRequest {
  const isRead = request.method === "GET" || request.method === "HEAD";
  const usual = request.repository === undefined ? [] : isRead ? ["pull"] : ["pull", "push"];
  return {
    repository: request.repository,
    actions: request.actions ?? usual,
    scopes: request.scopes,
    signal: request.signal,
  };
}
