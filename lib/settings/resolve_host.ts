/**
 * Fills in what nobody has set for a host.
 *
 * @module
 */

import type { Host, HostSettings } from "./host.ts";

/** How long a transfer may stand still when nothing is set, in milliseconds. */
export const DEFAULT_STALL_TIMEOUT_MS = 30_000;

/** How long a credential helper's answer is kept when nothing is set, in milliseconds. */
export const DEFAULT_CRED_EXPIRE_MS = 3_600_000;

/**
 * Completes the settings of a host.
 *
 * @param name The name used in references.
 * @param settings What is set.
 * @param stallTimeoutMs How long a transfer may stand still when that is not set.
 * @returns The host with every default filled in.
 */
export function resolveHost(
  name: string,
  settings: HostSettings,
  stallTimeoutMs: number = DEFAULT_STALL_TIMEOUT_MS,
): Host {
  return {
    ...settings,
    name,
    tls: settings.tls ?? "enabled",
    hostname: settings.hostname ?? name,
    pathPrefix: (settings.pathPrefix ?? "").replace(/^\/+|\/+$/g, ""),
    mirrors: settings.mirrors ?? [],
    priority: settings.priority ?? 0,
    repoAuth: settings.repoAuth ?? false,
    apiOpts: settings.apiOpts ?? {},
    stallTimeoutMs: settings.stallTimeoutMs ?? stallTimeoutMs,
  };
}
