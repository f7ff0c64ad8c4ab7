/**
 * The list of repositories, an extension that clients expect.
 *
 * @module
 */

import { maySee } from "../auth/auth_guard.ts";
import type { Exchange } from "../exchange.ts";
import { pageOf } from "./paging.ts";

/**
 * Answers `/v2/_catalog` with the repositories that hold content and that the caller may pull from.
 *
 * @param exchange The request.
 * @returns 200 with one page of names.
 */
export async function listRepositories(exchange: Exchange): Promise<Response> {
  const names = await exchange.parts.store.names();
  const allowed = names.filter((name) => maySee(exchange.caller, name));
  const page = pageOf(allowed, exchange.params, "/v2/_catalog");
  return exchange.replyJson({ repositories: page.names }, page.headers);
}
