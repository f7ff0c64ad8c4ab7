/**
 * Sends while holding a slot of the host, until the answer's body is over.
 *
 * @module
 */

import { hasCode } from "../errors.ts";
import { AdaptiveLimit } from "./adaptive_limit.ts";
import type { Hop, Interceptor } from "./hop.ts";
import type { Clock } from "./http_client.ts";
import { watchBody } from "./stall.ts";
import { type Slot, Throttle } from "./throttle.ts";
import type { TransportResponse } from "./transport/transport.ts";

/**
 * Sends within the limits of the host that is asked first; redirects keep the slot.
 *
 * A body is opened before a slot is asked for, also when it is sent again: its source may need a slot of the same host.
 *
 * @param clock Measures stalls.
 * @returns The interceptor, with slots of its own.
 */
export function throttled(clock: Clock): Interceptor {
  const throttles = new Map<string, Throttle>();
  const ages = new WeakMap<Hop["request"], number>();
  let youngest = 0;
  const throttleOf = (hop: Hop): Throttle => {
    const known = throttles.get(hop.url.host);
    if (known !== undefined) return known;
    const limit = new AdaptiveLimit(hop.host.reqConcurrent);
    const throttle = new Throttle(limit, clock, hop.host.stallTimeoutMs);
    throttles.set(hop.url.host, throttle);
    return throttle;
  };
  return (next) => async (hop) => {
    const throttle = throttleOf(hop);
    const age = ages.get(hop.request) ?? youngest++;
    ages.set(hop.request, age);
    const isWrite = hop.method !== "GET" && hop.method !== "HEAD";
    const enter = async (): Promise<Slot> => {
      await hop.body?.open(hop.signal);
      return await throttle.acquire({ kind: hop.request.kind, isWrite, age, signal: hop.signal });
    };
    try {
      let slot = await enter();
      const reopenBody = async (): Promise<void> => {
        if (hop.body?.needsReopening !== true) return;
        slot.release();
        slot = await enter();
      };
      try {
        const answer = await next({ ...hop, reopenBody, onOverload: () => slot.overloaded() });
        return { ...answer, body: heldBody(answer, hop, slot, clock) };
      } catch (error) {
        slot.release();
        throw error;
      }
    } finally {
      await hop.body?.endAttempt();
    }
  };
}

/** The answer's body, which gives the slot back at its end; at once when there is nothing to read. */
function heldBody(answer: TransportResponse, hop: Hop, slot: Slot, clock: Clock): TransportResponse["body"] {
  const header = answer.headers.get("content-length");
  const length = header === null || answer.headers.has("content-encoding") ? undefined : Number(header);
  if (answer.body === null || hop.method === "HEAD") {
    slot.release();
    answer.body?.cancel().catch(ignore);
    return null;
  }
  if (length === 0) {
    slot.release();
    answer.body.cancel().catch(ignore);
    return new ReadableStream({ start: (controller) => controller.close() });
  }
  return watchBody(answer.body, {
    stallMs: hop.host.stallTimeoutMs,
    clock,
    from: answer.url.host,
    signal: hop.signal,
    length: length === undefined || Number.isNaN(length) ? undefined : length,
    onProgress: () => slot.moved(),
    onEnd: (error) => {
      if (hasCode(error, "TRANSPORT")) slot.overloaded();
      slot.release();
    },
  });
}

/** The body is empty or unwanted; how it takes being cancelled changes nothing. */
function ignore(): void {}
