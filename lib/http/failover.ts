/**
 * Sends a request to the hosts that may answer it, and again, until one does or none will.
 *
 * @module
 */

import { RegkitError } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { Host, HostDirectory } from "../settings/host.ts";
import { authRequest } from "./authenticated.ts";
import type { Authenticator, AuthRequest } from "./auth/authenticator.ts";
import type { Send } from "./hop.ts";
import type { Clock, RegistryRequest } from "./http_client.ts";
import type { Candidate, Mirrors } from "./mirrors.ts";
import { RequestBody } from "./request_body.ts";
import { plainUrl } from "./request_log.ts";
import { hostOfUrl, requestUrl, setHeader } from "./request_url.ts";
import { responseError } from "./response_error.ts";
import { isHostFailure, isTransient, maxSends, retryWaitMs } from "./retry.ts";
import type { TransportResponse } from "./transport/transport.ts";

/** What sending needs. */
export interface FailoverOptions {
  /** Sends once to one host, redirects and authentication included. */
  readonly send: Send;
  /** Gives settings. */
  readonly hosts: HostDirectory;
  /** Gives the hosts of a request. */
  readonly mirrors: Mirrors;
  /** Tells why it gave up. */
  readonly authenticator: Pick<Authenticator, "refusal">;
  /** `User-Agent`. */
  readonly userAgent: string;
  /** Hears of every retry. */
  readonly logger: Logger;
  /** Measures waits. */
  readonly clock: Clock;
  /** A request that would wait longer than this before it is repeated fails instead. */
  readonly maxRetryWaitMs?: number | undefined;
}

/** A host of this request, and how it went so far. */
interface Try extends Candidate {
  failures: number;
  error: unknown;
  isDropped: boolean;
}

/** How one send ended. */
type Outcome = { readonly answer: TransportResponse } | { readonly error: unknown; readonly isFinal: boolean };

/**
 * Sends a request until it is answered with an expected status.
 *
 * @param request The request.
 * @param options What sending needs.
 * @returns The answer.
 * @throws {RegkitError} What the registry itself failed with last, or its mirrors if it was not reached; the signal's reason.
 */
export async function sendWithFailover(request: RegistryRequest, options: FailoverOptions): Promise<TransportResponse> {
  await options.hosts.prepare?.(request.registry);
  const tries = options.mirrors.candidates(request).map((candidate): Try => ({
    ...candidate,
    failures: 0,
    error: undefined,
    isDropped: false,
  }));
  const want = authRequest(request);
  const body = request.body === undefined ? undefined : new RequestBody(request);
  let last: unknown;
  try {
    for (let sends = 1; sends <= maxSends; sends++) {
      const next = choose(tries, sends);
      if (next === undefined) break;
      if (next.failures > 0 && !await backOff(next, request, options)) break;
      const outcome = await sendOnce(next.host, request, want, body, options);
      if ("answer" in outcome) {
        options.mirrors.succeeded(next.host);
        return outcome.answer;
      }
      last = next.error = outcome.error;
      next.failures++;
      next.isDropped = outcome.isFinal || !isTransient(outcome.error);
      if (tries.length > 1 && isHostFailure(outcome.error)) options.mirrors.failed(next.host);
      logFailure(next, request, sends, options.logger);
      if (isOver(request, body)) break;
    }
  } finally {
    await body?.close();
  }
  throw tries.find((each) => each.isUpstream)?.error ?? last;
}

/** The host that failed least, in order. The last send is for the registry itself if it had none yet. */
function choose(tries: readonly Try[], sends: number): Try | undefined {
  const upstream = tries.find((each) => each.isUpstream);
  if (sends === maxSends && upstream?.failures === 0) return upstream;
  // What the registry itself has answered need not be heard from a mirror that is likely to be broken.
  const isSettled = upstream?.isDropped === true && !isHostFailure(upstream.error);
  const left = tries.filter((each) => !each.isDropped && !(isSettled && each.isCooling));
  return left.reduce<Try | undefined>(
    (best, each) => best === undefined || each.failures < best.failures ? each : best,
    undefined,
  );
}

/** Waits before a repetition; `false` when that would take too long. */
async function backOff(next: Try, request: RegistryRequest, options: FailoverOptions): Promise<boolean> {
  const { clock, logger, maxRetryWaitMs = Infinity } = options;
  const waitMs = retryWaitMs(next.failures, next.error, clock);
  if (waitMs > maxRetryWaitMs) return false;
  logger.log("debug", "Retrying request", {
    host: next.host.name,
    method: request.method,
    failures: next.failures,
    waitMs,
    reason: textOf(next.error),
  });
  await clock.sleep(waitMs, request.signal);
  return true;
}

async function sendOnce(
  host: Host,
  request: RegistryRequest,
  want: AuthRequest,
  body: RequestBody | undefined,
  { send, hosts, authenticator, userAgent, clock }: FailoverOptions,
): Promise<Outcome> {
  request.signal?.throwIfAborted();
  let final: unknown;
  const upstream = hosts.host(request.registry);
  const url = requestUrl(host, request, upstream);
  const headers = new Headers(request.headers);
  setHeader(headers, "user-agent", userAgent);
  // Length, ranges and digests are about the bytes as stored.
  if (!headers.has("accept-encoding")) headers.set("accept-encoding", "identity");
  try {
    const answer = await send({
      request,
      want,
      asked: host,
      host: hostOfUrl(url, [host], hosts),
      method: request.method,
      url,
      headers,
      body,
      signal: request.signal,
      onFinal: (error) => final = error,
    });
    if (request.expect.includes(answer.status)) return { answer };
    const refusal = answer.status === 401 || answer.status === 403 ? authenticator.refusal?.(host, want) : undefined;
    const error = await responseError(answer, request, host, clock, refusal);
    request.signal?.throwIfAborted();
    return { error, isFinal: false };
  } catch (error) {
    request.signal?.throwIfAborted();
    if (body?.sourceError !== undefined) throw body.sourceError.error;
    if (!(error instanceof RegkitError)) throw error;
    return { error, isFinal: error === final };
  }
}

/** Whether nothing may be sent any more, on whatever host. */
function isOver(request: RegistryRequest, body: RequestBody | undefined): boolean {
  return request.isRepeatable === false && (body === undefined || body.isSpent);
}

function logFailure(failed: Try, request: RegistryRequest, sends: number, logger: Logger): void {
  if (!logger.isEnabled("debug")) return;
  logger.log("debug", "Request failed", {
    host: failed.host.name,
    method: request.method,
    path: request.path instanceof URL ? plainUrl(request.path) : request.path,
    repository: request.repository,
    sends,
    error: textOf(failed.error),
  });
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
