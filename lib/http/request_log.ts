/**
 * Writes every request to the log, without secrets.
 *
 * @module
 */

import { redactUrl } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { Interceptor } from "./hop.ts";

/** Headers whose values are secret. */
const secretHeaders = new Set(["authorization", "proxy-authorization", "cookie", "set-cookie", "x-registry-auth"]);

/** Query parameters of the registry API, which are no secrets; all others may be, such as signatures. */
const plainParameters = new Set(["digest", "mount", "from", "n", "last", "ns", "artifactType", "tag"]);

/**
 * Logs each send and its answer at trace level.
 *
 * @param logger Takes the lines.
 * @returns The interceptor.
 */
export function logged(logger: Logger): Interceptor {
  return (next) => async (hop) => {
    if (!logger.isEnabled("trace")) return next(hop);
    const fields = { "req-method": hop.method, "req-url": plainUrl(hop.url), "req-headers": plainHeaders(hop.headers) };
    try {
      const answer = await next(hop);
      const { status, headers } = answer;
      logger.log("trace", "reg http request", {
        ...fields,
        "resp-status": status,
        "resp-headers": plainHeaders(headers),
        err: null,
      });
      return answer;
    } catch (error) {
      logger.log("trace", "reg http request", {
        ...fields,
        err: error instanceof Error ? error.message : String(error),
      });
      throw error;
    }
  };
}

/**
 * Gives a URL as it may be logged.
 *
 * @param url The URL.
 * @returns The URL; all query values are hidden when one of them may be a secret.
 */
export function plainUrl(url: URL): string {
  const isPlain = url.username === "" && url.password === "" &&
    [...url.searchParams.keys()].every((name) => plainParameters.has(name));
  return isPlain ? url.href : redactUrl(url);
}

function plainHeaders(headers: Headers): Record<string, string> {
  const plain: Record<string, string> = {};
  for (const [name, value] of headers) plain[name] = plainValue(name, value);
  return plain;
}

function plainValue(name: string, value: string): string {
  if (secretHeaders.has(name)) return "[censored]";
  if (name !== "location") return value;
  const url = URL.parse(value, "relative:/");
  // A relative location with a query holds upload state at most, but cannot be told from one with a signature.
  return url === null || url.search === "" ? value : `${value.slice(0, value.indexOf("?"))}?[censored]`;
}
