/**
 * Asks credential helpers: programs that keep logins, spoken to by Docker's protocol.
 *
 * @module
 */

import { RegkitError } from "../errors.ts";
import type { Credential } from "./host.ts";
import { isKeyed } from "./settings_error.ts";
import type { SettingsSystem } from "./system.ts";

/** How long a helper may take. */
const TIMEOUT_MS = 30_000;
/** How long a failure is remembered, so that one run does not ask again for every request. */
const FAILURE_EXPIRE_MS = 5_000;
/** More than any login; keeps a broken program from filling the memory. */
const MAX_OUTPUT_BYTES = 1 << 20;
/** What helpers answer when they have no login for a host: a constant of Docker's protocol. */
const NOT_FOUND_TEXT = "credentials not found in native keychain";
/** The user name that marks the secret as an identity token. */
const TOKEN_USER = "<token>";

/** What a helper answered. */
export type HelperAnswer =
  | { readonly kind: "found"; readonly credential: Credential }
  | { readonly kind: "none" }
  | { readonly kind: "failed"; readonly message: string };

/** What a helper is asked. */
export interface HelperQuestion {
  /** The program's full name, or its absolute path. */
  readonly program: string;
  /** The host, or whatever name the helper knows it by. */
  readonly server: string;
  /** How long the answer is kept, in milliseconds. */
  readonly expireMs: number;
}

interface CacheEntry {
  readonly answer: HelperAnswer;
  readonly expiresAt: number;
}

/** A question that is being asked; ended early once nobody waits for it any more. */
interface Pending {
  readonly answer: Promise<HelperAnswer>;
  readonly controller: AbortController;
  waiting: number;
}

/** Asks helpers, each question once as long as its answer is fresh. */
export class CredentialHelpers {
  readonly #system: SettingsSystem;
  readonly #now: () => number;
  readonly #cache = new Map<string, CacheEntry>();
  readonly #pending = new Map<string, Pending>();

  /**
   * Creates an asker without answers.
   *
   * @param system Runs the programs.
   * @param now Tells the time in milliseconds.
   */
  constructor(system: SettingsSystem, now: () => number) {
    this.#system = system;
    this.#now = now;
  }

  /**
   * Asks a helper for a login.
   *
   * @param question Whom to ask what.
   * @param signal Ends the wait early.
   * @returns What it answered; a helper that cannot be run or takes too long is an answer too.
   * @throws The signal's reason.
   */
  async get(question: HelperQuestion, signal?: AbortSignal): Promise<HelperAnswer> {
    signal?.throwIfAborted();
    const key = JSON.stringify([question.program, question.server]);
    const known = this.#cache.get(key);
    if (known !== undefined && this.#now() < known.expiresAt) return known.answer;
    const pending = this.#pending.get(key) ?? this.#start(key, question);
    pending.waiting++;
    try {
      return await waitFor(pending.answer, signal);
    } finally {
      if (--pending.waiting === 0) {
        this.#forget(key, pending);
        pending.controller.abort();
      }
    }
  }

  #start(key: string, question: HelperQuestion): Pending {
    const controller = new AbortController();
    const answer = this.#ask(question, controller.signal).then((answer) => {
      const keptMs = answer.kind === "failed" ? FAILURE_EXPIRE_MS : question.expireMs;
      this.#cache.set(key, { answer, expiresAt: this.#now() + keptMs });
      return answer;
    }).finally(() => this.#forget(key, pending));
    // Whoever waits sees the rejection; once nobody does, there is nobody to tell.
    answer.catch(() => undefined);
    const pending: Pending = { answer, controller, waiting: 0 };
    this.#pending.set(key, pending);
    return pending;
  }

  /** Only the question itself: a newer one of the same words may have taken its place. */
  #forget(key: string, pending: Pending): void {
    if (this.#pending.get(key) === pending) this.#pending.delete(key);
  }

  async #ask({ program, server }: HelperQuestion, signal: AbortSignal): Promise<HelperAnswer> {
    if (!isProgramName(program)) {
      return { kind: "failed", message: "the name is neither a plain program name nor an absolute path" };
    }
    try {
      const options = { signal, timeoutMs: TIMEOUT_MS, maxOutputBytes: MAX_OUTPUT_BYTES };
      const { code, stdout } = await this.#system.run(program, ["get"], server, options);
      return code === 0 ? parseAnswer(stdout) : parseFailure(code, stdout);
    } catch (error) {
      if (!(error instanceof RegkitError) || signal.aborted) throw error;
      return { kind: "failed", message: error.message };
    }
  }
}

/** A bare name is looked up in the search path; a relative path would depend on where the command happens to be run. */
function isProgramName(program: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9_.+-]*$/.test(program) || /^(?:\/|[A-Za-z]:[\\/])[^\p{Cc}]+$/u.test(program);
}

function parseAnswer(stdout: string): HelperAnswer {
  let answer: unknown;
  try {
    answer = JSON.parse(stdout);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { kind: "failed", message: "the answer is not JSON" };
  }
  const user = isKeyed(answer) ? answer["Username"] ?? "" : undefined;
  const secret = isKeyed(answer) ? answer["Secret"] ?? "" : undefined;
  if (typeof user !== "string" || typeof secret !== "string") {
    return { kind: "failed", message: "the answer has no Username and Secret" };
  }
  if (user === "" && secret === "") return { kind: "none" };
  const credential = user === TOKEN_USER ? { user: "", pass: "", token: secret } : { user, pass: secret, token: "" };
  return { kind: "found", credential };
}

function parseFailure(code: number, stdout: string): HelperAnswer {
  const text = stdout.trim();
  if (text.includes(NOT_FOUND_TEXT)) return { kind: "none" };
  // What looks like an answer could hold the secret.
  const shown = text === "" || text.includes("Secret") ? "" : `: ${text.slice(0, 300)}`;
  return { kind: "failed", message: `exit code ${code}${shown}` };
}

async function waitFor<T>(answer: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await answer;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([answer, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
