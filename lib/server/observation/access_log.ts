/**
 * A log line for each request.
 *
 * @module
 */

import type { Logger } from "../../log.ts";
import type { RequestEntry } from "./request_log.ts";

const maxPath = 1024;

/**
 * Makes a function that logs requests at the level `info`; those that failed inside at `error`. Queries are left out, as they
 * may hold secrets.
 *
 * @param logger Takes the lines.
 * @returns The function, for `onRequest`.
 */
export function accessLog(logger: Logger): (entry: RequestEntry) => void {
  return (entry) => {
    const level = entry.status >= 500 ? "error" : "info";
    if (!logger.isEnabled(level)) return;
    logger.log(level, "request", {
      address: orUndefined(entry.address),
      user: orUndefined(entry.user),
      method: entry.method,
      path: entry.path.slice(0, maxPath),
      status: entry.status,
      ms: Math.round(entry.durationMs * 1000) / 1000,
      received: entry.receivedBytes,
      sent: entry.sentBytes,
      agent: orUndefined(entry.userAgent.slice(0, 200)),
    });
  };
}

function orUndefined(text: string): string | undefined {
  return text === "" ? undefined : text;
}
