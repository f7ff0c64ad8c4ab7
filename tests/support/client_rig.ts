/**
 * An HTTP client for tests over a scripted transport, a fake clock and hosts given in place.
 *
 * @module
 */

import { createHttpClient, type CreateHttpClientOptions } from "../../lib/http/client.ts";
import type { HttpClient, RegistryRequest } from "../../lib/http/http_client.ts";
import type { LogFields, Logger, LogLevel } from "../../lib/log.ts";
import type { Credential, Host, HostDirectory } from "../../lib/settings/host.ts";
import { FakeClock } from "./fake_clock.ts";
import { type ScriptedTransport, scriptedTransport, type ScriptStep } from "./scripted_transport.ts";

/** A host with defaults for what a test does not care about. */
export function testHost(name: string, settings: Partial<Host> = {}): Host {
  return {
    name,
    tls: "enabled",
    hostname: name,
    pathPrefix: "",
    mirrors: [],
    priority: 0,
    repoAuth: false,
    apiOpts: {},
    stallTimeoutMs: 60_000,
    ...settings,
  };
}

/** A directory of the given hosts; all other names have defaults. */
export function testHosts(
  settings: Readonly<Record<string, Partial<Host>>> = {},
  credentials: Readonly<Record<string, Credential>> = {},
): HostDirectory {
  return {
    host: (name) => testHost(name, settings[name]),
    credential: (host) => Promise.resolve(credentials[host.name]),
    certificates: () => Promise.resolve({ authorities: [] }),
  };
}

/** A logger that keeps its lines. */
export class RecordingLogger implements Logger {
  /** The lines. */
  readonly lines: { level: LogLevel; message: string; fields: LogFields }[] = [];
  /** Everything is wanted. */
  isEnabled(): boolean {
    return true;
  }
  /** Keeps a line. */
  log(level: LogLevel, message: string, fields: LogFields = {}): void {
    this.lines.push({ level, message, fields });
  }
  /** The fields of all lines with a message. */
  of(message: string): LogFields[] {
    return this.lines.filter((line) => line.message === message).map((line) => line.fields);
  }
}

/** A client and everything around it. */
export interface ClientRig extends AsyncDisposable {
  readonly client: HttpClient;
  readonly clock: FakeClock;
  readonly script: ScriptedTransport;
  readonly logger: RecordingLogger;
  /** Sends and lets time pass until the answer is there. */
  send(request?: Partial<RegistryRequest>): Promise<string>;
  /** Method and URL of all requests. */
  lines(): string[];
}

/** Puts a client together. */
export function clientRig(
  steps: readonly ScriptStep[] | ScriptStep,
  options: Partial<CreateHttpClientOptions> & { settings?: Readonly<Record<string, Partial<Host>>> } = {},
): ClientRig {
  const { settings, ...rest } = options;
  const clock = new FakeClock({ random: 1 });
  const script = scriptedTransport(steps);
  const logger = new RecordingLogger();
  const client = createHttpClient({
    hosts: testHosts(settings),
    userAgent: "regkit/test",
    transport: script.transport,
    clock,
    logger,
    ...rest,
  });
  return {
    client,
    clock,
    script,
    logger,
    send: (request = {}) => clock.run(client.send(manifestRequest(request)).then((answer) => textOf(answer.body))),
    lines: () => script.lines(),
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  };
}

/** A GET of `app:v1` on `reg.example.org`, changed as a test needs it. */
export function manifestRequest(request: Partial<RegistryRequest> = {}): RegistryRequest {
  return {
    registry: "reg.example.org",
    repository: "app",
    method: "GET",
    path: "manifests/v1",
    expect: [200],
    kind: "manifest",
    ...request,
  };
}

/** The body as text; empty without one. */
export async function textOf(body: ReadableStream<Uint8Array<ArrayBuffer>> | null): Promise<string> {
  return body === null ? "" : await new Response(body).text();
}
