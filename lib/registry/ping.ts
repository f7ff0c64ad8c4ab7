/**
 * Questions to a registry as a whole: whether it answers, and which repositories it has (distribution-spec end-1; catalog extension).
 *
 * @module
 */

import { inContext } from "../errors.ts";
import type { HttpClient } from "../http/http_client.ts";
import type { CallOptions } from "../repository.ts";
import { listPages, namesOf } from "./paged_list.ts";

/**
 * Asks a registry whether it is there and lets the caller in.
 *
 * @param http Sends the requests.
 * @param registry The registry as named in references.
 * @param options `signal` ends it early.
 * @returns The response headers.
 * @throws {RegkitError} When it does not answer, or refuses.
 */
export async function pingRegistry(http: HttpClient, registry: string, options: CallOptions = {}): Promise<Headers> {
  try {
    const response = await http.send({
      registry,
      method: "GET",
      path: "",
      expect: [200],
      kind: "query",
      actions: [],
      signal: options.signal,
    });
    await response.body?.cancel();
    return response.headers;
  } catch (error) {
    throw inContext(error, { op: `ping ${registry}` });
  }
}

/** Options of {@linkcode listCatalog}. */
export interface CatalogOptions extends CallOptions {
  /** At most so many repositories, by one request; all pages without it. */
  readonly limit?: number | undefined;
  /** Only repositories after this one. */
  readonly last?: string | undefined;
}

/** One page of a catalog. */
export interface CatalogPage {
  /** The repositories, in the order of the registry. */
  readonly repositories: readonly string[];
  /** The exact document. */
  readonly document: Uint8Array<ArrayBuffer>;
  /** The response headers. */
  readonly headers: Headers;
}

/**
 * Lists the repositories of a registry page by page.
 *
 * @param http Sends the requests.
 * @param registry The registry as named in references.
 * @param options Limit, start and signal.
 * @returns The pages. With a limit only the first.
 * @throws {RegkitError} When the registry has no catalog, or refuses.
 */
export async function* listCatalog(
  http: HttpClient,
  registry: string,
  options: CatalogOptions = {},
): AsyncGenerator<CatalogPage, void, undefined> {
  try {
    for await (const page of listPages(http, { ...options, registry, path: "_catalog", actions: ["*"] })) {
      yield { repositories: namesOf(page, "repositories"), document: page.document, headers: page.headers };
      if (options.limit !== undefined && options.limit > 0) return;
    }
  } catch (error) {
    throw inContext(error, { op: `list repositories of ${registry}` });
  }
}
