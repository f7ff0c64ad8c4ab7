/**
 * How long the steps to a usable connection may take. The waits after that are watched by the HTTP client.
 *
 * @module
 */

import type { Clock } from "../http_client.ts";

/** Limits of one connection. */
export interface ConnectLimits {
  /** For the TCP connection and a proxy's consent, in milliseconds. */
  readonly connectMs: number;
  /** For the TLS handshake, in milliseconds. */
  readonly handshakeMs: number;
  /** Measures time. */
  readonly clock: Pick<Clock, "now" | "sleep">;
}
