/**
 * `regctl registry serve`.
 *
 * @module
 */

import { RegkitError } from "../../../lib/errors.ts";
import { createRegistry } from "../../../lib/server/registry.ts";
import { type RunningServer, serveRegistry } from "../../../lib/server/serve.ts";
import { openDirectoryStore } from "../../../lib/server/store_dir.ts";
import { createMemoryStore } from "../../../lib/server/store_memory.ts";
import type { Invocation } from "../../command.ts";
import type { Context } from "../../context.ts";

/** Where to listen. */
export interface ListenAddress {
  /** The address. */
  readonly hostname: string;
  /** The port. */
  readonly port: number;
}

/**
 * Serves a registry until the command is interrupted.
 *
 * @param context The door to the process.
 * @param invocation Arguments and flags.
 */
export async function run(
  context: Context,
  invocation: Invocation<{ readonly listen: string }>,
): Promise<void> {
  const { logger, args: [directory], flags } = invocation;
  const address = parseListenAddress(flags.listen);
  const store = directory === undefined ? createMemoryStore() : await openDirectoryStore(directory, { logger });
  await using registry = createRegistry({
    store,
    logger,
    onRequest: (entry) => logger.log("info", "request", { ...entry }),
  });
  const server = await listen(registry, address, context.signal);
  await context.stdout.write(`serving ${directory ?? "from memory"} at ${server.address.url}\n`);
  await server.finished;
}

/**
 * Reads the value of `--listen`.
 *
 * @param text The value: `host:port`, with brackets around an IPv6 address; no host means all addresses.
 * @returns Host and port.
 * @throws {RegkitError} `INVALID_ARGUMENT` when it has another form.
 */
export function parseListenAddress(text: string): ListenAddress {
  const match = /^(\[[0-9A-Fa-f:.]+\]|[^:[\]]*):([0-9]{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  if (match === null || port > 65_535) {
    throw new RegkitError("INVALID_ARGUMENT", `invalid address to listen on: "${text}"`, {
      tip: "Give host and port, such as 127.0.0.1:5000 or [::1]:5000; port 0 takes any that is free.",
    });
  }
  const host = (match[1] ?? "").replace(/^\[|\]$/g, "");
  return { hostname: host === "" ? "0.0.0.0" : host, port };
}

async function listen(
  registry: { readonly fetch: (request: Request) => Promise<Response> },
  address: ListenAddress,
  signal: AbortSignal,
): Promise<RunningServer> {
  try {
    return await serveRegistry(registry, { ...address, signal });
  } catch (cause) {
    if (!(cause instanceof Deno.errors.AddrInUse)) throw cause;
    throw new RegkitError("CONFLICT", `port ${address.port} of ${address.hostname} is already in use`, {
      cause,
      tip: "Choose another port, or 0 for any that is free.",
    });
  }
}
