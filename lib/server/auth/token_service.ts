/**
 * The token service: passwords in, tokens out (distribution "Token Authentication", "OAuth2 Token Authentication").
 *
 * @module
 */

import { ApiError, errorResponse, toApiError } from "../api_error.ts";
import type { Logins } from "./login.ts";
import { formatScopes, grantScopes, parseScopes } from "./scope.ts";
import { maxTokenLength, type TokenClaims, type TokenSigner } from "./token.ts";
import { isNobody, readBasic } from "./basic_guard.ts";
import { readForm } from "./token_service_form.ts";

/** Options of {@linkcode createTokenService}. */
export interface TokenServiceOptions {
  /** Users and their rights. */
  readonly logins: Logins;
  /** The name of the registry, as its challenges have it. */
  readonly service: string;
  /** Signs tokens. */
  readonly signer: TokenSigner;
  /** How long a token is good for, in seconds. */
  readonly tokenSeconds: number;
  /** How long a refresh token is good for, in seconds. */
  readonly refreshSeconds: number;
  /** The time in milliseconds since the epoch. */
  readonly now: () => number;
}

interface TokenRequest {
  readonly user: string;
  readonly scopes: readonly string[];
  readonly wantsRefresh: boolean;
  /** A refresh token to be given back as it came. */
  readonly refreshToken?: string;
}

/**
 * Creates the handler of the token endpoint.
 *
 * @param options Users, rights and tokens.
 * @returns The handler. It answers refusals as error documents.
 */
export function createTokenService(options: TokenServiceOptions): (request: Request) => Promise<Response> {
  const read: Readonly<Record<string, (request: Request) => Promise<TokenRequest>>> = {
    GET: (request) => readQuery(request, options),
    POST: (request) => readGrant(request, options),
  };
  return async (request) => {
    try {
      const reader = read[request.method];
      if (reader === undefined) {
        throw new ApiError(405, "UNSUPPORTED", "the method is not supported here", {
          headers: [["allow", "GET, POST"]],
        });
      }
      return await issue(await reader(request), options);
    } catch (error) {
      return errorResponse(toApiError(error), [["cache-control", "no-store"]], request.method === "HEAD");
    }
  };
}

async function readQuery(request: Request, { logins, service }: TokenServiceOptions): Promise<TokenRequest> {
  const query = paramsOf(request.url);
  requireService(query, service);
  const header = request.headers.get("authorization");
  let user = "";
  if (!isNobody(header)) {
    const login = readBasic(header ?? "");
    if (login === undefined || !await logins.check(login.user, login.password)) throw wrongLogin();
    user = login.user;
  } else if (!(await logins.policy()).allowsAnonymous) throw wrongLogin("authentication required");
  const wantsRefresh = query.get("offline_token") === "true" || query.get("access_type") === "offline";
  return { user, scopes: query.getAll("scope"), wantsRefresh: wantsRefresh && user !== "" };
}

async function readGrant(request: Request, { logins, signer, service }: TokenServiceOptions): Promise<TokenRequest> {
  const form = await readForm(request);
  requireService(form, service);
  const scopes = form.getAll("scope");
  const kind = form.get("grant_type");
  if (kind === "password") {
    const user = form.get("username") ?? "";
    if (!await logins.check(user, form.get("password") ?? "")) throw wrongLogin();
    return { user, scopes, wantsRefresh: form.get("access_type") === "offline" };
  }
  if (kind !== "refresh_token") {
    throw new ApiError(400, "UNSUPPORTED", "grant_type is neither password nor refresh_token");
  }
  const refreshToken = form.get("refresh_token") ?? "";
  const claims = await signer.verify(refreshToken, "refresh");
  const entry = claims === undefined ? undefined : (await logins.users()).get(claims.user);
  if (claims === undefined || entry === undefined || claims.mark !== await signer.markOf(entry.hash)) {
    throw wrongLogin("the refresh token is not valid");
  }
  return { user: claims.user, scopes, wantsRefresh: false, refreshToken };
}

async function issue(wanted: TokenRequest, options: TokenServiceOptions): Promise<Response> {
  const { logins, signer, tokenSeconds, refreshSeconds, now } = options;
  const { user } = wanted;
  const issuedAt = Math.floor(now() / 1000);
  const access = grantScopes(parseScopes(wanted.scopes), user, await logins.policy());
  const token = await signed(signer, { use: "access", user, access, issuedAt, expiresAt: issuedAt + tokenSeconds });
  let refreshToken = wanted.refreshToken;
  const hash = (await logins.users()).get(user)?.hash;
  if (wanted.wantsRefresh && hash !== undefined) {
    const mark = await signer.markOf(hash);
    const expiresAt = issuedAt + refreshSeconds;
    refreshToken = await signed(signer, { use: "refresh", user, access: [], issuedAt, expiresAt, mark });
  }
  const body = JSON.stringify({
    token,
    access_token: token,
    token_type: "Bearer",
    scope: formatScopes(access),
    expires_in: tokenSeconds,
    issued_at: new Date(issuedAt * 1000).toISOString(),
    refresh_token: refreshToken,
  });
  return new Response(body, { headers: { "content-type": "application/json", "cache-control": "no-store" } });
}

/** A token for another registry would be refused there: better is to say so here. Clients may leave the name out. */
function requireService(params: URLSearchParams, service: string): void {
  if (params.getAll("service").every((name) => name === "" || name === service)) return;
  throw new ApiError(400, "UNSUPPORTED", `the service is not this one, which is "${service}"`);
}

async function signed(signer: TokenSigner, claims: TokenClaims): Promise<string> {
  const token = await signer.sign(claims);
  if (token !== undefined) return token;
  const problem = `the token would be longer than ${maxTokenLength} characters: fewer scopes fit into it`;
  throw new ApiError(400, "UNSUPPORTED", problem);
}

function wrongLogin(message = "the credentials are not valid"): ApiError {
  return new ApiError(401, "UNAUTHORIZED", message, { headers: [["www-authenticate", 'Basic realm="token service"']] });
}

function paramsOf(url: string): URLSearchParams {
  const mark = url.indexOf("?");
  return new URLSearchParams(mark < 0 ? "" : url.slice(mark + 1));
}
