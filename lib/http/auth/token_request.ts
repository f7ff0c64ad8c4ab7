/**
 * Asks a token service for a bearer token: by GET with `Basic` or nobody's name, or by POST with a refresh token.
 *
 * @module
 */

import { RegkitError } from "../../errors.ts";
import type { Logger } from "../../log.ts";
import type { Credential, Host } from "../../settings/host.ts";
import { readBytes } from "../../streams/read_bytes.ts";
import { checkTokenUrl } from "./realm.ts";
import { basicAuthorization, hasPassword } from "./basic.ts";
import type { Clock } from "../http_client.ts";
import { parseRetryAfter } from "../retry_after.ts";
import type { ScopeSet } from "./scope.ts";
import { untilAborted } from "../transport/time_limit.ts";
import { parseToken, type Token } from "./token.ts";
import { tokenError } from "./token_failure.ts";
import { withRetries } from "./token_retry.ts";
import type { Transport, TransportRequest, TransportResponse } from "../transport/transport.ts";

/** One token that is wanted. */
export interface TokenRequest {
  /** The host that asked for it. */
  readonly host: Host;
  /** The token service, checked. */
  readonly realm: URL;
  /** The service that the challenge named. */
  readonly service: string | undefined;
  /** What the token must allow. */
  readonly scopes: ScopeSet;
  /** Who asks; `undefined` for nobody. */
  readonly credential: Credential | undefined;
  /** Why the credential is missing, when it should not be. */
  readonly credentialFailure?: unknown;
  /** Ends the request early. */
  readonly signal: AbortSignal;
}

/** With what token requests are made. */
export interface TokenRequestTools {
  /** Sends the requests. */
  readonly transport: Transport;
  /** `User-Agent` and `client_id`. */
  readonly userAgent: string;
  /** Time and randomness. */
  readonly clock: Clock;
  /** Where log lines go. */
  readonly logger: Logger;
}

/** The most bytes of an answer. */
const BODY_LIMIT = 1024 * 1024;
const REDIRECT_LIMIT = 5;

/**
 * Asks by GET.
 *
 * @param request What is wanted.
 * @param tools With what.
 * @returns The token.
 * @throws {RegkitError} `UNAUTHORIZED` and the like when the service refuses, `INVALID_RESPONSE` when its answer is none.
 */
export function getToken(request: TokenRequest, tools: TokenRequestTools): Promise<Token> {
  const url = new URL(request.realm);
  const { credential } = request;
  if (credential !== undefined && credential.user !== "") url.searchParams.set("account", credential.user);
  url.searchParams.set("client_id", tools.userAgent);
  for (const scope of request.scopes) url.searchParams.append("scope", scope);
  if (request.service !== undefined) url.searchParams.set("service", request.service);
  const headers = tokenHeaders(tools);
  if (hasPassword(credential)) headers.set("Authorization", basicAuthorization(credential));
  return exchange(request, tools, { method: "GET", url, headers }, credential?.pass ?? "");
}

/**
 * Asks by POST with a refresh token (RFC 6749, section 6).
 *
 * @param request What is wanted.
 * @param refreshToken The refresh token or identity token.
 * @param tools With what.
 * @returns The token.
 * @throws {RegkitError} As {@linkcode getToken}.
 */
export function postToken(request: TokenRequest, refreshToken: string, tools: TokenRequestTools): Promise<Token> {
  const form = new URLSearchParams({
    client_id: tools.userAgent,
    grant_type: "refresh_token",
    refresh_token: refreshToken,
  });
  if (request.scopes.length > 0) form.set("scope", request.scopes.join(" "));
  if (request.service !== undefined) form.set("service", request.service);
  const headers = tokenHeaders(tools);
  headers.set("Content-Type", "application/x-www-form-urlencoded");
  const body = new TextEncoder().encode(form.toString());
  return exchange(request, tools, { method: "POST", url: request.realm, headers, body }, refreshToken);
}

/** Compressed answers are not asked for: their size says nothing of what they become. */
function tokenHeaders(tools: TokenRequestTools): Headers {
  return new Headers({ "Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": tools.userAgent });
}

async function exchange(
  request: TokenRequest,
  tools: TokenRequestTools,
  message: TransportRequest,
  secret: string,
): Promise<Token> {
  const service = `${request.realm.origin}${request.realm.pathname}`;
  const name = request.host.name;
  return await withRetries({ clock: tools.clock, signal: request.signal, service }, async (signal) => {
    const response = await follow(request.host, message, signal, tools.transport);
    const body = await readText(response, signal, `the answer of token service ${service}`);
    tools.logger.log("debug", "token service answered", {
      registry: name,
      service,
      method: message.method,
      status: response.status,
      scopes: request.scopes,
    });
    if (response.status === 200) return parseToken(body, tools.clock.now(), service);
    throw tokenError({
      status: response.status,
      method: message.method,
      service,
      registry: name,
      user: request.credential?.user ?? "",
      body,
      secrets: [secret, `${request.credential?.user ?? ""}:${secret}`],
      cause: request.credentialFailure,
      retryAfterMs: parseRetryAfter(response.headers, tools.clock.now()),
    });
  });
}

/** Follows redirects. With a secret in it a request stays on its origin, and keeps its method. */
async function follow(
  host: Host,
  first: TransportRequest,
  signal: AbortSignal,
  transport: Transport,
): Promise<TransportResponse> {
  let url = first.url;
  for (let hops = 0; hops <= REDIRECT_LIMIT; hops++) {
    const response = await send({ ...first, url }, signal, transport);
    const location = response.headers.get("Location");
    if (![301, 302, 303, 307, 308].includes(response.status) || location === null) return response;
    await response.body?.cancel();
    const next = URL.parse(location, url);
    if (next === null) throw redirectRefused(url, "to something that is no URL");
    checkTokenUrl(host, next);
    const isSecret = first.method !== "GET" || first.headers.has("Authorization");
    if (isSecret && next.origin !== url.origin) throw redirectRefused(url, `to ${next.origin}, another origin`);
    if (first.method !== "GET" && response.status < 307) throw redirectRefused(url, "with another method");
    if (url.protocol === "https:" && next.protocol !== "https:") throw redirectRefused(url, "away from https");
    next.hash = "";
    url = next;
  }
  throw redirectRefused(first.url, `more than ${REDIRECT_LIMIT} times`);
}

/** Sends, and does not wait for a transport that is deaf to its signal. */
async function send(request: TransportRequest, signal: AbortSignal, transport: Transport): Promise<TransportResponse> {
  return await untilAborted(transport({ ...request, signal }), signal, discard);
}

/** Nobody waits for this answer any more, nor for how its end goes. */
function discard(late: TransportResponse): void {
  late.body?.cancel().catch(() => undefined);
}

async function readText(response: TransportResponse, signal: AbortSignal, what: string): Promise<string> {
  if (response.body === null) return "";
  // The pipe cancels the body when the signal is aborted, even while a read hangs.
  const body = response.body.pipeThrough(new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>(), {
    signal,
  });
  return new TextDecoder().decode(await readBytes(body, BODY_LIMIT, what));
}

function redirectRefused(from: URL, how: string): RegkitError {
  return new RegkitError(
    "REDIRECT_REFUSED",
    `token service ${from.origin}${from.pathname} redirects ${how}: refused`,
  );
}
