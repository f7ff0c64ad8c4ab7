/**
 * Gets rid of an answer's body that nobody wants, keeping the connection when that is cheap.
 *
 * @module
 */

import type { Clock } from "./http_client.ts";
import { TimeLimit, untilAborted } from "./transport/time_limit.ts";
import type { TransportResponse } from "./transport/transport.ts";

/** Reading so much costs less than a new connection. */
const cheapBytes = 64 * 1024;

/** How long an unwanted body may keep a request waiting, in milliseconds. */
const patienceMs = 2_000;

/**
 * Reads a short body to its end, and cancels a long or slow one.
 *
 * @param answer The answer.
 * @param clock Measures the time.
 * @param signal Ends the wait; the body is then cancelled.
 */
export async function discardBody(
  answer: Pick<TransportResponse, "body">,
  clock: Clock,
  signal?: AbortSignal,
): Promise<void> {
  await readStart(answer, cheapBytes, patienceMs, clock, signal);
}

/**
 * Reads the start of a body and gives the rest up.
 *
 * @param answer The answer.
 * @param maxBytes At most so many bytes.
 * @param maxMs For at most so long.
 * @param clock Measures the time.
 * @param signal Ends the reading; what was read until then is given.
 * @returns The bytes; fewer when the body broke off.
 */
export async function readStart(
  answer: Pick<TransportResponse, "body">,
  maxBytes: number,
  maxMs: number,
  clock: Clock,
  signal?: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  if (answer.body === null) return new Uint8Array(0);
  const reader = answer.body.getReader();
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  using limit = new TimeLimit(maxMs, signal, clock, () => new Error("the body takes too long"));
  try {
    while (length < maxBytes) {
      const { done, value } = await untilAborted(reader.read(), limit.signal);
      if (done) return concat(chunks, length);
      chunks.push(value);
      length += value.length;
    }
    return concat(chunks, length).subarray(0, maxBytes);
  } catch {
    // The bytes that came are all there is to have: what matters is the status that came before them.
    return concat(chunks, length);
  } finally {
    reader.cancel().catch(ignore);
  }
}

function concat(chunks: readonly Uint8Array<ArrayBuffer>[], length: number): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

/** The body is given up; how it takes that changes nothing. */
function ignore(): void {}
