/**
 * Counters of the registry in the text format of Prometheus.
 *
 * @module
 */

import type { CacheCounts } from "../cache/cache_options.ts";
import type { RequestEntry } from "./request_log.ts";

/** Counts requests. */
export class RequestMetrics {
  /** How many requests are being answered. */
  inFlight = 0;
  readonly #startedAt: number;
  readonly #cacheCounts: (() => CacheCounts) | undefined;
  readonly #requests = new Map<string, number>();
  readonly #durations = new Map<string, Histogram>();
  #receivedBytes = 0;
  #sentBytes = 0;

  /**
   * Creates counters at zero.
   *
   * @param nowMs The time in milliseconds since the epoch.
   * @param cacheCounts Gives what the cache did so far, where there is one.
   */
  constructor(nowMs: number, cacheCounts?: () => CacheCounts) {
    this.#startedAt = nowMs;
    this.#cacheCounts = cacheCounts;
  }

  /**
   * Counts a request that was answered.
   *
   * @param entry What is told of it.
   */
  record(entry: RequestEntry): void {
    const method = knownMethods.has(entry.method) ? entry.method : "other";
    const key = `route="${entry.kind}",method="${method}",code="${entry.status}"`;
    this.#requests.set(key, (this.#requests.get(key) ?? 0) + 1);
    let durations = this.#durations.get(entry.kind);
    if (durations === undefined) this.#durations.set(entry.kind, durations = newHistogram());
    const seconds = entry.durationMs / 1000;
    durations.sum += seconds;
    durations.count++;
    for (const [at, bound] of bounds.entries()) {
      if (seconds <= bound) durations.buckets[at] = (durations.buckets[at] ?? 0) + 1;
    }
    this.#receivedBytes += entry.receivedBytes;
    this.#sentBytes += entry.sentBytes;
  }

  /**
   * Writes all counters.
   *
   * @param openUploads How many uploads are open.
   * @returns The text.
   */
  render(openUploads: number): string {
    const lines: string[] = [];
    const metric = (name: string, kind: string, help: string, values: readonly (readonly [string, number])[]) => {
      lines.push(`# HELP ${prefix}${name} ${help}`, `# TYPE ${prefix}${name} ${kind}`);
      for (const [labels, value] of values) lines.push(`${prefix}${name}${labels} ${value}`);
    };
    const braced = [...this.#requests].map(([labels, value]) => [`{${labels}}`, value] as const);
    metric("http_requests_total", "counter", "Requests answered.", braced.sort());
    const histogram = [...this.#durations].sort().flatMap(([route, durations]) => histogramLines(route, durations));
    metric("http_request_duration_seconds", "histogram", "Time until an answer began.", histogram);
    metric("http_requests_in_flight", "gauge", "Requests being answered.", [["", this.inFlight]]);
    metric("http_received_bytes_total", "counter", "Bytes of request bodies, as stated by clients.", [
      ["", this.#receivedBytes],
    ]);
    metric("http_sent_bytes_total", "counter", "Bytes of answers, as stated to clients.", [["", this.#sentBytes]]);
    metric("open_uploads", "gauge", "Uploads begun and not ended.", [["", openUploads]]);
    const cached = Object.entries(this.#cacheCounts?.() ?? {}).map(([what, count]) =>
      [`{event="${what}"}`, count] as const
    );
    if (cached.length > 0) metric("cache_events_total", "counter", "What the pull-through cache did.", cached);
    metric("start_time_seconds", "gauge", "When the registry started, since the epoch.", [
      ["", this.#startedAt / 1000],
    ]);
    return `${lines.join("\n")}\n`;
  }
}

interface Histogram {
  readonly buckets: number[];
  sum: number;
  count: number;
}

const prefix = "regkit_";
const bounds = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60];
const knownMethods: ReadonlySet<string> = new Set(["DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"]);

function newHistogram(): Histogram {
  return { buckets: bounds.map(() => 0), sum: 0, count: 0 };
}

function histogramLines(route: string, { buckets, sum, count }: Histogram): (readonly [string, number])[] {
  const label = `route="${route}"`;
  return [
    ...bounds.map((bound, at) => [`_bucket{${label},le="${bound}"}`, buckets[at] ?? 0] as const),
    [`_bucket{${label},le="+Inf"}`, count] as const,
    [`_sum{${label}}`, sum] as const,
    [`_count{${label}}`, count] as const,
  ];
}
