/**
 * What the parts of a cache share, and what they tell of each answer.
 *
 * @module
 */

import type { Logger } from "../../log.ts";
import { toApiError } from "../api_error.ts";
import { isNoRoom, type Quota } from "../limits/quota.ts";
import type { RegistryStore } from "../store/store.ts";
import type { CacheClock, CacheCounts } from "./cache_options.ts";
import type { Ledger } from "./ledger.ts";
import type { Sweeper } from "./sweeper.ts";
import type { Upstream } from "./upstream.ts";
import { toUpstreamError, UpstreamError } from "./upstream_error.ts";
import type { ProxiedName } from "./upstream_names.ts";
import { withinTime } from "./within_time.ts";

/** Whoever asks for what is here need not wait for long: a backend may try an upstream that is down again and again. */
const patienceMs = 10 * 1000;

/** What somebody waited for in vain and is still being asked: who comes next need not wait as long again. */
const slow = new WeakSet<Promise<unknown>>();

/** A repository behind the cache. */
export type Proxied = ProxiedName<Upstream>;

/** What the parts of a cache share. */
export interface CacheParts {
  /** Where content is kept. */
  readonly store: RegistryStore;
  /** Time. */
  readonly clock: CacheClock;
  /** The limits of space, if there are any. */
  readonly quota: Quota | undefined;
  /** What was checked and used when. */
  readonly ledger: Ledger;
  /** Ends everything. */
  readonly signal: AbortSignal;
  /** Takes log lines. */
  readonly logger: Logger;
  /** What was done so far. */
  readonly counts: { -readonly [Key in keyof CacheCounts]: number };
  /** Makes room. */
  readonly sweeper: Sweeper;
}

/**
 * Tells whether something checked at a time may be served now, when the upstream fails.
 *
 * @param upstream The upstream.
 * @param checkedAt When it was checked, in milliseconds since 1970.
 * @param now The time now.
 * @returns Whether it may.
 */
export function isServedStale(upstream: Upstream, checkedAt: number, now: number): boolean {
  const { tagTtlMs, staleIfErrorMs } = upstream.settings;
  return staleIfErrorMs > 0 && now < checkedAt + tagTtlMs + staleIfErrorMs;
}

/**
 * Waits for what the upstream is asked, but not for long when something older can be served instead. The asking goes on then:
 * what it brings is there for those who come next.
 *
 * @typeParam T What it gives.
 * @param parts What the cache shares.
 * @param upstream The upstream.
 * @param checkedAt When the older thing was checked, in milliseconds since 1970; `undefined` when there is none.
 * @param asking What the upstream is asked.
 * @returns What it gave.
 * @throws {UpstreamError} `timeout` when it took too long; whatever the asking throws.
 */
export async function awaitPatiently<T>(
  { clock, signal }: CacheParts,
  upstream: Upstream,
  checkedAt: number | undefined,
  asking: Promise<T>,
): Promise<T> {
  if (checkedAt === undefined || !isServedStale(upstream, checkedAt, clock.now())) return await asking;
  if (slow.has(asking)) throw new UpstreamError("timeout", "no answer yet");
  try {
    return await withinTime(clock, patienceMs, signal, () => asking);
  } catch (error) {
    slow.add(asking);
    throw error;
  }
}

/**
 * Builds the warning that goes with what may be out of date.
 *
 * @param upstream The upstream.
 * @param checkedAt When it was checked, in milliseconds since 1970.
 * @returns The text.
 */
export function staleWarning(upstream: Upstream, checkedAt: number): string {
  const time = new Date(checkedAt).toISOString().replace(/\.[0-9]+Z$/, "Z");
  return `${upstream.settings.name} cannot be asked now; this is from the cache, checked at ${time}`;
}

/**
 * Counts and logs that an upstream failed, or that there was no room for what it gave. Absences are answers, and what ends with
 * the registry is nobody's failure.
 *
 * @param parts What the cache shares.
 * @param proxied What was asked for.
 * @param reference The tag, digest or list.
 * @param error What was thrown.
 */
export function noteFailure(parts: CacheParts, proxied: Proxied, reference: string, error: unknown): void {
  if (parts.signal.aborted) return;
  const known = toUpstreamError(error);
  const failure = known instanceof UpstreamError ? known.failure : "other";
  if (failure === "absent" || failure === "offline") return;
  const { name } = proxied.upstream.settings;
  const refusal = toApiError(error);
  if (isNoRoom(refusal)) {
    const { message } = refusal;
    parts.logger.log("warn", "not kept", { upstream: name, repository: proxied.remote, reference, reason: message });
    return;
  }
  parts.counts.failures++;
  parts.logger.log("warn", "upstream failed", {
    upstream: name,
    repository: proxied.remote,
    reference,
    failure,
    error,
  });
}
