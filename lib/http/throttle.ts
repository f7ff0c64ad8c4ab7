/**
 * How many requests at a time go to one host, and which one is next.
 *
 * Small things go before blobs, because trees of work hang on them; then the oldest.
 *
 * No deadlock when copying within one registry: a copy that reads a blob and waits to write it must not wait for others that
 * do the same. So the first write is always let in, above the limit if need be, and writes open their source before they ask
 * for a slot. Should readers wait for each other all the same, one more is let in when nothing has moved for a while.
 *
 * @module
 */

import type { AdaptiveLimit } from "./adaptive_limit.ts";
import type { Clock, RequestKind } from "./http_client.ts";
import { Watchdog } from "./watchdog.ts";

/** What wants a slot. */
export interface SlotRequest {
  /** What the request is about. */
  readonly kind: RequestKind;
  /** Whether it changes something, as everything but GET and HEAD does. */
  readonly isWrite: boolean;
  /** Its place among the requests of the client; the smallest is the oldest. */
  readonly age: number;
  /** Ends the wait. */
  readonly signal?: AbortSignal | undefined;
}

/** A slot that is held. */
export interface Slot {
  /** Gives it back; only the first call counts. */
  release(): void;
  /** Tells that the host is asked too much. */
  overloaded(): void;
  /** Tells that bytes have come. */
  moved(): void;
}

interface Waiter extends SlotRequest {
  readonly grant: (slot: Slot) => void;
}

/** The slots of one host. */
export class Throttle {
  readonly #limit: AdaptiveLimit;
  readonly #clock: Clock;
  readonly #stillMs: number;
  #waiters: Waiter[] = [];
  #held = 0;
  #heldByWrites = 0;
  #dog: Watchdog | undefined;

  /**
   * Creates the slots of a host.
   *
   * @param limit How many there are.
   * @param clock Measures how long nothing moved.
   * @param stillMs After so many milliseconds without any movement one more is let in.
   */
  constructor(limit: AdaptiveLimit, clock: Clock, stillMs: number) {
    this.#limit = limit;
    this.#clock = clock;
    this.#stillMs = stillMs;
  }

  /** Slots held now. */
  get held(): number {
    return this.#held;
  }

  /** Requests that wait now. */
  get waiting(): number {
    return this.#waiters.length;
  }

  /**
   * Waits for a slot.
   *
   * @param request What wants it.
   * @returns The slot; whoever has it releases it.
   * @throws The signal's reason.
   */
  acquire(request: SlotRequest): Promise<Slot> {
    const { signal } = request;
    if (signal?.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#waiters = this.#waiters.filter((other) => other !== waiter);
        this.#letIn();
        reject(signal?.reason);
      };
      const waiter: Waiter = {
        ...request,
        grant: (slot) => {
          signal?.removeEventListener("abort", onAbort);
          resolve(slot);
        },
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#waiters.push(waiter);
      this.#letIn();
    });
  }

  /** Lets in whom there is room for, the most urgent first. */
  #letIn(): void {
    this.#waiters.sort(byUrgency);
    for (let next = this.#admissible(); next !== undefined; next = this.#admissible()) this.#grant(next);
    if (this.#waiters.length === 0) {
      this.#dog?.close();
      this.#dog = undefined;
    } else {
      this.#watch();
    }
  }

  #admissible(): Waiter | undefined {
    if (this.#held < this.#limit.current) return this.#waiters[0];
    return this.#heldByWrites === 0 ? this.#waiters.find((waiter) => waiter.isWrite) : undefined;
  }

  #watch(): void {
    this.#dog ??= new Watchdog(this.#clock, () => {
      this.#dog = undefined;
      const first = this.#waiters[0];
      if (first !== undefined) this.#grant(first);
      this.#letIn();
    });
    this.#dog.expect(this.#stillMs);
  }

  #grant(waiter: Waiter): void {
    this.#waiters = this.#waiters.filter((other) => other !== waiter);
    this.#held++;
    if (waiter.isWrite) this.#heldByWrites++;
    waiter.grant(this.#slot(waiter.isWrite));
  }

  #slot(isWrite: boolean): Slot {
    const { epoch } = this.#limit;
    let isHeld = true;
    let isRefused = false;
    return {
      release: () => {
        if (!isHeld) return;
        isHeld = false;
        if (!isRefused) this.#limit.succeeded(this.#waiters.length > 0 || this.#held >= this.#limit.current);
        this.#held--;
        if (isWrite) this.#heldByWrites--;
        this.#letIn();
      },
      overloaded: () => {
        isRefused = true;
        this.#limit.overloaded(epoch);
      },
      moved: () => this.#dog?.expect(this.#stillMs),
    };
  }
}

function byUrgency(left: Waiter, right: Waiter): number {
  const leftRank = left.kind === "blob" ? 1 : 0;
  const rightRank = right.kind === "blob" ? 1 : 0;
  return leftRank - rightRank || left.age - right.age;
}
