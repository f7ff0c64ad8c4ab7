/**
 * What the registry backend asks of the HTTP side: one request to a named registry, with everything that makes it arrive.
 *
 * @module
 */

import type { Logger } from "../log.ts";
import type { Clock } from "../schedule/clock.ts";
import type { HostDirectory } from "../settings/host.ts";
import type { Transport, TransportBody, TransportResponse } from "./transport/transport.ts";

export type { Clock };

/** What a request is about; decides its place in a host's queue. */
export type RequestKind = "head" | "manifest" | "query" | "blob";

/** What a token must allow on a repository. */
export interface Scope {
  /** The repository, without path prefix; `undefined` for the catalog. */
  readonly repository: string | undefined;
  /** The actions: `pull`, `push`, `delete`. */
  readonly actions: readonly string[];
}

/** One request to a registry, named by what it wants instead of by URL. */
export interface RegistryRequest {
  /** The registry as named in references. */
  readonly registry: string;
  /** The repository; absent for ping and catalog. */
  readonly repository?: string | undefined;
  /** The method. */
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "PATCH" | "DELETE";
  /**
   * What comes after `/v2/<prefix>/<repository>/`, such as `manifests/v1` (segments already escaped where needed), or an
   * absolute URL given by the registry: an upload location or the next page.
   */
  readonly path: string | URL;
  /** Query parameters, in order. */
  readonly query?: readonly (readonly [name: string, value: string])[] | undefined;
  /** Headers of the operation, such as `Accept` and `Content-Type`. */
  readonly headers?: Headers | undefined;
  /** Gives the body for each attempt anew; absent for none. A body that can be had once only sets `isRepeatable` to false. */
  readonly body?: ((signal?: AbortSignal) => TransportBody | Promise<TransportBody>) | undefined;
  /** Whether the request may be sent again after a failure; `true` by default. Authentication and redirects do not count. */
  readonly isRepeatable?: boolean | undefined;
  /** The statuses that are answers; everything else is thrown as an {@linkcode HttpError}. */
  readonly expect: readonly number[];
  /** What the request is about. */
  readonly kind: RequestKind;
  /** Whether mirrors of the registry may answer; `false` by default. */
  readonly canUseMirrors?: boolean | undefined;
  /** The actions asked for on the repository; `pull` for GET and HEAD, `pull,push` otherwise. */
  readonly actions?: readonly string[] | undefined;
  /** Further scopes that one token should cover, such as `pull` on the source of a mount. */
  readonly scopes?: readonly Scope[] | undefined;
  /** About how many bytes body and answer have; for the queue. */
  readonly sizeHint?: number | undefined;
  /** Ends the request early. */
  readonly signal?: AbortSignal | undefined;
}

/** Sends requests to registries: hosts and mirrors, pacing, authentication, redirects, retries. */
export interface HttpClient extends AsyncDisposable {
  /**
   * Sends a request until it is answered with an expected status or cannot be.
   *
   * The answer's slot on the host is held until its body is read to the end or cancelled.
   *
   * @throws {HttpError} For any other status: `NOT_FOUND` (404), `UNAUTHORIZED` (401), `DENIED` (403), `RATE_LIMITED`
   *   (429), `HTTP_STATUS` (the rest), with the bounded body and the registry's error entries.
   * @throws {RegkitError} `DNS`, `TLS`, `TRANSPORT`, `TIMEOUT`, `REDIRECT_REFUSED`, `CREDENTIALS`; the signal's reason.
   */
  send(request: RegistryRequest): Promise<TransportResponse>;
  /**
   * What was learnt about a registry while talking to it, for as long as the client lives.
   *
   * @param registry The registry as named in references.
   */
  traits(registry: string): HostTraits;
  /** Closes idle connections. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** What was learnt about one registry; written by the registry backend. */
export interface HostTraits {
  /** The least bytes of a non-final chunk that it takes (`OCI-Chunk-Min-Length`); 0 unknown. */
  minChunkBytes: number;
  /** The most bytes of one request body that it takes (learnt from 413); `undefined` unknown. */
  maxBodyBytes: number | undefined;
  /** Whether it stores a blob sent with the first POST; `undefined` not tried yet. */
  takesSinglePost: boolean | undefined;
  /** Whether it has mounted a blob without being told from where. */
  mountsAnonymously: boolean;
  /** Small blobs uploaded so far: trying the single POST is worth it once there are several. */
  smallUploads: number;
}

/** Options of an HTTP client. */
export interface HttpClientOptions {
  /** Hosts, credentials and certificates. */
  readonly hosts: HostDirectory;
  /** `User-Agent` and `client_id`. */
  readonly userAgent: string;
  /** Sends the requests; chosen by TLS mode and body by default. */
  readonly transport?: Transport | undefined;
  /** Looks up environment variables, for proxies; none by default. */
  readonly env?: ((name: string) => string | undefined) | undefined;
  /** Where log lines go. */
  readonly logger?: Logger | undefined;
  /** Time and randomness, replaced in tests. */
  readonly clock?: Clock | undefined;
  /** A request that would wait longer than this before it is repeated fails instead, in milliseconds; no limit by default. */
  readonly maxRetryWaitMs?: number | undefined;
}
