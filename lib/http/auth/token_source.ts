/**
 * The tokens of one token service for one host: kept per scope set, shared, and renewed before they end.
 *
 * @module
 */

import type { Logger } from "../../log.ts";
import { SharedCall } from "./shared_call.ts";
import type { Clock } from "../http_client.ts";
import { coversScopes, type ScopeSet } from "./scope.ts";
import { EXPIRY_MARGIN_MS, type Token } from "./token.ts";

/** A token together with what it was asked for. */
export interface HeldToken {
  /** The token. */
  readonly token: Token;
  /** The scopes that were asked for. */
  readonly scopes: ScopeSet;
  /** Tokens that came later have a higher one. */
  readonly serial: number;
  /** Whether it came in place of one that was rejected. */
  readonly isReplacement: boolean;
}

/** With what a {@linkcode TokenSource} works. */
export interface TokenSourceOptions {
  /**
   * Asks the token service.
   *
   * @param scopes What the token must allow.
   * @param refreshToken The refresh token of an earlier answer.
   * @param signal Ends the request.
   */
  readonly request: (scopes: ScopeSet, refreshToken: string | undefined, signal: AbortSignal) => Promise<Token>;
  /** Gives the next serial. */
  readonly nextSerial: () => number;
  /** Time. */
  readonly clock: Clock;
  /** Where log lines go. */
  readonly logger: Logger;
}

interface Entry extends HeldToken {
  /** Not before then is a failed renewal tried again. */
  renewAt: number;
}

interface Flight {
  readonly scopes: ScopeSet;
  readonly call: SharedCall<Entry>;
}

/** So many tokens are kept; those longest unused go first. */
const TOKEN_LIMIT = 512;
const RENEWAL_PAUSE_MS = 10_000;

/** Keeps the tokens of one token service. */
export class TokenSource {
  readonly #options: TokenSourceOptions;
  /** By scopes as text; least recently used first. */
  readonly #entries = new Map<string, Entry>();
  readonly #flights = new Set<Flight>();
  /** Scope sets whose token was rejected: the next one is a replacement. */
  readonly #rejected = new Set<string>();
  #refreshToken: string | undefined;

  /**
   * Creates a source without tokens.
   *
   * @param options With what it works.
   */
  constructor(options: TokenSourceOptions) {
    this.#options = options;
  }

  /**
   * Gives a token that covers some scopes: a kept one, the answer to a request under way, or a new one.
   *
   * @param scopes What it must allow.
   * @param signal Ends this wait.
   * @returns The token's value.
   * @throws {RegkitError} What the token service failed with.
   */
  async get(scopes: ScopeSet, signal?: AbortSignal): Promise<string> {
    signal?.throwIfAborted();
    const entry = this.#find(scopes);
    if (entry === undefined) return (await this.#ask(scopes).wait(signal)).token.value;
    const now = this.#options.clock.now();
    if (now >= Math.max(entry.token.refreshAt, entry.renewAt)) void this.#renew(entry);
    return entry.token.value;
  }

  /**
   * Finds a kept token by its value.
   *
   * @param value The token's value.
   * @returns The token, or `undefined` when it is not kept any more.
   */
  held(value: string): HeldToken | undefined {
    for (const entry of this.#entries.values()) if (entry.token.value === value) return entry;
    return undefined;
  }

  /**
   * Drops a token that was rejected.
   *
   * @param held The token.
   */
  drop(held: HeldToken): void {
    const key = keyOf(held.scopes);
    if (this.#entries.get(key)?.serial !== held.serial) return;
    this.#entries.delete(key);
    this.#rejected.add(key);
  }

  /**
   * Ends all requests under way.
   *
   * @param reason What those who wait get.
   */
  async close(reason: unknown): Promise<void> {
    const flights = [...this.#flights];
    for (const { call } of flights) call.abort(reason);
    await Promise.allSettled(flights.map(({ call }) => call.wait()));
  }

  #find(scopes: ScopeSet): Entry | undefined {
    const usableUntil = this.#options.clock.now() + EXPIRY_MARGIN_MS;
    const isUsable = (entry: Entry): boolean =>
      entry.token.expiresAt > usableUntil && coversScopes(entry.scopes, scopes);
    const exact = this.#entries.get(keyOf(scopes));
    const found = exact !== undefined && isUsable(exact) ? exact : [...this.#entries.values()].find(isUsable);
    if (found === undefined) return undefined;
    const key = keyOf(found.scopes);
    this.#entries.delete(key);
    this.#entries.set(key, found);
    return found;
  }

  /** Joins a request under way that covers the scopes, or starts one. */
  #ask(scopes: ScopeSet): SharedCall<Entry> {
    for (const flight of this.#flights) {
      if (!flight.call.isAbandoned && coversScopes(flight.scopes, scopes)) return flight.call;
    }
    const call = new SharedCall(async (signal) => {
      try {
        return this.#keep(scopes, await this.#options.request(scopes, this.#refreshToken, signal));
      } finally {
        this.#flights.delete(flight);
      }
    });
    const flight: Flight = { scopes, call };
    this.#flights.add(flight);
    return call;
  }

  async #renew(entry: Entry): Promise<void> {
    entry.renewAt = this.#options.clock.now() + RENEWAL_PAUSE_MS;
    try {
      await this.#ask(entry.scopes).wait();
    } catch (error) {
      const problem = error instanceof Error ? error.message : "unknown";
      this.#options.logger.log("debug", "token not renewed ahead of its end", { scopes: entry.scopes, error: problem });
    }
  }

  #keep(scopes: ScopeSet, token: Token): Entry {
    const key = keyOf(scopes);
    this.#refreshToken = token.refreshToken ?? this.#refreshToken;
    const isReplacement = this.#rejected.delete(key);
    const entry: Entry = { token, scopes, serial: this.#options.nextSerial(), isReplacement, renewAt: 0 };
    this.#prune(scopes);
    this.#entries.set(key, entry);
    return entry;
  }

  /** Makes room: what has ended or is covered by the new token goes, and the longest unused when there are too many. */
  #prune(scopes: ScopeSet): void {
    const now = this.#options.clock.now();
    for (const [key, { token, scopes: held }] of this.#entries) {
      const isSpare = token.expiresAt <= now || coversScopes(scopes, held);
      if (isSpare || this.#entries.size >= TOKEN_LIMIT) this.#entries.delete(key);
    }
  }
}

function keyOf(scopes: ScopeSet): string {
  return scopes.join(" ");
}
