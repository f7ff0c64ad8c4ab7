/**
 * One upstream of the cache: its settings, its gate, and what it is known not to have.
 *
 * @module
 */

import type { Repository } from "../../repository.ts";
import { withinTime } from "./within_time.ts";
import type { CacheClock, UpstreamSettings } from "./cache_options.ts";
import { RecentMap } from "./recent_map.ts";
import { UpstreamError } from "./upstream_error.ts";
import { UpstreamGate } from "./upstream_gate.ts";

const rememberedAbsences = 10_000;

interface Absence {
  readonly failure: "absent" | "refused";
  readonly until: number;
}

/** An upstream. */
export class Upstream {
  /** Paces what it is asked. */
  readonly gate: UpstreamGate;
  readonly #clock: CacheClock;
  readonly #absences = new RecentMap<Absence>(rememberedAbsences);

  /**
   * Wraps settings.
   *
   * @param settings The settings.
   * @param clock The time.
   */
  constructor(readonly settings: UpstreamSettings, clock: CacheClock) {
    this.#clock = clock;
    this.gate = new UpstreamGate(settings, clock);
  }

  /**
   * Asks for something short. When its turn has come, it may take the upstream's whole timeout.
   *
   * @typeParam T What it gives.
   * @param remote The repository's name at the upstream.
   * @param signal Ends it early.
   * @param work Asks the repository.
   * @returns What it gave.
   * @throws {UpstreamError} When the upstream does not give it.
   */
  async ask<T>(
    remote: string,
    signal: AbortSignal,
    work: (repository: Repository, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    this.requireOnline();
    return await this.gate.run(
      "request",
      signal,
      () =>
        withinTime(this.#clock, this.settings.timeoutMs, signal, async (end) => {
          await using repository = await this.settings.open(remote);
          return await work(repository, end);
        }),
    );
  }

  /** Refuses when it must never be asked. */
  requireOnline(): void {
    if (this.settings.isOffline) throw new UpstreamError("offline", `${this.settings.name} is not asked`);
  }

  /**
   * Refuses what it said a moment ago it did not have.
   *
   * @param key The repository and what was asked of it.
   */
  requirePresent(key: string): void {
    const absence = this.#absences.get(key);
    if (absence === undefined) return;
    if (this.#clock.now() >= absence.until) return this.#absences.delete(key);
    throw new UpstreamError(absence.failure, `${this.settings.name} did not give it a moment ago`);
  }

  /**
   * Remembers what it does not have, when that is what an error says.
   *
   * @param key The repository and what was asked of it.
   * @param error What was thrown.
   */
  noteAbsence(key: string, error: unknown): void {
    if (!(error instanceof UpstreamError) || (error.failure !== "absent" && error.failure !== "refused")) return;
    const now = this.#clock.now();
    const known = this.#absences.get(key);
    // What is merely remembered does not count as said anew.
    if (known !== undefined && now < known.until) return;
    this.#absences.set(key, { failure: error.failure, until: now + this.settings.negativeTtlMs });
  }
}
