/**
 * How many requests an address may send, and how many uploads it may have in transfer.
 *
 * @module
 */

import { ApiError } from "../api_error.ts";

/** Options of {@linkcode RateLimiter}. */
export interface RateLimitOptions {
  /** How many requests per second each address may send in the long run; any number by default. */
  readonly perSecond?: number | undefined;
  /** How many it may send at once after a pause; one second's worth by default, and always one. */
  readonly burst?: number | undefined;
  /** How many uploads each address may have in transfer; any number by default. */
  readonly parallelUploads?: number | undefined;
  /** The time in milliseconds. */
  readonly now: () => number;
}

interface Bucket {
  tokens: number;
  filledAt: number;
}

const maxAddresses = 10_000;

/** Counts what addresses ask for. */
export class RateLimiter {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #parallelUploads: number;
  readonly #now: () => number;
  readonly #buckets = new Map<string, Bucket>();
  readonly #uploads = new Map<string, number>();

  /**
   * Creates a limiter that has seen nobody yet.
   *
   * @param options The limits.
   */
  constructor(options: RateLimitOptions) {
    this.#perSecond = options.perSecond ?? Infinity;
    this.#burst = Math.max(options.burst ?? this.#perSecond, 1);
    this.#parallelUploads = options.parallelUploads ?? Infinity;
    this.#now = options.now;
  }

  /**
   * Counts a request.
   *
   * @param address Where it comes from.
   * @throws {ApiError} 429 with the seconds to wait, when it is one too many.
   */
  countRequest(address: string): void {
    if (this.#perSecond === Infinity) return;
    const now = this.#now();
    const bucket = this.#buckets.get(address) ?? { tokens: this.#burst, filledAt: now };
    const earned = Math.max(now - bucket.filledAt, 0) / 1000 * this.#perSecond;
    bucket.tokens = Math.min(bucket.tokens + earned, this.#burst);
    bucket.filledAt = now;
    // Put at the end: whoever was quiet for longest is forgotten first.
    this.#buckets.delete(address);
    this.#buckets.set(address, bucket);
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > maxAddresses && oldest !== undefined) this.#buckets.delete(oldest);
    if (bucket.tokens < 1) throw tooMany("requests", Math.ceil((1 - bucket.tokens) / this.#perSecond));
    bucket.tokens--;
  }

  /**
   * Counts an upload as long as it is in transfer.
   *
   * @param address Where it comes from.
   * @returns Ends the count.
   * @throws {ApiError} 429 when it is one too many.
   */
  beginUpload(address: string): () => void {
    const count = this.#uploads.get(address) ?? 0;
    if (count >= this.#parallelUploads) throw tooMany("uploads at once", 1);
    this.#uploads.set(address, count + 1);
    return () => {
      const left = (this.#uploads.get(address) ?? 1) - 1;
      if (left > 0) this.#uploads.set(address, left);
      else this.#uploads.delete(address);
    };
  }
}

function tooMany(what: string, seconds: number): ApiError {
  return new ApiError(429, "TOOMANYREQUESTS", `too many ${what} from this address`, {
    headers: [["retry-after", `${seconds}`]],
  });
}
