/**
 * The list of a repository's tags (distribution-spec "end-8").
 *
 * @module
 */

import { ApiError } from "../api_error.ts";
import type { Exchange } from "../exchange.ts";
import { pageOf } from "./paging.ts";

/**
 * Answers `tags/list`.
 *
 * @param exchange The request.
 * @returns 200 with one page of tags.
 * @throws {ApiError} 404 `NAME_UNKNOWN` when there is no such repository.
 */
export async function listTags(exchange: Exchange): Promise<Response> {
  const name = exchange.repository;
  const repository = await exchange.findRepository();
  if (repository?.isCreated !== true) throw new ApiError(404, "NAME_UNKNOWN", "the repository does not exist");
  const page = pageOf(repository.catalog.tags(), exchange.params, `/v2/${name}/tags/list`);
  return exchange.replyJson({ name, tags: page.names }, page.headers);
}
