/**
 * How a layout is opened, and what that comes to once defaults are filled in.
 *
 * @module
 */

import { type Logger, silentLogger } from "../log.ts";
import { type Clock, systemClock } from "../schedule/clock.ts";

/** Time, replaced in tests. */
export type LayoutClock = Pick<Clock, "now" | "sleep">;

/** Options of `openLayout`. */
export interface LayoutOptions {
  /** Time for locks, ages and `created` annotations; the system's by default. */
  readonly clock?: LayoutClock | undefined;
  /** Seconds since 1970 to write as `created` instead of the time: the value of `SOURCE_DATE_EPOCH`. */
  readonly sourceDateEpoch?: number | undefined;
  /**
   * Whether content must be on the disk before it is visible (`full`, the default), or is left to the system (`none`): then
   * a power cut can lose what was written last.
   */
  readonly durability?: "full" | "none" | undefined;
  /** Whether disposing a handle that changed the layout removes what nothing refers to; `true` by default. */
  readonly isGcEnabled?: boolean | undefined;
  /** How many blobs are written at a time per directory; 3 by default, 0 acts as 1. */
  readonly throttle?: number | undefined;
  /** Where log lines go. */
  readonly logger?: Logger | undefined;
}

/** The options with every default filled in. */
export interface ResolvedLayoutOptions {
  /** Time for locks, ages and `created` annotations. */
  readonly clock: LayoutClock;
  /** Seconds since 1970 to write as `created`, if it was set. */
  readonly sourceDateEpoch: number | undefined;
  /** Whether content must be on the disk before it is visible. */
  readonly isDurable: boolean;
  /** Whether disposing collects garbage. */
  readonly isGcEnabled: boolean;
  /** How many blobs are written at a time per directory. */
  readonly throttle: number;
  /** Where log lines go. */
  readonly logger: Logger;
}

const defaultThrottle = 3;

/**
 * Fills in the defaults.
 *
 * @param options What was set.
 * @returns All options.
 */
export function resolveLayoutOptions(options: LayoutOptions): ResolvedLayoutOptions {
  return {
    clock: options.clock ?? systemClock,
    sourceDateEpoch: options.sourceDateEpoch,
    isDurable: options.durability !== "none",
    isGcEnabled: options.isGcEnabled ?? true,
    throttle: Math.max(1, options.throttle ?? defaultThrottle),
    logger: options.logger ?? silentLogger,
  };
}
