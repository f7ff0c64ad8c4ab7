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
  | "metrics"
  | "other"
  | "page"
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
  /** The client's address; empty when it is not known. */
  readonly address: string;
  /** What the client says of itself; empty when it says nothing. */
  readonly userAgent: string;
  /** The length of the request's body as stated; 0 when it is not. */
  readonly receivedBytes: number;
  /** The length of the answer's body as stated; 0 when it is not, or when the answer has no body. */
  readonly sentBytes: number;
}
