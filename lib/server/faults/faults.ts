/**
 * Scripted faults around a handler, for tests of clients: each is a step between request and registry that misbehaves a
 * stated number of times.
 *
 * @module
 */

import { drainBody } from "../body_blocks.ts";
import type { RequestInfo } from "../request_info.ts";
import type { RouteKind } from "../observation/request_log.ts";
import { readTarget } from "../request_target.ts";
import { compileRoutes } from "../route_match.ts";
import { type Route, routes } from "../routes.ts";

/** Answers a request. */
export type RequestHandler = (request: Request, info?: RequestInfo) => Promise<Response>;

/** A request as faults see it. */
export interface FaultyRequest {
  /** The request. */
  readonly request: Request;
  /** What it is about. */
  readonly kind: RouteKind;
  /** The repository; empty when there is none. */
  readonly repository: string;
  /** The tag, digest or upload; empty when there is none. */
  readonly reference: string;
}

/** What a fault does: answer in the registry's place, or let it answer and spoil the answer. */
export type FaultAction = (seen: FaultyRequest, next: RequestHandler) => Promise<Response>;

/** When a fault strikes. */
export interface FaultMatch {
  /** What the request must be about; anything by default. */
  readonly kind?: RouteKind | readonly RouteKind[] | undefined;
  /** Its method; any by default. */
  readonly method?: string | readonly string[] | undefined;
  /** What else must hold. */
  readonly when?: ((seen: FaultyRequest) => boolean) | undefined;
  /** How many fitting requests are spared first; none by default. */
  readonly skip?: number | undefined;
  /** How many times it strikes; without end by default. */
  readonly count?: number | undefined;
  /** Strikes only each so many fitting requests after those spared; each one by default. */
  readonly every?: number | undefined;
}

/** One line of a script. */
export interface Fault extends FaultMatch {
  /** What it does. */
  readonly action: FaultAction;
}

const matchRoute = compileRoutes<Route>(routes);
const maxDrained = 64 * 1024 * 1024;

/**
 * Puts faults around a handler. The first of the script is the outermost: it sees each request before the others.
 *
 * @param handler The handler, such as the `fetch` of a registry.
 * @param script The faults.
 * @returns A handler that misbehaves as scripted.
 */
export function faultyHandler(handler: RequestHandler, script: readonly Fault[]): RequestHandler {
  let inner = handler;
  for (const fault of script.toReversed()) inner = faultyStep(fault, inner);
  return inner;
}

/**
 * Reads and drops what is left of a request's body, so that the client sees the answer.
 *
 * @param request The request.
 */
export async function discardBody(request: Request): Promise<void> {
  const { body } = request;
  if (body !== null && !request.bodyUsed && !body.locked) await drainBody(body, maxDrained, Infinity);
}

function faultyStep(fault: Fault, next: RequestHandler): RequestHandler {
  let fitting = 0;
  let struck = 0;
  return (request, info) => {
    const seen = lookAt(request);
    if (!fits(fault, seen)) return next(request, info);
    const turn = fitting++ - (fault.skip ?? 0);
    if (turn < 0 || turn % (fault.every ?? 1) !== 0 || struck >= (fault.count ?? Infinity)) return next(request, info);
    struck++;
    return fault.action(seen, (changed) => next(changed, info));
  };
}

function fits(fault: Fault, seen: FaultyRequest): boolean {
  const { kind, method, when } = fault;
  return includes(kind, seen.kind) && includes(method, seen.request.method) && (when === undefined || when(seen));
}

function includes<T>(wanted: T | readonly T[] | undefined, value: T): boolean {
  return wanted === undefined || (Array.isArray(wanted) ? wanted.includes(value) : wanted === value);
}

function lookAt(request: Request): FaultyRequest {
  try {
    const match = matchRoute(readTarget(request.url).segments);
    const route = match?.byMethod.values().next().value;
    const { name: repository = "", reference = "" } = match ?? {};
    return { request, kind: route?.kind ?? "other", repository, reference };
  } catch {
    // A path that the registry refuses belongs to no kind.
    return { request, kind: "other", repository: "", reference: "" };
  }
}
