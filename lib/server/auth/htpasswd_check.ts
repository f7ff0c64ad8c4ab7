/**
 * Checks passwords against a password file: bcrypt one at a time, the same effort for unknown users, and what was right
 * remembered for a minute.
 *
 * @module
 */

import { ApiError } from "../api_error.ts";
import { bcryptCost, costOf, type HtpasswdEntry, type HtpasswdUsers } from "./htpasswd.ts";

/** Options of {@linkcode PasswordChecker}. */
export interface PasswordCheckerOptions {
  /** How long a verified password is remembered, in milliseconds; a minute by default. */
  readonly rememberMs?: number | undefined;
  /** How many checks may wait before more are refused with 429; 64 by default. */
  readonly maxWaiting?: number | undefined;
  /** The time in milliseconds since the epoch; the system's clock by default. */
  readonly now?: (() => number) | undefined;
  /** Checks a password against a bcrypt hash; by default with the library, loaded when first needed. */
  readonly compare?: ((password: string, hash: string) => Promise<boolean>) | undefined;
}

const maxRemembered = 1000;
const maxPasswordLength = 1024;
const textEncoder = new TextEncoder();
/** The end of a well-formed hash that belongs to no known password. */
const nobodysHash = "abcdefghijklmnopqrstuuMaOdAPWAXbLLRUQjHhEyIXnHMzIXOyG";

/** Checks the passwords of a file's users. */
export class PasswordChecker {
  readonly #rememberMs: number;
  readonly #maxWaiting: number;
  readonly #now: () => number;
  readonly #compare: (password: string, hash: string) => Promise<boolean>;
  readonly #salt: Promise<CryptoKey>;
  readonly #verified = new Map<string, number>();
  readonly #running = new Map<string, Promise<boolean>>();
  #turn: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /**
   * Creates a checker that remembers nothing yet.
   *
   * @param options Its limits.
   */
  constructor(options: PasswordCheckerOptions = {}) {
    this.#rememberMs = options.rememberMs ?? 60_000;
    this.#maxWaiting = options.maxWaiting ?? 64;
    this.#now = options.now ?? Date.now;
    this.#compare = options.compare ?? compareBcrypt;
    const secret = crypto.getRandomValues(new Uint8Array(32));
    this.#salt = crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  }

  /**
   * Checks a login.
   *
   * @param users The users.
   * @param user The name.
   * @param password The password.
   * @returns Whether the user exists and has the password.
   * @throws {ApiError} 429 when too many checks wait already.
   */
  async check(users: HtpasswdUsers, user: string, password: string): Promise<boolean> {
    if (password.length > maxPasswordLength) return false;
    const entry = users.get(user) ?? nobody(users);
    const isKnown = users.has(user);
    // The hash is part of the key, so that a changed password is not remembered.
    const key = await this.#keyOf(`${user}\0${entry.hash}\0${password}`);
    if (isKnown && (this.#verified.get(key) ?? 0) > this.#now()) return true;
    const running = this.#running.get(key);
    if (running !== undefined) return await running;
    const check = this.#verify(users, entry, password).then((isRight) => isRight && isKnown);
    this.#running.set(key, check);
    try {
      const isRight = await check;
      if (isRight) this.#remember(key);
      return isRight;
    } finally {
      this.#running.delete(key);
    }
  }

  async #verify(users: HtpasswdUsers, entry: HtpasswdEntry, password: string): Promise<boolean> {
    if (entry.kind === "bcrypt") return await this.#compareInTurn(password, entry.hash, bcryptCost(users));
    const isRight = isSameText(entry.kind === "plain" ? password : await sha1Of(password), entry.hash);
    // Where others have a slow hash, so does the answer for those who have none: its time tells nothing of them.
    const slow = isRight ? undefined : nobody(users);
    if (slow?.kind === "bcrypt") await this.#compareInTurn(password, slow.hash, costOf(slow.hash));
    return isRight;
  }

  async #compareInTurn(password: string, hash: string, greatestCost: number): Promise<boolean> {
    if (this.#waiting >= this.#maxWaiting) {
      throw new ApiError(429, "TOOMANYREQUESTS", "too many logins at once", { headers: [["retry-after", "1"]] });
    }
    this.#waiting++;
    // One at a time: a check keeps the processor busy, and transfers must go on beside it.
    const check = this.#turn.then(() => this.#compareEvenly(password, hash, greatestCost));
    this.#turn = check.catch(() => undefined);
    try {
      return await check;
    } finally {
      this.#waiting--;
    }
  }

  /**
   * Compares. A wrong password takes as long as one of the greatest cost, which unknown users have: otherwise the time would tell
   * that the user exists. Each step of the cost doubles the time, so a comparison at each cost from the hash's own to the one below
   * the greatest makes up exactly what is missing; one at the greatest would be up to half too much.
   */
  async #compareEvenly(password: string, hash: string, greatestCost: number): Promise<boolean> {
    if (await this.#compare(password, hash)) return true;
    for (let cost = costOf(hash); cost < greatestCost; cost++) await this.#compare(password, hashOfNobody(cost));
    return false;
  }

  #remember(key: string): void {
    this.#verified.delete(key);
    this.#verified.set(key, this.#now() + this.#rememberMs);
    const [oldest] = this.#verified.keys();
    if (this.#verified.size > maxRemembered && oldest !== undefined) this.#verified.delete(oldest);
  }

  async #keyOf(text: string): Promise<string> {
    const mac = await crypto.subtle.sign("HMAC", await this.#salt, textEncoder.encode(text));
    return new Uint8Array(mac).toBase64();
  }
}

/**
 * Compares without telling by its duration where the texts differ.
 *
 * @param given One text.
 * @param expected The other.
 * @returns Whether they are the same.
 */
export function isSameText(given: string, expected: string): boolean {
  const a = textEncoder.encode(given);
  const b = textEncoder.encode(expected);
  let difference = a.length ^ b.length;
  for (const [at, byte] of a.entries()) difference |= byte ^ (b[at % Math.max(b.length, 1)] ?? 0);
  return difference === 0;
}

/** Takes as long to check as the slowest of the users. */
function nobody(users: HtpasswdUsers): HtpasswdEntry {
  const isFast = users.size > 0 && [...users.values()].every(({ kind }) => kind !== "bcrypt");
  if (isFast) return { kind: "sha1", hash: "{SHA}AAAAAAAAAAAAAAAAAAAAAAAAAAA=" };
  return { kind: "bcrypt", hash: hashOfNobody(bcryptCost(users)) };
}

function hashOfNobody(cost: number): string {
  return `$2b$${String(cost).padStart(2, "0")}$${nobodysHash}`;
}

async function compareBcrypt(password: string, hash: string): Promise<boolean> {
  const { compare } = await import("../../deps/bcryptjs.ts");
  return await compare(password, hash);
}

async function sha1Of(password: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-1", textEncoder.encode(password));
  return `{SHA}${new Uint8Array(hash).toBase64()}`;
}
