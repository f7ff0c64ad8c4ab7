/**
 * `regctl registry serve`.
 *
 * @module
 */

import { RegkitError } from "../../../lib/errors.ts";
import { faultyHandler, type RequestHandler } from "../../../lib/server/faults/faults.ts";
import { createRegistry } from "../../../lib/server/registry.ts";
import { type RunningServer, type ServeOptions, serveRegistry } from "../../../lib/server/serve.ts";
import type { Invocation } from "../../command.ts";
import type { Context } from "../../context.ts";
import { parseUpstream, readUpstreams, upstreamsSection } from "./cache_settings.ts";
import { openCacheUpstreams } from "./cache_upstreams.ts";
import { openServeConfig, policyOf } from "./serve_config.ts";
import { guardOf } from "./serve_guard.ts";
import { faultsOf, openStore, registryOptionsOf } from "./serve_parts.ts";
import { followTlsFiles, openTlsFiles } from "./serve_tls.ts";
import { type ServeFlagValues, ServeValues } from "./serve_values.ts";

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
export async function run(context: Context, invocation: Invocation<ServeFlagValues>): Promise<void> {
  const { logger, args: [directory], flags, given } = invocation;
  const file = flags.config === "" ? undefined : await openServeConfig(flags.config, logger);
  const config = await file?.get();
  const values = new ServeValues(flags, given, config);
  const address = parseListenAddress(values.text("listen") ?? "");
  const guard = await guardOf(values, policyOf(file, values.is("anonymous-pull")), logger);
  const tls = await openTlsFiles(values, logger);
  const faults = await faultsOf(values, (ms) => context.clock.sleep(ms, context.signal));
  await using store = await openStore(directory, values, logger);
  const upstreams = [
    ...readUpstreams(config?.sections.get(upstreamsSection)),
    ...values.list("upstream").map(parseUpstream),
  ];
  await using behind = await openCacheUpstreams(context, invocation, {
    upstreams,
    directory: values.is("read-only") ? undefined : directory,
    isOffline: values.is("offline"),
    keepsDeleted: values.is("keep-deleted"),
  });
  const options = registryOptionsOf(values, store, guard, logger);
  await using registry = createRegistry({ ...options, cache: behind.options });
  const handler = { fetch: faultyHandler(registry.fetch, faults) };
  const server = await listen(handler, { ...address, tls: await tls?.get(), signal: context.signal });
  using _following = tls === undefined
    ? undefined
    : await followTlsFiles(tls, (credentials) => server.setCredentials(credentials), logger);
  const preload = values.text("preload");
  const preloaded = preload === undefined ? "" : `, with the content of ${preload},`;
  await context.stdout.write(
    `serving ${directory ?? "from memory"}${preloaded} at ${server.address.url}${remarks(values)}\n`,
  );
  await server.finished;
}

/** Says what a caller should know who wonders why something is refused. */
function remarks(values: ServeValues): string {
  const auth = values.text("auth") ?? "none";
  const all = [
    values.is("read-only") ? "read-only" : "",
    auth === "none" ? "" : `login by ${auth}`,
    values.list("quirk").length === 0 ? "" : "with quirks",
  ].filter((remark) => remark !== "");
  return all.length === 0 ? "" : ` (${all.join(", ")})`;
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
  registry: { readonly fetch: RequestHandler },
  options: ServeOptions & ListenAddress,
): Promise<RunningServer> {
  try {
    return await serveRegistry(registry, options);
  } catch (cause) {
    const { hostname, port } = options;
    if (cause instanceof Deno.errors.AddrInUse) {
      throw new RegkitError("CONFLICT", `port ${port} of ${hostname} is already in use`, {
        cause,
        tip: "Choose another port, or 0 for any that is free.",
      });
    }
    if (cause instanceof Deno.errors.AddrNotAvailable) {
      throw new RegkitError("INVALID_ARGUMENT", `this machine has no address ${hostname}`, { cause });
    }
    throw cause;
  }
}
