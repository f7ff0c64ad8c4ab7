/**
 * What is known of a request beside itself.
 *
 * @module
 */

/** What is known of a request beside itself. */
export interface RequestInfo {
  /** The address of the other end of the connection, without port; limits per address need it. */
  readonly remoteAddress?: string | undefined;
}
