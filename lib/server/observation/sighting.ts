/**
 * What was understood of a request so far, for the log and for refusals.
 *
 * @module
 */

import { type Caller, everyone } from "../auth/auth_guard.ts";
import { readContentLength } from "../endpoints/chunk_range.ts";
import type { Route } from "../routes.ts";
import type { RequestEntry, RouteKind } from "./request_log.ts";

const noMethods: ReadonlyMap<string, Route> = new Map();

/** A request as far as it was understood. */
export class Sighting {
  /** Its path, or its whole URL as long as that is not understood. */
  path: string;
  /** What it is about. */
  kind: RouteKind = "other";
  /** The repository; empty when there is none. */
  repository = "";
  /** The tag, digest or upload; empty when there is none. */
  reference = "";
  /** Who asks. */
  caller: Caller = everyone;
  /** The routes of its path by method. */
  methods: ReadonlyMap<string, Route> = noMethods;

  /**
   * Notes that a request came.
   *
   * @param url Its URL.
   * @param address Where it comes from.
   */
  constructor(url: string, readonly address: string) {
    this.path = url;
  }

  /**
   * Takes note of what its path means.
   *
   * @param match The path's parts, and its routes by method.
   * @param route The route of its method, if there is one.
   */
  found(
    match: { readonly name: string; readonly reference: string; byMethod: ReadonlyMap<string, Route> },
    route?: Route,
  ): void {
    this.methods = match.byMethod;
    this.repository = match.name;
    this.reference = match.reference;
    this.kind = (route ?? match.byMethod.values().next().value)?.kind ?? "other";
  }

  /**
   * Makes the entry of the log.
   *
   * @param request The request.
   * @param response Its answer.
   * @param durationMs How long it took, in milliseconds.
   * @returns The entry.
   */
  entry(request: Request, response: Response, durationMs: number): RequestEntry {
    const { path, kind, repository, reference, address, caller: { user } } = this;
    const { method, headers } = request;
    const { status } = response;
    const receivedBytes = readContentLength(headers) ?? 0;
    const sentBytes = method === "HEAD" ? 0 : readContentLength(response.headers) ?? 0;
    const userAgent = headers.get("user-agent") ?? "";
    return {
      method,
      path,
      kind,
      repository,
      reference,
      status,
      durationMs,
      user,
      address,
      userAgent,
      receivedBytes,
      sentBytes,
    };
  }
}
