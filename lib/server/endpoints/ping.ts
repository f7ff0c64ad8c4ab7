/**
 * Answers that need no repository: the API check, the list of extensions, and the health check.
 *
 * @module
 */

import { ApiError } from "../api_error.ts";
import type { Exchange } from "../exchange.ts";

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
  const body = new TextEncoder().encode("ok\n");
  return exchange.reply(200, [["content-type", "text/plain"], ["content-length", `${body.length}`]], body);
}

/**
 * Answers `/metrics`.
 *
 * @param exchange The request.
 * @returns 200 with the counters in the text format of Prometheus.
 * @throws {ApiError} 404 when no counters are kept.
 */
export function showMetrics(exchange: Exchange): Response {
  const { metrics, uploads } = exchange.parts;
  if (metrics === undefined) throw new ApiError(404, "NAME_UNKNOWN", "there is nothing at this path");
  const body = new TextEncoder().encode(metrics.render(uploads.count));
  const type = "text/plain; version=0.0.4; charset=utf-8";
  return exchange.reply(200, [["content-type", type], ["content-length", `${body.length}`]], body);
}
