/**
 * Authentication to registries: answers the challenges of hosts with `Basic` or with bearer tokens.
 *
 * Nothing is sent before a host asks. Credentials go to the host they are configured for and to the token service that
 * this host names, and nowhere else.
 *
 * @module
 */

import { RegkitError } from "../../errors.ts";
import { type Logger, silentLogger } from "../../log.ts";
import type { Credential, Host, HostDirectory } from "../../settings/host.ts";
import { bearerValue, challengesOf, extraScopes, insufficientScope } from "./answer.ts";
import { Credentials } from "./credentials.ts";
import { hostOrigin, resolveRealm } from "./realm.ts";
import { AuthState } from "./state.ts";
import { TokenFlow } from "./token_flow.ts";
import type { AuthAnswer, Authenticator, AuthRequest } from "./authenticator.ts";
import { basicAuthorization, hasPassword } from "./basic.ts";
import type { Challenge } from "./challenge.ts";
import { systemClock } from "../../schedule/clock.ts";
import type { Clock } from "../http_client.ts";
import { coversScopes, mergeScopes, requestScopes } from "./scope.ts";
import { type HeldToken, TokenSource } from "./token_source.ts";
import type { Transport } from "../transport/transport.ts";

/** Options of {@linkcode createAuthenticator}. */
export interface AuthenticatorOptions {
  /** Gives the credentials. */
  readonly hosts: Pick<HostDirectory, "credential">;
  /** Gives the transport that a host's token service is reached by. */
  readonly transportFor: (host: Host) => Transport;
  /** `User-Agent` and `client_id` of token requests. */
  readonly userAgent: string;
  /** Where log lines go. */
  readonly logger?: Logger | undefined;
  /** Time and randomness, replaced in tests. */
  readonly clock?: Clock | undefined;
}

/** An authenticator that tells why it gave up, and can be closed. */
export interface RegistryAuthenticator extends Authenticator, AsyncDisposable {
  /**
   * Tells why the last refusal of a host was not worth another try.
   *
   * @param host The host.
   * @param want The request that was refused; otherwise it is the last refusal of any.
   * @returns The reason as an error, with a failed credential helper as its cause; `undefined` when there was none.
   */
  refusal(host: Host, want?: AuthRequest): RegkitError | undefined;
  /**
   * Tells the same as {@linkcode RegistryAuthenticator.refusal}, as text.
   *
   * @param host The host.
   * @param want The request that was refused; otherwise it is the last refusal of any.
   * @returns The reason, such as `no credentials for registry.example.org`.
   */
  explain(host: Host, want?: AuthRequest): string | undefined;
  /** Ends token requests that run in the background. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Creates an authenticator without any knowledge of hosts.
 *
 * @param options Where credentials come from and how token services are reached.
 * @returns The authenticator. All attempts of one request should come with the same {@linkcode AuthRequest} object.
 */
export function createAuthenticator(options: AuthenticatorOptions): RegistryAuthenticator {
  return new ChallengeAuthenticator(options);
}

/** What one request has been through. */
interface History {
  /** The newest token when it was refused first: later ones were made for it. */
  readonly serial: number;
  /** How often it was told to try again. */
  retries: number;
  /** Why it was not told so in the end. */
  refusal?: RegkitError;
}

/** One refused attempt of a request. */
interface Attempt {
  readonly host: Host;
  readonly answer: AuthAnswer;
  readonly want: AuthRequest;
  readonly sent: string | undefined;
  readonly history: History;
}

/** A request may be refused once for a token that has ended and once for one that is too narrow. */
const RETRY_LIMIT = 2;
/** A replacement that is rejected so soon is not replaced again. */
const REPLACEMENT_TRIAL_MS = 60_000;

class ChallengeAuthenticator implements RegistryAuthenticator {
  readonly #transportFor: (host: Host) => Transport;
  readonly #userAgent: string;
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #credentials: Credentials;
  readonly #states = new Map<string, AuthState>();
  readonly #refusals = new Map<string, RegkitError>();
  /** By request and then by host: a request may go to mirrors as well. */
  readonly #histories = new WeakMap<AuthRequest, Map<string, History>>();
  #serial = 0;

  constructor(options: AuthenticatorOptions) {
    this.#transportFor = options.transportFor;
    this.#userAgent = options.userAgent;
    this.#logger = options.logger ?? silentLogger;
    this.#clock = options.clock ?? systemClock;
    this.#credentials = new Credentials(options.hosts, this.#logger);
  }

  async authorize(host: Host, want: AuthRequest): Promise<string | undefined> {
    want.signal?.throwIfAborted();
    const state = this.#states.get(stateKey(host, want));
    if (state === undefined || state.scheme === "none") return undefined;
    if (state.scheme === "basic") {
      const credential = await this.#credentials.get(host, want.signal);
      return hasPassword(credential) ? basicAuthorization(credential) : undefined;
    }
    const own = requestScopes(want);
    const route = state.route(own);
    if (route === undefined) return undefined;
    return `Bearer ${await route.source.get(mergeScopes([...own, ...route.extra]), want.signal)}`;
  }

  async challenge(host: Host, answer: AuthAnswer, want: AuthRequest, sent: string | undefined): Promise<boolean> {
    want.signal?.throwIfAborted();
    const history = this.#history(host, want);
    const attempt: Attempt = { host, answer, want, sent, history };
    if (answer.url.origin !== hostOrigin(host)) {
      return this.#refuse(attempt, `${answer.url.origin} asks for credentials, which belong to ${host.name}`);
    }
    if (history.retries >= RETRY_LIMIT) return this.#refuse(attempt, `${host.name} refused every attempt`);
    const isWorthIt = answer.status === 401 ? await this.#answer(attempt) : this.#widen(attempt);
    if (isWorthIt) {
      history.retries++;
      this.#refusals.delete(host.name);
    }
    return isWorthIt;
  }

  refusal(host: Host, want?: AuthRequest): RegkitError | undefined {
    return want === undefined ? this.#refusals.get(host.name) : this.#histories.get(want)?.get(host.name)?.refusal;
  }

  explain(host: Host, want?: AuthRequest): string | undefined {
    return this.refusal(host, want)?.message;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const reason = new RegkitError("ABORTED", "the client was closed");
    const sources = [...this.#states.values()].flatMap((state) => [...state.sources]);
    await Promise.all(sources.map((source) => source.close(reason)));
  }

  /** Chooses among the schemes of a 401. */
  async #answer(attempt: Attempt): Promise<boolean> {
    const { host, answer, want } = attempt;
    const challenges = challengesOf(host, answer.headers);
    const schemes = challenges.map(({ scheme }) => scheme);
    this.#logger.log("debug", "authentication asked for", { registry: host.name, schemes });
    if (schemes.length === 0) return this.#refuse(attempt, `${host.name} does not say how to authenticate`);
    const bearer = challenges.find(({ scheme }) => scheme === "bearer");
    if (!schemes.includes("basic") && bearer === undefined) {
      return this.#refuse(attempt, `${host.name} offers only unsupported authentication: ${schemes.join(", ")}`);
    }
    const credential = await this.#credentials.get(host, want.signal);
    if (schemes.includes("basic") && hasPassword(credential)) return this.#useBasic(attempt, credential);
    if (bearer !== undefined) return this.#useBearer(attempt, bearer, credential);
    return this.#refuse(attempt, `no credentials for ${host.name}`);
  }

  #useBasic(attempt: Attempt, credential: Credential): boolean {
    const { host, want, sent } = attempt;
    if (sent === basicAuthorization(credential)) {
      return this.#refuse(attempt, `${host.name} did not accept ${userText(credential)}`);
    }
    this.#state(host, want).scheme = "basic";
    return true;
  }

  #useBearer(attempt: Attempt, challenge: Challenge, credential: Credential | undefined): boolean {
    const { host, answer, want, sent, history } = attempt;
    const realm = challenge.parameters.get("realm") ?? "";
    if (realm === "") return this.#refuse(attempt, `${host.name} does not say where to ask for a token`);
    const source = this.#source(attempt, resolveRealm(host, realm, answer.url), challenge.parameters.get("service"));
    const own = requestScopes(want);
    const extra = extraScopes(own, challenge);
    const held = source.held(bearerValue(sent));
    if (held !== undefined && coversScopes(held.scopes, mergeScopes([...own, ...extra]))) {
      if (this.#isOnTrial(held, history)) {
        const scopes = held.scopes.length === 0 ? "without scope" : `for ${held.scopes.join(" ")}`;
        return this.#refuse(attempt, `${host.name} did not accept the token of ${userText(credential)} ${scopes}`);
      }
      source.drop(held);
    }
    const state = this.#state(host, want);
    state.scheme = "bearer";
    state.learn(own, { source, extra });
    return true;
  }

  /** A 403 is an answer, unless it names a scope that was not asked for. */
  #widen(attempt: Attempt): boolean {
    const { host, answer, want, sent } = attempt;
    const own = requestScopes(want);
    const state = this.#state(host, want);
    const route = state.route(own);
    const challenge = insufficientScope(answer.headers);
    if (challenge === undefined || route === undefined || bearerValue(sent) === "") return this.#refuse(attempt);
    const asked = route.source.held(bearerValue(sent))?.scopes ?? mergeScopes([...own, ...route.extra]);
    const extra = extraScopes(own, challenge);
    if (coversScopes(asked, extra)) return this.#refuse(attempt);
    state.learn(own, { source: route.source, extra });
    return true;
  }

  /** Whether a rejected token was got for this very request, or has just taken the place of another rejected one. */
  #isOnTrial(held: HeldToken, history: History): boolean {
    const isYoung = this.#clock.now() - held.token.obtainedAt < REPLACEMENT_TRIAL_MS;
    return held.serial > history.serial || (held.isReplacement && isYoung);
  }

  #source({ host, want }: Attempt, realm: URL, service: string | undefined): TokenSource {
    return this.#state(host, want).source(realm, service, () => {
      const clock = this.#clock;
      const logger = this.#logger;
      const flow = new TokenFlow({ transport: this.#transportFor(host), userAgent: this.#userAgent, clock, logger });
      const nextSerial = (): number => ++this.#serial;
      return new TokenSource({
        clock,
        logger,
        nextSerial,
        request: async (scopes, refreshToken, signal) => {
          const credential = await this.#credentials.get(host, signal);
          const credentialFailure = this.#credentials.failure(host);
          return await flow.ask({ host, realm, service, scopes, credential, credentialFailure, signal }, refreshToken);
        },
      });
    });
  }

  #history(host: Host, want: AuthRequest): History {
    const histories = this.#histories.get(want) ?? new Map<string, History>();
    this.#histories.set(want, histories);
    const history = histories.get(host.name) ?? { serial: this.#serial, retries: 0 };
    histories.set(host.name, history);
    return history;
  }

  #state(host: Host, want: AuthRequest): AuthState {
    const key = stateKey(host, want);
    const state = this.#states.get(key) ?? new AuthState();
    this.#states.set(key, state);
    return state;
  }

  #refuse({ host, history }: Attempt, reason?: string): false {
    if (reason === undefined) {
      this.#refusals.delete(host.name);
      return false;
    }
    const cause = this.#credentials.failure(host);
    history.refusal = new RegkitError("UNAUTHORIZED", reason, { cause });
    this.#refusals.set(host.name, history.refusal);
    this.#logger.log("debug", "authentication given up", { registry: host.name, reason });
    return false;
  }
}

function stateKey(host: Host, want: AuthRequest): string {
  return host.repoAuth && want.repository !== undefined ? `${host.name}/${want.repository}` : host.name;
}

function userText(credential: Credential | undefined): string {
  const user = credential?.user ?? "";
  return user === "" ? "an anonymous user" : `user ${JSON.stringify(user)}`;
}
