/**
 * Puts real registries behind the server's cache: the server knows them only as repositories.
 *
 * @module
 */

import { isMissing } from "../../../lib/layout/io_error.ts";
import type { CacheMemory, CacheOptions } from "../../../lib/server/cache/cache_options.ts";
import type { Invocation } from "../../command.ts";
import type { Context } from "../../context.ts";
import { openClient } from "../../open_client.ts";
import type { UpstreamSetting } from "./cache_settings.ts";

/** What the cache is built from. */
export interface CacheSettings {
  /** The upstreams. */
  readonly upstreams: readonly UpstreamSetting[];
  /** Whether none is ever asked. */
  readonly isOffline: boolean;
  /** Whether tags stay that an upstream deleted, where it does not say itself. */
  readonly keepsDeleted: boolean;
  /** The directory of the store; none for a store in memory. */
  readonly directory: string | undefined;
}

/** A cache's options with the client behind them, to be disposed of after the registry. */
export interface CacheUpstreams extends AsyncDisposable {
  /** The options. */
  readonly options: CacheOptions | undefined;
}

const memoryName = ".cache.json";

/**
 * Opens the client that asks the upstreams, with credentials, certificates and mirrors as for other commands.
 *
 * @param context The door to the process.
 * @param invocation What was typed, with `--host`.
 * @param settings The upstreams.
 * @returns The options for the registry; without any when there are no upstreams.
 * @throws {RegkitError} When the settings of hosts cannot be read.
 */
export async function openCacheUpstreams(
  context: Context,
  invocation: Pick<Invocation, "globals" | "logger">,
  settings: CacheSettings,
): Promise<CacheUpstreams> {
  const { upstreams, isOffline, keepsDeleted, directory } = settings;
  if (upstreams.length === 0) return { options: undefined, [Symbol.asyncDispose]: () => Promise.resolve() };
  // A client that waits is answered from what is here: long pauses are the cache's to keep, not the request's.
  const client = await openClient(context, invocation, undefined, { maxRetryWaitMs: 1000 });
  return {
    options: {
      isOffline,
      clock: context.clock,
      memory: directory === undefined ? undefined : fileMemory(`${directory}/${memoryName}`),
      upstreams: upstreams.map(({ registry, ...options }) => ({
        keepsDeleted,
        ...options,
        open: (repository) => {
          const reference = `${registry}/${repository}`;
          return client.repository({ scheme: "reg", reference, registry, repository, tag: "", digest: "" });
        },
      })),
    },
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  };
}

/**
 * Keeps a text in a file, which is replaced as a whole.
 *
 * @param path The file.
 * @returns What reads and writes it.
 */
export function fileMemory(path: string): CacheMemory {
  return {
    async read() {
      try {
        return await Deno.readTextFile(path);
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    },
    async write(text) {
      const next = `${path}.new`;
      await Deno.writeTextFile(next, text, { mode: 0o600 });
      await Deno.rename(next, path);
    },
  };
}
