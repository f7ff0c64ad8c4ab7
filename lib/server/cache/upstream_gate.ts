/**
 * Paces the requests to one upstream: how many at once and per second, not before the time it asked to wait, and none for a
 * while after it failed several times in a row.
 *
 * @module
 */

import type { CacheClock } from "./cache_options.ts";
import { toUpstreamError, UpstreamError } from "./upstream_error.ts";
import { limitTime, unlessAborted } from "./within_time.ts";

/** What a request is: a short one, or the transfer of a blob. */
export type GateLane = "request" | "transfer";

/** Limits of an upstream. */
export interface GateLimits {
  /** How many requests may run at once. */
  readonly concurrency: number;
  /** How many may begin per second. */
  readonly requestsPerSecond: number;
  /** How long a short request waits for its turn, in milliseconds; the transfer of a blob, behind others, ten times as long. */
  readonly timeoutMs: number;
}

const failuresToOpen = 5;
const firstPauseMs = 30 * 1000;
const longestPauseMs = 5 * 60 * 1000;
const defaultWaitMs = 30 * 1000;
const longestWaitMs = 24 * 60 * 60 * 1000;
const transferPatience = 10;
/** An HTTP client has 16 connections to a host to begin with: slow readers must not take them all. */
const mostPassing = 12;

/** What waits for a place: a request, or what goes on after it was answered, at the speed of a client. */
type Queue = GateLane | "passing";

/** The gate before an upstream. */
export class UpstreamGate {
  readonly #clock: CacheClock;
  readonly #intervalMs: number;
  readonly #timeoutMs: number;
  readonly #limit: Record<GateLane, number>;
  readonly #waiting: Record<Queue, (() => void)[]> = { request: [], transfer: [], passing: [] };
  #active = 0;
  #transfers = 0;
  #passing = 0;
  #nextAt = 0;
  #pacing: Promise<void> = Promise.resolve();
  #movedAt = -Infinity;
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
    this.#timeoutMs = limits.timeoutMs;
    const { concurrency } = limits;
    // Transfers take long: one place is kept for the short requests that others wait for.
    this.#limit = { request: concurrency, transfer: Math.max(1, concurrency - 1) };
  }

  /** Whether the upstream sent anything within the time that a request may take. */
  get isMoving(): boolean {
    return this.#clock.now() - this.#movedAt < this.#timeoutMs;
  }

  /** Takes note that the upstream sent something. */
  noteProgress(): void {
    this.#movedAt = this.#clock.now();
  }

  /**
   * Asks the upstream when it is this request's turn. Only what fails after that is a failure of the upstream.
   *
   * @typeParam T What it gives.
   * @param lane What the request is.
   * @param signal Ends the waiting.
   * @param work Asks the upstream; it may tell that it was answered before it ends, as transfers take long.
   * @returns What it gave.
   * @throws {UpstreamError} When the upstream failed, or must not be asked now; `timeout` when its turn did not come in time.
   */
  async run<T>(lane: GateLane, signal: AbortSignal, work: (answered: () => void) => Promise<T>): Promise<T> {
    this.#refuseEarly();
    await this.#takeTurn(lane, signal);
    try {
      this.#refuseEarly();
      return await this.#ask(signal, work);
    } finally {
      this.#leave(lane);
    }
  }

  /**
   * Takes a place for what a client reads straight from the upstream: it goes on after the request is answered, for as long as
   * the client takes, and so that does not count as a request that runs.
   *
   * @param signal Ends the waiting.
   * @returns The place; given back when disposed of.
   * @throws {UpstreamError} `timeout` when there was none in time.
   */
  async enterPassing(signal: AbortSignal): Promise<Disposable> {
    signal.throwIfAborted();
    await using limit = limitTime(this.#clock, this.#timeoutMs * transferPatience, signal, { what: "no turn" });
    await this.#enter("passing", limit.signal);
    let isHeld = true;
    return {
      [Symbol.dispose]: () => {
        if (isHeld) this.#leave("passing");
        isHeld = false;
      },
    };
  }

  async #ask<T>(signal: AbortSignal, work: (answered: () => void) => Promise<T>): Promise<T> {
    let isProbe = this.#failures >= failuresToOpen;
    this.#isProbing ||= isProbe;
    const endProbe = (): void => {
      if (isProbe) this.#isProbing = isProbe = false;
    };
    const answered = (): void => {
      this.#succeed();
      endProbe();
    };
    try {
      const result = await work(answered);
      answered();
      return result;
    } catch (error) {
      const failure = toUpstreamError(error);
      if (failure instanceof UpstreamError && !signal.aborted) this.#note(failure);
      throw failure;
    } finally {
      endProbe();
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

  async #takeTurn(lane: GateLane, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#intervalMs === 0 && this.#hasRoom(lane)) return this.#count(lane, 1);
    const waitMs = this.#timeoutMs * (lane === "transfer" ? transferPatience : 1);
    await using limit = limitTime(this.#clock, waitMs, signal, { what: "no turn" });
    await this.#enter(lane, limit.signal);
    try {
      await this.#pace(limit.signal);
    } catch (error) {
      this.#leave(lane);
      throw error;
    }
  }

  async #enter(lane: Queue, signal: AbortSignal): Promise<void> {
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

  #hasRoom(lane: Queue): boolean {
    if (lane === "passing") return this.#passing < mostPassing;
    return this.#active < this.#limit.request && (lane === "request" || this.#transfers < this.#limit.transfer);
  }

  #count(lane: Queue, by: number): void {
    if (lane === "passing") {
      this.#passing += by;
      return;
    }
    this.#active += by;
    if (lane === "transfer") this.#transfers += by;
  }

  /** The place passes on at once, so that nobody slips in between. */
  #leave(lane: Queue): void {
    this.#count(lane, -1);
    for (const waiting of ["request", "transfer", "passing"] as const) {
      const next = this.#hasRoom(waiting) ? this.#waiting[waiting].shift() : undefined;
      if (next === undefined) continue;
      this.#count(waiting, 1);
      return next();
    }
  }

  /** One after the other: who gives up takes no time away from those behind. */
  async #pace(signal: AbortSignal): Promise<void> {
    if (this.#intervalMs === 0) return;
    const before = this.#pacing;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#pacing = promise;
    try {
      await unlessAborted(before, signal);
      const now = this.#clock.now();
      const at = Math.max(now, this.#nextAt);
      if (at > now) await this.#clock.sleep(at - now, signal);
      this.#nextAt = at + this.#intervalMs;
    } finally {
      void before.then(resolve);
    }
  }

  #succeed(): void {
    this.#failures = 0;
    this.#pauseMs = firstPauseMs;
    this.noteProgress();
  }

  #note(error: UpstreamError): void {
    switch (error.failure) {
      case "limited":
        return this.#wait(error.retryAfterMs ?? defaultWaitMs);
      case "timeout":
        // An upstream that others hear from is not down: the request waited for a connection, say.
        if (!this.isMoving) this.#fail();
        break;
      case "unreachable":
        this.#fail();
        break;
      case "absent":
      case "refused":
        this.#succeed();
    }
    if (error.retryAfterMs !== undefined) this.#wait(error.retryAfterMs);
  }

  #wait(ms: number): void {
    this.#limitedUntil = Math.max(this.#limitedUntil, this.#clock.now() + Math.min(ms, longestWaitMs));
  }

  #fail(): void {
    const now = this.#clock.now();
    if (now < this.#openUntil || ++this.#failures < failuresToOpen) return;
    this.#openUntil = now + this.#pauseMs;
    this.#pauseMs = Math.min(this.#pauseMs * 2, longestPauseMs);
  }
}
