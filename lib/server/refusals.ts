/**
 * What becomes of requests that are refused, or fail.
 *
 * @module
 */

import { ApiError, errorResponse, isConnectionLost, toApiError } from "./api_error.ts";
import type { RegistryParts } from "./exchange.ts";
import type { Sighting } from "./observation/sighting.ts";
import type { Route } from "./routes.ts";
import type { RegistrySettings } from "./settings.ts";

const maxHeaderBytes = 32 * 1024;
const readMethods: ReadonlySet<string> = new Set(["GET", "HEAD"]);

/**
 * Answers a request that failed; logs what is not meant for clients.
 *
 * @param error What was thrown.
 * @param request The request.
 * @param seen What was understood of it.
 * @param parts Settings, headers of every answer, and what takes log lines.
 * @returns The answer.
 */
export function refuse(
  error: unknown,
  { method }: Request,
  seen: Sighting,
  { settings, headers, logger }: RegistryParts,
): Response {
  const refusal = toApiError(error);
  if (refusal !== error) {
    // Clients that go away are nothing that whoever runs the registry could do anything about.
    const level = isConnectionLost(error) ? "debug" : "error";
    logger.log(level, "request failed", { method, path: seen.path, status: refusal.status, error });
  }
  const told = refusal.status === 405 ? withAllow(refusal, allowedMethods(seen.methods, method, settings)) : refusal;
  return errorResponse(told, headers, method === "HEAD");
}

/**
 * Refuses headers that are too long.
 *
 * @param headers The headers of a request.
 * @throws {ApiError} 431 `UNSUPPORTED`.
 */
export function checkHeaders(headers: Headers): void {
  let size = 0;
  headers.forEach((value, name) => size += name.length + value.length + 4);
  if (size > maxHeaderBytes) {
    throw new ApiError(431, "UNSUPPORTED", `the headers are longer than ${maxHeaderBytes} bytes`);
  }
}

/**
 * Makes the refusal for a path that means nothing.
 *
 * @param segments The path's segments.
 * @returns The refusal.
 */
export function notFound(segments: readonly string[]): ApiError {
  const isNamed = segments[0] === "v2" && segments.length > 2;
  if (isNamed && segments.at(-1) === "") {
    return new ApiError(400, "NAME_INVALID", "a segment of the path is empty");
  }
  return new ApiError(404, "NAME_UNKNOWN", "there is nothing at this path");
}

/** Lists what a path takes instead of a method that it refuses. */
function allowedMethods(
  byMethod: ReadonlyMap<string, Route>,
  refused: string,
  { isReadOnly, noDelete }: RegistrySettings,
): readonly string[] {
  const isAllowed = (method: string, { access }: Route) =>
    method !== refused && (!isReadOnly || readMethods.has(method)) && !(noDelete && access === "delete");
  return [...byMethod].filter(([method, route]) => isAllowed(method, route)).map(([method]) => method);
}

/** Every 405 names the methods (RFC 9110, section 15.5.6), unless whoever refused has done so. */
function withAllow(refusal: ApiError, methods: readonly string[]): ApiError {
  const isNamed = refusal.headers.some(([name]) => name === "allow");
  return isNamed ? refusal : refusal.withHeaders([["allow", methods.join(", ")]]);
}
