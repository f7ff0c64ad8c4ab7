/**
 * What is told of a request after it was answered, for logs and for tests that count requests.
 *
 * @module
 */

/** What a request is about; the names by which logs and scripted faults call it. */
export type RouteKind =
  | "blob"
  | "catalog"
  | "discover"
  | "endpoint"
  | "health"
  | "manifest"
  | "other"
  | "ping"
  | "referrers"
  | "tags"
  | "upload";

/** What is told of a request after it was answered. */
export interface RequestEntry {
  /** The method. */
  readonly method: string;
  /** The raw path. */
  readonly path: string;
  /** What it was about. */
  readonly kind: RouteKind;
  /** The repository; empty when there was none. */
  readonly repository: string;
  /** The tag, digest or upload; empty when there was none. */
  readonly reference: string;
  /** The status of the answer. */
  readonly status: number;
  /** The time until the answer began, in milliseconds. */
  readonly durationMs: number;
  /** The user; empty for anonymous. */
  readonly user: string;
}
