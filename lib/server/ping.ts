/**
 * Answers that need no repository: the API check, the list of extensions, and the health check.
 *
 * @module
 */

import type { Exchange } from "./exchange.ts";

/**
 * Answers `/v2/` (distribution-spec "end-1").
 *
 * @param exchange The request.
 * @returns 200 with an empty object.
 */
export function ping(exchange: Exchange): Response {
  return exchange.replyJson({});
}

/**
 * Answers `/v2/_oci/ext/discover` with the extensions of the registry.
 *
 * @param exchange The request.
 * @returns 200 with the list.
 */
export function discover(exchange: Exchange): Response {
  const catalog = { name: "_catalog", description: "Lists the repositories that hold content", url: "/v2/_catalog" };
  return exchange.replyJson({ extensions: [catalog] });
}

/**
 * Answers `/healthz`.
 *
 * @param exchange The request.
 * @returns 200.
 */
export function health(exchange: Exchange): Response {
  return exchange.reply(200, [["content-type", "text/plain"], ["content-length", "3"]], "ok\n");
}
