/**
 * Lists that a registry gives page by page: tags and the catalog (distribution-spec end-8; `Link`, RFC 5988).
 *
 * @module
 */

import { RegkitError } from "../errors.ts";
import type { HttpClient, RegistryRequest } from "../http/http_client.ts";
import { parseLinkNext } from "../http/link_header.ts";
import { baseMediaType } from "../oci/media_type.ts";
import type { CallOptions } from "../repository.ts";
import { readAnswer } from "./read_answer.ts";

/** The largest page that is read, in bytes. */
const maxPageBytes = 32 * 1024 * 1024;

/** One page as the registry gave it. */
export interface ListPage {
  /** The exact bytes. */
  readonly document: Uint8Array<ArrayBuffer>;
  /** The parsed JSON object. */
  readonly body: Readonly<Record<string, unknown>>;
  /** The response headers. */
  readonly headers: Headers;
}

/** What is asked for. */
export interface ListRequest extends CallOptions {
  /** The registry as named in references. */
  readonly registry: string;
  /** The repository, for tags. */
  readonly repository?: string | undefined;
  /** `tags/list` or `_catalog`. */
  readonly path: string;
  /** The entries wanted, told to the registry as `n`. */
  readonly limit?: number | undefined;
  /** The entry after which the list begins. */
  readonly last?: string | undefined;
  /** Whether mirrors may answer. */
  readonly canUseMirrors?: boolean | undefined;
  /** The scopes of the catalog. */
  readonly actions?: readonly string[] | undefined;
}

/**
 * Reads the pages of a list, following `Link` until there is none.
 *
 * @param http Sends the requests.
 * @param request What is asked for.
 * @returns The pages. Who has enough stops asking.
 * @throws {RegkitError} `INVALID_RESPONSE` when a page is no JSON object of the right type, or the pages go in a circle.
 */
export async function* listPages(http: HttpClient, request: ListRequest): AsyncGenerator<ListPage, void, undefined> {
  const query: [string, string][] = [];
  if (request.last !== undefined && request.last !== "") query.push(["last", request.last]);
  if (request.limit !== undefined && request.limit > 0) query.push(["n", String(request.limit)]);
  const seen = new Set<string>();
  let next: URL | undefined;
  do {
    const { response, bytes: document } = await readAnswer(
      http,
      pageRequest(request, next, query),
      maxPageBytes,
      `${request.path} of ${request.registry}`,
    );
    yield { document, body: parsePage(document, response.headers, response.url), headers: response.headers };
    next = parseLinkNext(response.headers, response.url);
    if (next === undefined) return;
    if (seen.has(next.href)) {
      throw new RegkitError(
        "INVALID_RESPONSE",
        `registry ${request.registry} lists the page ${next.pathname} again and again`,
      );
    }
    seen.add(next.href);
  } while (next !== undefined);
}

function pageRequest(
  request: ListRequest,
  next: URL | undefined,
  query: readonly (readonly [string, string])[],
): RegistryRequest {
  return {
    registry: request.registry,
    repository: request.repository,
    method: "GET",
    path: next ?? request.path,
    query: next === undefined ? query : [],
    headers: new Headers({ accept: "application/json" }),
    expect: [200],
    kind: "query",
    canUseMirrors: request.canUseMirrors,
    actions: request.actions,
    signal: request.signal,
  };
}

function parsePage(document: Uint8Array, headers: Headers, url: URL): Readonly<Record<string, unknown>> {
  const mediaType = baseMediaType(headers.get("content-type"));
  if (!["application/json", "text/plain", ""].includes(mediaType)) {
    throw new RegkitError("UNSUPPORTED_MEDIA_TYPE", `unsupported media type: "${mediaType}" of ${url.pathname}`);
  }
  let body: unknown;
  try {
    body = JSON.parse(new TextDecoder().decode(document));
  } catch (cause) {
    throw new RegkitError("INVALID_RESPONSE", `list ${url.pathname} of ${url.host} is not valid JSON`, { cause });
  }
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new RegkitError("INVALID_RESPONSE", `list ${url.pathname} of ${url.host} is not a JSON object`);
  }
  return body as Readonly<Record<string, unknown>>;
}

/**
 * Reads a list of names out of a page.
 *
 * @param page The page.
 * @param key The key of the list.
 * @returns The names; none where the registry says `null`.
 * @throws {RegkitError} `INVALID_RESPONSE` when it is something else.
 */
export function namesOf(page: ListPage, key: string): readonly string[] {
  const names = page.body[key] ?? [];
  if (Array.isArray(names) && names.every((name) => typeof name === "string")) return names;
  throw new RegkitError("INVALID_RESPONSE", `registry answered with "${key}" that is not a list of names`);
}
