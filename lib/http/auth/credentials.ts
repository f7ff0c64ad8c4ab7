/**
 * Credentials as authentication sees them: asked for when needed, once at a time per host, and never a reason to give up.
 *
 * @module
 */

import type { Logger } from "../../log.ts";
import type { Credential, Host, HostDirectory } from "../../settings/host.ts";
import { SharedCall } from "./shared_call.ts";

/** Asks the host directory for credentials. How long an answer is kept is the directory's choice. */
export class Credentials {
  readonly #hosts: Pick<HostDirectory, "credential">;
  readonly #logger: Logger;
  readonly #calls = new Map<string, SharedCall<Credential | undefined>>();
  readonly #failures = new Map<string, unknown>();
  readonly #last = new Map<string, Credential>();

  /**
   * Creates an asker.
   *
   * @param hosts Who is asked.
   * @param logger Where failures are reported.
   */
  constructor(hosts: Pick<HostDirectory, "credential">, logger: Logger) {
    this.#hosts = hosts;
    this.#logger = logger;
  }

  /**
   * Gives the credential of a host. When a helper fails that is reported, and the last one it gave, if any, is used.
   *
   * @param host The host.
   * @param signal Ends this wait.
   * @returns The credential; `undefined` for nobody.
   */
  async get(host: Host, signal?: AbortSignal): Promise<Credential | undefined> {
    signal?.throwIfAborted();
    const running = this.#calls.get(host.name);
    const call = running === undefined || running.isAbandoned ? this.#start(host) : running;
    return await call.wait(signal);
  }

  /**
   * Tells why the last question about a host failed.
   *
   * @param host The host.
   * @returns The error; `undefined` when it did not fail.
   */
  failure(host: Host): unknown {
    return this.#failures.get(host.name);
  }

  #start(host: Host): SharedCall<Credential | undefined> {
    const call = new SharedCall(async (signal) => {
      try {
        return await this.#ask(host, signal);
      } finally {
        if (this.#calls.get(host.name) === call) this.#calls.delete(host.name);
      }
    });
    this.#calls.set(host.name, call);
    return call;
  }

  async #ask(host: Host, signal: AbortSignal): Promise<Credential | undefined> {
    try {
      const credential = await this.#hosts.credential(host, { signal });
      this.#failures.delete(host.name);
      if (credential === undefined) this.#last.delete(host.name);
      else this.#last.set(host.name, credential);
      return credential;
    } catch (error) {
      signal.throwIfAborted();
      const isKnown = messageOf(this.#failures.get(host.name)) === messageOf(error);
      this.#failures.set(host.name, error);
      const level = isKnown ? "debug" : "warn";
      this.#logger.log(level, "credentials not available", { registry: host.name, error: messageOf(error) });
      return this.#last.get(host.name);
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : "unknown";
}
