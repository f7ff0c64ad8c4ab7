/**
 * What the HTTP client asks of authentication: the header to send now, and what to make of a refusal.
 *
 * @module
 */

import type { Host } from "../../settings/host.ts";
import type { Scope } from "../http_client.ts";

/** What a request needs to be allowed to do. */
export interface AuthRequest {
  /** The repository, without path prefix; absent for ping and catalog. */
  readonly repository?: string | undefined;
  /** The actions on the repository: `pull`, `push`, `delete`. */
  readonly actions: readonly string[];
  /** Further scopes that the same token should cover. */
  readonly scopes?: readonly Scope[] | undefined;
  /** Ends every wait early. */
  readonly signal?: AbortSignal | undefined;
}

/** An answer that refused a request. */
export interface AuthAnswer {
  /** The status: 401 or 403. */
  readonly status: number;
  /** The headers, with the challenges in `WWW-Authenticate`. */
  readonly headers: Headers;
  /** The URL that answered; relative realms are resolved against it. */
  readonly url: URL;
}

/** Authenticates requests to hosts. */
export interface Authenticator {
  /**
   * Gives the `Authorization` header to send now. Refreshes a token ahead of its expiry.
   *
   * @param host The host the request goes to.
   * @param want What the request needs.
   * @returns The header's value, or `undefined` while nothing is known to be needed.
   * @throws {RegkitError} `CREDENTIALS` when a helper fails; `UNAUTHORIZED`, `TRANSPORT` and the like from the token service.
   */
  authorize(host: Host, want: AuthRequest): Promise<string | undefined>;
  /**
   * Learns from a refusal.
   *
   * @param host The host that refused.
   * @param answer What it answered.
   * @param want What the request needs.
   * @param sent The `Authorization` header that had been sent, if any.
   * @returns Whether sending again with a new {@linkcode Authenticator.authorize} is worth it.
   */
  challenge(host: Host, answer: AuthAnswer, want: AuthRequest, sent: string | undefined): Promise<boolean>;
  /**
   * Tells why a refusal was not worth another try.
   *
   * @param host The host that refused.
   * @param want The request that was refused.
   * @returns The reason, which never has secrets; `undefined` when there is none to tell.
   */
  refusal?(host: Host, want?: AuthRequest): Error | undefined;
}
