/**
 * Passes on what a registry wants people to know (`Warning: 299 - "text"`, distribution-spec "Warnings").
 *
 * @module
 */

import type { Logger } from "../log.ts";
import type { Interceptor } from "./hop.ts";
import type { Clock } from "./http_client.ts";

/** The same text is not repeated for so long: that covers an operation, and a service says it again now and then. */
const quietMs = 10 * 60_000;

/** So many texts are remembered; a registry that never repeats itself must not fill the memory. */
const mostTexts = 1000;

/** One warning of the list: code, agent, quoted text, and an optional date. */
const warningPattern = /(\d{3}) +(\S+) +"((?:[^"\\]|\\.)*)"(?: +"[^"]*")?/g;

/**
 * Reads the warnings meant for people.
 *
 * @param headers The answer's headers.
 * @returns The texts of all warnings with code 299 and agent `-`.
 */
export function parseWarnings(headers: Headers): string[] {
  const header = headers.get("warning") ?? "";
  return [...header.matchAll(warningPattern)]
    .filter(([, code, agent]) => code === "299" && agent === "-")
    .map(([, , , text]) => (text ?? "").replaceAll(/\\(.)/g, "$1").replaceAll(/\p{Cc}/gu, " "));
}

/**
 * Logs warnings, each text once per registry and while.
 *
 * @param logger Takes the lines.
 * @param clock Measures the while.
 * @returns The interceptor.
 */
export function warned(logger: Logger, clock: Clock): Interceptor {
  const seen = new Map<string, number>();
  return (next) => async (hop) => {
    const answer = await next(hop);
    if (!answer.headers.has("warning")) return answer;
    for (const warning of parseWarnings(answer.headers)) {
      const key = `${hop.request.registry} ${warning}`;
      const last = seen.get(key);
      // Moved to the end, so that the map stays in order of time.
      seen.delete(key);
      seen.set(key, last !== undefined && clock.now() - last < quietMs ? last : clock.now());
      const oldest = seen.keys().next();
      if (seen.size > mostTexts && oldest.done !== true) seen.delete(oldest.value);
      if (last !== undefined && clock.now() - last < quietMs) continue;
      logger.log("warn", "Registry warning message", { warning });
    }
    return answer;
  };
}
