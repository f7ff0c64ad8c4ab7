/**
 * Small answers read whole: documents are asked for again when their body breaks off.
 *
 * @module
 */

import { hasCode } from "../errors.ts";
import type { HttpClient, RegistryRequest } from "../http/http_client.ts";
import type { TransportResponse } from "../http/transport/transport.ts";
import { readBytes } from "../streams/read_bytes.ts";

/** How often a document is asked for when its body breaks off every time. */
const maxAttempts = 4;

/** An answer and its whole body. */
export interface Answer {
  /** The answer; its body is read. */
  readonly response: TransportResponse;
  /** The body. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Sends a request and reads its answer into memory.
 *
 * @param http Sends the request; failures before the body are its affair.
 * @param request The request, without a body.
 * @param limitBytes The most bytes that are taken.
 * @param what What is read, for errors.
 * @returns The answer with its bytes.
 * @throws {RegkitError} `TOO_LARGE` over the limit; what the client or the broken body fails with.
 */
export async function readAnswer(
  http: HttpClient,
  request: RegistryRequest,
  limitBytes: number,
  what: string,
): Promise<Answer> {
  for (let attempt = 1;; attempt++) {
    const response = await http.send(request);
    try {
      const bytes = await readBytes(response.body, limitBytes, what);
      return { response, bytes };
    } catch (error) {
      if (attempt >= maxAttempts || !hasCode(error, "TRANSPORT", "STALLED", "TIMEOUT")) throw error;
    }
  }
}
