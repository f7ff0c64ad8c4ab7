/**
 * When a host may be asked next: after the pause it asked for, and not more often than its settings say. Shared by all
 * requests to a host.
 *
 * @module
 */

import { type Logger, silentLogger } from "../log.ts";
import type { Interceptor } from "./hop.ts";
import type { Clock } from "./http_client.ts";
import { parseRetryAfter } from "./retry_after.ts";
import { TransportError } from "./transport/transport_error.ts";

interface Pace {
  pausedUntil: number;
  nextStart: number;
}

/** The pauses and start times of all hosts. */
export class Pacing {
  readonly #clock: Clock;
  readonly #paces = new Map<string, Pace>();

  /**
   * Creates the pacing of a client.
   *
   * @param clock Measures the time.
   */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Pauses a host for everybody.
   *
   * @param hostname The host as contacted.
   * @param ms For how long from now; a longer pause that already holds stays.
   */
  pause(hostname: string, ms: number): void {
    const pace = this.#pace(hostname);
    pace.pausedUntil = Math.max(pace.pausedUntil, this.#clock.now() + ms);
  }

  /**
   * Tells until when a host is paused.
   *
   * @param hostname The host as contacted.
   * @returns The time in milliseconds since 1970; in the past when it is not.
   */
  pausedUntil(hostname: string): number {
    return this.#paces.get(hostname)?.pausedUntil ?? 0;
  }

  /**
   * Waits until a request to a host may start.
   *
   * @param hostname The host as contacted.
   * @param perSecond Starts per second; 0 without limit.
   * @param signal Ends the wait.
   * @throws The signal's reason.
   */
  async ready(hostname: string, perSecond: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const pace = this.#pace(hostname);
    // A pause may be prolonged while it is slept through.
    for (let now = this.#clock.now(); pace.pausedUntil > now; now = this.#clock.now()) {
      await this.#clock.sleep(pace.pausedUntil - now, signal);
    }
    if (perSecond <= 0) return;
    const now = this.#clock.now();
    const start = Math.max(now, pace.nextStart);
    pace.nextStart = start + 1000 / perSecond;
    if (start <= now) return;
    try {
      await this.#clock.sleep(start - now, signal);
    } catch (error) {
      // Whoever gives up before the start leaves the place to the next, if nobody came after.
      if (pace.nextStart === start + 1000 / perSecond) pace.nextStart = start;
      throw error;
    }
    if (pace.pausedUntil > this.#clock.now()) await this.ready(hostname, perSecond, signal);
  }

  #pace(hostname: string): Pace {
    const known = this.#paces.get(hostname);
    if (known !== undefined) return known;
    const pace: Pace = { pausedUntil: 0, nextStart: 0 };
    this.#paces.set(hostname, pace);
    return pace;
  }
}

/**
 * Sends when the host may be asked, and pauses it when it says so.
 *
 * Only 429 and 503 speak for the host as a whole; every other refusal is about one request.
 *
 * @param pacing The pauses.
 * @param clock Measures the time.
 * @param logger Hears of pauses.
 * @returns The interceptor.
 */
export function paced(pacing: Pacing, clock: Clock, logger: Logger = silentLogger): Interceptor {
  return (next) => async (hop) => {
    // The URL's host, not the settings' name: that is who is asked too much.
    const hostname = hop.url.host;
    await pacing.ready(hostname, hop.host.reqPerSec ?? 0, hop.signal);
    try {
      const answer = await next(hop);
      if (answer.status === 429 || answer.status === 503) {
        hop.onOverload?.();
        const pauseMs = parseRetryAfter(answer.headers, clock.now());
        if (pauseMs !== undefined && pauseMs > 0) {
          pacing.pause(hostname, pauseMs);
          logger.log("info", "Registry asks to wait", { host: hostname, status: answer.status, waitMs: pauseMs });
        }
      }
      return answer;
    } catch (error) {
      if (error instanceof TransportError && (error.fault === "reset" || error.fault === "broken")) hop.onOverload?.();
      throw error;
    }
  };
}
