/**
 * Looks up candidates in settings and registries. A shell waits for the answer: what takes too long or fails gives nothing.
 *
 * @module
 */

import { RegkitError } from "../../lib/errors.ts";
import { silentLogger } from "../../lib/log.ts";
import { parseReference } from "../../lib/reference/parse.ts";
import type { GlobalValues } from "../command.ts";
import type { CommandClient, Context } from "../context.ts";
import { openClient, openSettingsSystem } from "../open_client.ts";
import { type Candidates, directives, type LookUp } from "./candidates.ts";

/** How long a shell is kept waiting at most. */
const patienceMs = 4_000;

/** More candidates than this are of no use to anyone. */
const most = 5_000;

/**
 * Creates the look-up of a command line.
 *
 * @param context The door to the process.
 * @param globals The flags typed so far that every command takes.
 * @returns The look-up.
 */
export function createLookUp(context: Context, globals: GlobalValues): LookUp {
  const search = new Search(context, globals);
  return async (kind, typed) => {
    if (kind === "hosts") return await search.collect(typed, search.hosts());
    const tags = await search.collect(typed, search.tags(typed));
    if (tags.list.length > 0) return tags;
    // What is typed is no repository yet.
    const [, registry] = /^([^/@]+)\//.exec(typed) ?? [];
    if (registry !== undefined) return await search.collect(typed, search.repositories(registry), directives.noSpace);
    return await search.collect(typed, search.hosts("/"), directives.noSpace);
  };
}

class Search {
  readonly #context: Context;
  readonly #globals: GlobalValues;
  readonly #stop = new AbortController();

  constructor(context: Context, globals: GlobalValues) {
    this.#context = context;
    this.#globals = globals;
  }

  /** Keeps what begins with what is typed, until the shell has waited long enough. */
  async collect(typed: string, found: AsyncIterable<string>, bits = 0): Promise<Candidates> {
    const list: string[] = [];
    const collecting = (async () => {
      for await (const text of found) {
        if (text.startsWith(typed)) list.push(text);
        if (list.length >= most) break;
      }
    })();
    await this.#withPatience(collecting);
    const answer = list.sort().map((text) => ({ text, summary: "" }));
    return { list: answer, bits: directives.noFiles + (answer.length > 0 ? bits : 0) };
  }

  /** Names of registries in the settings file. */
  async *hosts(suffix = ""): AsyncGenerator<string, void, undefined> {
    const { loadRegctlFile } = await import("../../lib/settings/regctl_file.ts");
    const { hosts } = await loadRegctlFile(await openSettingsSystem(this.#context), silentLogger);
    for (const name of hosts.keys()) yield name + suffix;
  }

  /** What is typed with each tag of its repository. */
  async *tags(typed: string): AsyncGenerator<string, void, undefined> {
    const ref = parseReference(typed.replace(/:$/, ""));
    if (ref.digest !== "") return;
    const suffix = `:${ref.tag}`;
    const base = typed.endsWith(":") ? typed.slice(0, -1) : typed.endsWith(suffix) ? cut(typed, suffix) : typed;
    await using client = await this.#open();
    await using repository = client.repository(ref);
    for await (const tag of repository.tags.list({ signal: this.#stop.signal })) yield `${base}:${tag}`;
  }

  /** Every repository of a registry, if that is one. */
  async *repositories(registry: string): AsyncGenerator<string, void, undefined> {
    if (!/\.|:\d+$|^localhost$/.test(registry)) return;
    await using client = await this.#open();
    for await (const { repositories } of client.catalog(registry, { signal: this.#stop.signal })) {
      for (const repository of repositories) yield `${registry}/${repository}`;
    }
  }

  #open(): Promise<CommandClient> {
    return openClient(this.#context, { globals: this.#globals, logger: silentLogger });
  }

  async #withPatience(work: Promise<void>): Promise<void> {
    const done = new AbortController();
    const late = this.#context.clock.sleep(patienceMs, done.signal).then(
      () => this.#stop.abort(new RegkitError("TIMEOUT", "the shell has waited long enough")),
      () => undefined,
    );
    try {
      await work;
    } catch (error) {
      // Nothing can be told in the middle of a line that is being typed.
      if (!(error instanceof Error)) throw error;
    } finally {
      done.abort();
      await late;
    }
  }
}

function cut(text: string, suffix: string): string {
  return text.slice(0, text.length - suffix.length);
}
