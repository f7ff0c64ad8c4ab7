/**
 * One send on its way to the transport, and the shape of everything it passes through.
 *
 * @module
 */

import type { Host } from "../settings/host.ts";
import type { AuthRequest } from "./auth/authenticator.ts";
import type { RegistryRequest } from "./http_client.ts";
import type { RequestBody } from "./request_body.ts";
import type { TransportResponse } from "./transport/transport.ts";

/** One send: what was asked for, and where it goes now. */
export interface Hop {
  /** What was asked for. */
  readonly request: RegistryRequest;
  /** The host of the mirror list that was chosen: its credentials may go to its own origin. */
  readonly asked: Host;
  /** Whose settings hold for the URL: `asked`, or another host after a redirect or for an absolute URL. */
  readonly host: Host;
  /** What the request needs to be allowed to do; one object for all sends of a request. */
  readonly want: AuthRequest;
  /** The method now. */
  readonly method: string;
  /** The URL now. */
  readonly url: URL;
  /** The headers now. */
  readonly headers: Headers;
  /** The body, if one is sent with this hop. */
  readonly body: RequestBody | undefined;
  /** Ends every wait. */
  readonly signal: AbortSignal | undefined;
  /** Makes the body available before it is sent once more; set where a slot has to be given back meanwhile. */
  readonly reopenBody?: (() => Promise<void>) | undefined;
  /** Called with an error after which asking the host again is of no use, whatever its code. */
  readonly onFinal?: ((error: unknown) => void) | undefined;
  /** Called when the host shows that it is asked too much. */
  readonly onOverload?: (() => void) | undefined;
}

/** Sends a hop and gives its answer. */
export type Send = (hop: Hop) => Promise<TransportResponse>;

/** Puts something around a {@linkcode Send}. */
export type Interceptor = (next: Send) => Send;
