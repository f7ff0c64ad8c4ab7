/**
 * What garbage collection spares, and how often it runs.
 *
 * @module
 */

/** Options of garbage collection. */
export interface GcOptions {
  /** The time between two runs, in milliseconds; 15 minutes by default, 0 for none but those that are asked for. */
  readonly intervalMs?: number | undefined;
  /** The age in milliseconds below which nothing is removed; one hour by default. */
  readonly graceMs?: number | undefined;
  /** The age in milliseconds from which untagged manifests are removed; never by default. */
  readonly untaggedMs?: number | undefined;
  /** The age in milliseconds from which referrers without their subject are removed; never by default. */
  readonly danglingMs?: number | undefined;
  /** Whether repositories are removed that hold nothing and that nobody changed for as long as `graceMs`; off by default. */
  readonly removeEmpty?: boolean | undefined;
}

/** How to collect garbage when somebody asks for it. */
export interface CollectOptions extends GcOptions {
  /** Whether nothing is removed, only found. */
  readonly isDryRun?: boolean | undefined;
  /** Ends it early, between two batches. */
  readonly signal?: AbortSignal | undefined;
}

/** What garbage collection spares. */
export interface GcPolicy {
  /** The age in milliseconds below which nothing is removed. */
  readonly graceMs: number;
  /** The age in milliseconds from which untagged manifests are removed; infinite for never. */
  readonly untaggedMs: number;
  /** The age in milliseconds from which referrers without their subject are removed; infinite for never. */
  readonly danglingMs: number;
  /** Whether repositories are removed that hold nothing. */
  readonly removeEmpty: boolean;
}

/** The options with every default filled in. */
export interface GcSettings extends GcPolicy {
  /** The time between two runs, in milliseconds; 0 for none. */
  readonly intervalMs: number;
}

const minuteMs = 60 * 1000;

/**
 * Fills in the defaults.
 *
 * @param options The options.
 * @returns The settings.
 */
export function resolveGcOptions(options: GcOptions = {}): GcSettings {
  return {
    intervalMs: options.intervalMs ?? 15 * minuteMs,
    graceMs: options.graceMs ?? 60 * minuteMs,
    untaggedMs: options.untaggedMs ?? Infinity,
    danglingMs: options.danglingMs ?? Infinity,
    removeEmpty: options.removeEmpty ?? false,
  };
}
