/**
 * Paces the requests to one upstream: how many at once and per second, not before the time it asked to wait, and none for a
 * while after it failed several times in a row.
 *
 * @module
 */

import type { CacheClock } from "./cache_options.ts";
import { toUpstreamError, UpstreamError } from "./upstream_error.ts";

/** What a request is: a short one, or the transfer of a blob. */
export type GateLane = "request" | "transfer";

/** Limits of an upstream. */
export interface GateLimits {
  /** How many requests may run at once. */
  readonly concurrency: number;
  /** How many may begin per second. */
  readonly requestsPerSecond: number;
}

const failuresToOpen = 5;
const firstPauseMs = 30 * 1000;
const longestPauseMs = 5 * 60 * 1000;
const defaultWaitMs = 30 * 1000;
const longestWaitMs = 24 * 60 * 60 * 1000;

/** The gate before an upstream. */
export class UpstreamGate {
  readonly #clock: CacheClock;
  readonly #intervalMs: number;
  readonly #limit: Record<GateLane, number>;
  readonly #waiting: Record<GateLane, (() => void)[]> = { request: [], transfer: [] };
  #active = 0;
  #transfers = 0;
  #nextAt = 0;
  #limitedUntil = 0;
  #openUntil = 0;
  #failures = 0;
  #pauseMs = firstPauseMs;
  #isProbing = false;

  /**
   * Creates a gate.
   *
   * @param limits The upstream's limits.
   * @param clock The time.
   */
  constructor(limits: GateLimits, clock: CacheClock) {
    this.#clock = clock;
    this.#intervalMs = 1000 / limits.requestsPerSecond;
    const { concurrency } = limits;
    // Transfers take long: one place is kept for the short requests that others wait for.
    this.#limit = { request: concurrency, transfer: Math.max(1, concurrency - 1) };
  }

  /**
   * Asks the upstream when it is this request's turn.
   *
   * @typeParam T What it gives.
   * @param lane What the request is.
   * @param signal Ends the waiting.
   * @param work Asks the upstream.
   * @returns What it gave.
   * @throws {UpstreamError} When the upstream failed, or must not be asked now.
   */
  async run<T>(lane: GateLane, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    this.#refuseEarly();
    await this.#enter(lane, signal);
    let isProbe = false;
    try {
      await this.#pace(signal);
      this.#refuseEarly();
      isProbe = this.#failures >= failuresToOpen;
      this.#isProbing ||= isProbe;
      const result = await work();
      this.#succeed();
      return result;
    } catch (error) {
      const failure = toUpstreamError(error);
      if (failure instanceof UpstreamError) this.#note(failure);
      throw failure;
    } finally {
      if (isProbe) this.#isProbing = false;
      this.#leave(lane);
    }
  }

  #refuseEarly(): void {
    const now = this.#clock.now();
    if (now < this.#limitedUntil) {
      throw new UpstreamError("limited", "the upstream asked to wait", { retryAfterMs: this.#limitedUntil - now });
    }
    if (now < this.#openUntil || this.#isProbing) {
      throw new UpstreamError("unreachable", "the upstream failed several times and is left alone for a while");
    }
  }

  async #enter(lane: GateLane, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#hasRoom(lane)) return this.#count(lane, 1);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const queue = this.#waiting[lane];
    const onAbort = (): void => {
      const at = queue.indexOf(resolve);
      if (at >= 0) queue.splice(at, 1);
      reject(signal.reason);
    };
    queue.push(resolve);
    signal.addEventListener("abort", onAbort, { once: true });
    await promise;
    signal.removeEventListener("abort", onAbort);
  }

  #hasRoom(lane: GateLane): boolean {
    return this.#active < this.#limit.request && (lane === "request" || this.#transfers < this.#limit.transfer);
  }

  #count(lane: GateLane, by: number): void {
    this.#active += by;
    if (lane === "transfer") this.#transfers += by;
  }

  /** The place passes on at once, so that nobody slips in between. */
  #leave(lane: GateLane): void {
    this.#count(lane, -1);
    for (const waiting of ["request", "transfer"] as const) {
      const next = this.#hasRoom(waiting) ? this.#waiting[waiting].shift() : undefined;
      if (next === undefined) continue;
      this.#count(waiting, 1);
      return next();
    }
  }

  async #pace(signal: AbortSignal): Promise<void> {
    const now = this.#clock.now();
    const at = Math.max(now, this.#nextAt);
    this.#nextAt = at + this.#intervalMs;
    if (at > now) await this.#clock.sleep(at - now, signal);
  }

  #succeed(): void {
    this.#failures = 0;
    this.#pauseMs = firstPauseMs;
  }

  #note(error: UpstreamError): void {
    const now = this.#clock.now();
    switch (error.failure) {
      case "limited":
        this.#limitedUntil = Math.max(
          this.#limitedUntil,
          now + Math.min(error.retryAfterMs ?? defaultWaitMs, longestWaitMs),
        );
        return;
      case "timeout":
      case "unreachable":
        if (now < this.#openUntil) return;
        if (++this.#failures < failuresToOpen) return;
        this.#openUntil = now + this.#pauseMs;
        this.#pauseMs = Math.min(this.#pauseMs * 2, longestPauseMs);
        return;
      case "absent":
      case "refused":
        this.#succeed();
    }
  }
}
