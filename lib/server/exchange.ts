/**
 * One request on its way through the registry: what was asked, by whom, and the parts that handlers work with.
 *
 * @module
 */

import type { Logger } from "../log.ts";
import { ApiError, type HeaderList } from "./api_error.ts";
import type { Caller } from "./auth/auth_guard.ts";
import type { RequestMetrics } from "./observation/metrics.ts";
import type { Quota } from "./limits/quota.ts";
import { noteWhole } from "./whole_responses.ts";
import type { RegistrySettings } from "./settings.ts";
import type { Bytes, RegistryStore, RepositoryStore } from "./store/store.ts";
import type { ContentClaims } from "./endpoints/content_claims.ts";
import type { UploadSessions } from "./endpoints/upload_sessions.ts";

/** What handlers share for the life of the registry. */
export interface RegistryParts {
  /** Where content is kept. */
  readonly store: RegistryStore;
  /** The settings. */
  readonly settings: RegistrySettings;
  /** The uploads that are open. */
  readonly uploads: UploadSessions;
  /** What manifests on their way need, and what is being deleted. */
  readonly claims: ContentClaims;
  /** Headers of every answer. */
  readonly headers: HeaderList;
  /** The limits of space, if there are any. */
  readonly quota: Quota | undefined;
  /** The counters, if they are kept. */
  readonly metrics: RequestMetrics | undefined;
  /** Takes log lines. */
  readonly logger: Logger;
}

/** One request with its route's values. */
export class Exchange {
  #params: URLSearchParams | undefined;

  /**
   * Creates an exchange.
   *
   * @param parts What handlers share.
   * @param request The request.
   * @param caller Who asks.
   * @param repository The repository's name; empty when there is none.
   * @param reference The last part of the path: a tag, digest or upload id.
   * @param query The raw query.
   */
  constructor(
    readonly parts: RegistryParts,
    readonly request: Request,
    readonly caller: Caller,
    readonly repository: string,
    readonly reference: string,
    readonly query: string,
  ) {}

  /** Whether the answer must have no body. */
  get isHead(): boolean {
    return this.request.method === "HEAD";
  }

  /** The query's parameters. */
  get params(): URLSearchParams {
    return this.#params ??= new URLSearchParams(this.query);
  }

  /** The settings. */
  get settings(): RegistrySettings {
    return this.parts.settings;
  }

  /**
   * Finds the repository.
   *
   * @returns The repository, if it exists.
   */
  findRepository(): RepositoryStore | undefined | Promise<RepositoryStore | undefined> {
    return this.parts.store.repository(this.repository);
  }

  /**
   * Builds an answer with the headers of every answer.
   *
   * @param status The status.
   * @param headers More headers.
   * @param body The body, left out for HEAD.
   * @returns The answer.
   */
  reply(status: number, headers: HeaderList, body: Bytes | ReadableStream<Bytes> | null = null): Response {
    const response = new Response(this.isHead ? null : body, { status });
    // Measured: given to the constructor beside a body, headers cost three times as much.
    for (const [key, value] of this.parts.headers) response.headers.append(key, value);
    for (const [key, value] of headers) response.headers.append(key, value);
    return body instanceof Uint8Array ? noteWhole(response) : response;
  }

  /**
   * Builds an answer with a JSON document.
   *
   * @param value The document.
   * @param headers More headers.
   * @param contentType The media type.
   * @returns The answer.
   */
  replyJson(value: unknown, headers: HeaderList = [], contentType = "application/json"): Response {
    const body = new TextEncoder().encode(JSON.stringify(value));
    return this.reply(200, [["content-type", contentType], ["content-length", `${body.length}`], ...headers], body);
  }

  /**
   * Builds a `Location`: relative, or absolute when the registry was told its URL.
   *
   * @param path The path.
   * @returns The header's value.
   */
  location(path: string): string {
    return this.settings.locationPrefix + path;
  }

  /** Refuses a change when the registry takes none. */
  requireWritable(): void {
    if (this.settings.isReadOnly) throw new ApiError(405, "UNSUPPORTED", "the registry is read-only");
  }
}

/** Answers one kind of request. */
export type Handler = (exchange: Exchange) => Promise<Response> | Response;
