/**
 * Tokens that the registry issues and checks itself: JSON Web Tokens signed with HMAC-SHA256 (RFC 7519).
 *
 * @module
 */

import type { ScopeGrant } from "./scope.ts";

/** What a token is good for. */
export type TokenUse = "access" | "refresh";

/** What a valid token says. */
export interface TokenClaims {
  /** What it is good for. */
  readonly use: TokenUse;
  /** The user; empty for anonymous. */
  readonly user: string;
  /** What it covers. */
  readonly access: readonly ScopeGrant[];
  /** When it was issued, in seconds since the epoch. */
  readonly issuedAt: number;
  /** When it expires, in seconds since the epoch. */
  readonly expiresAt: number;
  /** For a refresh token: a mark of the password it was issued for, so that it ends with that password. */
  readonly mark?: string | undefined;
}

/** Signs and checks tokens of one registry. */
export interface TokenSigner {
  /** Signs a token; `undefined` when it would be longer than those that are taken back. */
  sign(claims: TokenClaims): Promise<string | undefined>;
  /** Reads a token; `undefined` when it is forged, expired, or of another use. */
  verify(token: string, use: TokenUse): Promise<TokenClaims | undefined>;
  /** Makes a short text that changes with its argument and tells nothing of it. */
  markOf(secret: string): Promise<string>;
}

/** Options of {@linkcode createTokenSigner}. */
export interface TokenSignerOptions {
  /** The name of the registry: a token of another one is not taken. */
  readonly service: string;
  /** The key, at least 32 bytes; random by default, so that tokens end with the process. */
  readonly key?: Uint8Array<ArrayBuffer> | undefined;
  /** The time in milliseconds since the epoch; the system's clock by default. */
  readonly now?: (() => number) | undefined;
}

const header = encode({ alg: "HS256", typ: "JWT" });

/** The greatest length of a token: the registry takes 32 KiB of headers, many a server in front of it 16 KiB, and there are others. */
export const maxTokenLength = 12 * 1024;

/**
 * Creates a signer.
 *
 * @param options The key and the registry's name.
 * @returns The signer.
 * @throws {RangeError} When the key is shorter than 32 bytes.
 */
export function createTokenSigner(options: TokenSignerOptions): TokenSigner {
  const { service, now = Date.now, key = crypto.getRandomValues(new Uint8Array(32)) } = options;
  if (key.length < 32) throw new RangeError(`Cannot sign tokens with a key of ${key.length} bytes: 32 are needed`);
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const imported = crypto.subtle.importKey("raw", key, algorithm, false, ["sign", "verify"]);
  const macOf = async (text: string) =>
    new Uint8Array(await crypto.subtle.sign("HMAC", await imported, new TextEncoder().encode(text)));
  return {
    async sign({ use, user, access, issuedAt, expiresAt, mark }) {
      const body = { iss: service, aud: service, sub: user, use, access, iat: issuedAt, exp: expiresAt, mark };
      const text = `${header}.${encode({ ...body, jti: crypto.randomUUID() })}`;
      const token = `${text}.${base64Url(await macOf(text))}`;
      return token.length > maxTokenLength ? undefined : token;
    },
    async verify(token, use) {
      const [head, body, signature, more] = token.length > maxTokenLength ? [] : token.split(".");
      if (head !== header || body === undefined || signature === undefined || more !== undefined) return undefined;
      const mac = fromBase64Url(signature);
      const text = new TextEncoder().encode(`${head}.${body}`);
      if (mac === undefined || !await crypto.subtle.verify("HMAC", await imported, mac, text)) return undefined;
      return readClaims(body, service, use, now());
    },
    markOf: async (secret) => base64Url(await macOf(`mark\0${secret}`)).slice(0, 22),
  };
}

function readClaims(body: string, service: string, use: TokenUse, nowMs: number): TokenClaims | undefined {
  const bytes = fromBase64Url(body);
  if (bytes === undefined) return undefined;
  // The signature was right: this is what `sign` wrote.
  const claims = JSON.parse(new TextDecoder().decode(bytes)) as Readonly<Record<string, unknown>>;
  const { aud, sub, access, iat, exp, mark } = claims;
  if (aud !== service || claims["use"] !== use || typeof sub !== "string" || typeof exp !== "number") return undefined;
  if (exp * 1000 <= nowMs || !Array.isArray(access)) return undefined;
  return {
    use,
    user: sub,
    access: access as readonly ScopeGrant[],
    issuedAt: Number(iat),
    expiresAt: exp,
    mark: typeof mark === "string" ? mark : undefined,
  };
}

function encode(value: unknown): string {
  return base64Url(new TextEncoder().encode(JSON.stringify(value)));
}

function base64Url(bytes: Uint8Array): string {
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

function fromBase64Url(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.fromBase64(text, { alphabet: "base64url" });
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
