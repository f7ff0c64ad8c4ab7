/**
 * A registry, a token service and a client's loop in memory, for tests of authentication.
 *
 * @module
 */

import { createAuthenticator, type RegistryAuthenticator } from "../../lib/http/auth/registry_authenticator.ts";
import type { AuthRequest } from "../../lib/http/auth/authenticator.ts";
import type { TransportRequest } from "../../lib/http/transport/transport.ts";
import type { LogFields, LogLevel } from "../../lib/log.ts";
import type { Credential, Host } from "../../lib/settings/host.ts";
import { FakeClock } from "./fake_clock.ts";
import { type RecordedCall, type ScriptedAnswer, scriptedTransport, type ScriptStep } from "./scripted_transport.ts";

/** What a registry makes of a request: the status, and the challenge if it refuses. */
export type Door = (sent: string | undefined, want: AuthRequest) => { status: number; challenge?: string };

/** What came of a request after all attempts. */
export interface Outcome {
  /** The last status. */
  readonly status: number;
  /** The `Authorization` headers that were sent, in order. */
  readonly sent: readonly (string | undefined)[];
}

/** Options of {@linkcode authWorld}. */
export interface AuthWorldOptions {
  /** The credential of every host, or how it is found; nobody by default. */
  readonly credential?: Partial<Credential> | ((host: Host, signal?: AbortSignal) => Promise<Credential | undefined>);
  /** The token service; {@linkcode countedTokens} by default. */
  readonly tokens?: readonly ScriptStep[] | ScriptStep;
  /** The registry; one that asks for the scope of the request by default. */
  readonly door?: Door;
}

/** Everything that a test of authentication looks at. */
export interface AuthWorld extends AsyncDisposable {
  readonly clock: FakeClock;
  readonly authenticator: RegistryAuthenticator;
  /** The requests that the token service got. */
  readonly calls: readonly RecordedCall[];
  /** Every log line as text, with all fields. */
  readonly logs: readonly string[];
  /** How often a credential was asked for. */
  credentialRequests(): number;
  /** Sends as the client does, until the authenticator gives up or the door opens. */
  send(want: AuthRequest, host?: Host): Promise<Outcome>;
  /** The scopes of each token request. */
  scopes(): readonly (readonly string[])[];
}

/** A host with settings of one's own. */
export function testHost(settings: Partial<Host> = {}): Host {
  return {
    name: "registry.example.org",
    tls: "enabled",
    hostname: settings.name ?? "registry.example.org",
    pathPrefix: "",
    mirrors: [],
    priority: 0,
    repoAuth: false,
    apiOpts: {},
    stallTimeoutMs: 60_000,
    ...settings,
  };
}

/** A request for pulling from a repository. */
export function pull(repository: string, more: Partial<AuthRequest> = {}): AuthRequest {
  return { repository, actions: ["pull"], ...more };
}

/** A request for pushing to a repository. */
export function push(repository: string, more: Partial<AuthRequest> = {}): AuthRequest {
  return { repository, actions: ["pull", "push"], ...more };
}

/** The challenge of the usual token service. */
export function bearerChallenge(scope: string | undefined, realm = "https://auth.example.org/token"): string {
  return `Bearer realm="${realm}",service="registry.example.org"${scope === undefined ? "" : `,scope="${scope}"`}`;
}

/** A door that opens to any bearer token, and asks others for the scope of their request. */
export const anyToken: Door = (sent, want) =>
  sent?.startsWith("Bearer ") ? { status: 200 } : {
    status: 401,
    challenge: bearerChallenge(
      want.repository === undefined ? undefined : `repository:${want.repository}:${want.actions.join(",")}`,
    ),
  };

/** A token service that numbers its tokens and gives them a lifetime. */
export function countedTokens(expiresIn: unknown = 300): (call: RecordedCall) => ScriptedAnswer {
  let count = 0;
  return () => tokenAnswer({ token: `token-${++count}`, expires_in: expiresIn });
}

/** The answer of a token service. */
export function tokenAnswer(body: unknown): ScriptedAnswer {
  return { headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

/** Builds the world. */
export function authWorld(options: AuthWorldOptions = {}): AuthWorld {
  const clock = new FakeClock();
  const logs: string[] = [];
  const { transport, calls } = scriptedTransport(options.tokens ?? countedTokens());
  let credentialRequests = 0;
  const authenticator = createAuthenticator({
    hosts: {
      credential: async (host, { signal } = {}) => {
        credentialRequests++;
        if (typeof options.credential === "function") return await options.credential(host, signal);
        return options.credential && { user: "", pass: "", token: "", ...options.credential };
      },
    },
    transportFor: () => transport,
    userAgent: "regkit/test (v1)",
    clock,
    logger: {
      isEnabled: () => true,
      log: (level: LogLevel, message: string, fields?: LogFields) =>
        void logs.push(`${level} ${message} ${JSON.stringify(fields)}`),
    },
  });
  return {
    clock,
    authenticator,
    calls,
    logs,
    credentialRequests: () => credentialRequests,
    send: (want, host = testHost()) => sendLikeClient(authenticator, options.door ?? anyToken, host, want),
    scopes: () => calls.map(({ request }) => request.url.searchParams.getAll("scope")),
    [Symbol.asyncDispose]: () => authenticator[Symbol.asyncDispose](),
  };
}

async function sendLikeClient(
  authenticator: RegistryAuthenticator,
  door: Door,
  host: Host,
  want: AuthRequest,
): Promise<Outcome> {
  const sent: (string | undefined)[] = [];
  const url = new URL(`${host.tls === "disabled" ? "http" : "https"}://${host.hostname}/v2/`);
  for (let attempt = 0; attempt < 10; attempt++) {
    const authorization = await authenticator.authorize(host, want);
    sent.push(authorization);
    const { status, challenge } = door(authorization, want);
    const headers = new Headers(challenge === undefined ? {} : { "WWW-Authenticate": challenge });
    if (status !== 401 && status !== 403) return { status, sent };
    if (!await authenticator.challenge(host, { status, headers, url }, want, authorization)) return { status, sent };
  }
  throw new Error("the authenticator never gives up");
}

/** The form that a token request carried. */
export function formOf(call: RecordedCall | undefined): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(call?.text));
}

/** The header that a token request carried. */
export function headerOf(request: TransportRequest | undefined, name: string): string | null {
  return request?.headers.get(name) ?? null;
}
