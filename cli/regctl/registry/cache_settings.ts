/**
 * The section `upstreams` of the server's file: the registries behind the cache. Credentials, mirrors and TLS are not in it:
 * they come from the settings of hosts, as for every other command.
 *
 * @module
 */

import { RegkitError } from "../../../lib/errors.ts";
import { parseRegistryName } from "../../../lib/reference/parse_registry.ts";
import { parseDuration } from "../../../lib/schedule/duration.ts";
import type { UpstreamOptions } from "../../../lib/server/cache/cache_options.ts";
import { type ConfigEntry, stringsOf } from "../../../lib/server/server_config.ts";
import { isKeyed, placeOf, settingsError, type SettingsPlace, typeName } from "../../../lib/settings/settings_error.ts";
import { parseSize } from "./serve_values.ts";

/** The name of the section. */
export const upstreamsSection = "upstreams";

/** An upstream as settings name it; how to open its repositories is not known yet. */
export interface UpstreamSetting extends Omit<UpstreamOptions, "open"> {
  /** The registry's name. */
  readonly registry: string;
}

const hub = "docker.io";

interface Reader {
  readonly value: unknown;
  readonly place: SettingsPlace;
}

const readers: Readonly<Record<string, (reader: Reader) => Partial<UpstreamSetting>>> = {
  registry: () => ({}),
  prefix: (at) => ({ prefix: readPrefix(textOf(at), at.place) }),
  namespaces: ({ value, place }) => ({ namespaces: stringsOf(value, place) }),
  strip: (at) => ({ strip: flagOf(at) }),
  include: ({ value, place }) => ({ include: stringsOf(value, place) }),
  exclude: ({ value, place }) => ({ exclude: stringsOf(value, place) }),
  tagTTL: (at) => ({ tagTtlMs: msOf(at) }),
  negativeTTL: (at) => ({ negativeTtlMs: msOf(at) }),
  staleIfError: (at) => ({ staleIfErrorMs: msOf(at) }),
  maxSize: (at) => ({ maxBytes: sizeOf(at) }),
  maxAge: (at) => ({ maxAgeMs: msOf(at) }),
  requestsPerSecond: (at) => ({ requestsPerSecond: numberOf(at) }),
  concurrency: (at) => ({ concurrency: Math.ceil(numberOf(at)) }),
  timeout: (at) => ({ timeoutMs: msOf(at) }),
  keepDeleted: (at) => ({ keepsDeleted: flagOf(at) }),
  offline: (at) => ({ isOffline: flagOf(at) }),
  pinned: ({ value, place }) => ({ pinned: stringsOf(value, place) }),
};

/**
 * Reads the section.
 *
 * @param section The section, if the file has it.
 * @returns The upstreams.
 * @throws {RegkitError} `INVALID_SETTINGS` with line and column.
 */
export function readUpstreams(section: ConfigEntry<unknown> | undefined): readonly UpstreamSetting[] {
  if (section === undefined) return [];
  const { value, place } = section;
  if (!Array.isArray(value)) throw settingsError(place, `must be a list of upstreams, not ${typeName(value)}`);
  return value.map((entry: unknown, at) => readUpstream(entry, placeOf(place, at)));
}

/**
 * Reads the value of `--upstream`.
 *
 * @param text Prefix and registry, such as `hub=docker.io`; a registry alone has its own name as prefix.
 * @returns The upstream.
 * @throws {RegkitError} `INVALID_ARGUMENT` when it has another form.
 */
export function parseUpstream(text: string): UpstreamSetting {
  const at = text.indexOf("=");
  const prefix = at < 0 ? undefined : text.slice(0, at);
  try {
    const setting = upstreamOf(parseRegistryName(text.slice(at + 1)));
    return prefix === undefined ? setting : { ...setting, prefix: readPrefix(prefix) };
  } catch (cause) {
    if (!(cause instanceof RegkitError)) throw cause;
    throw new RegkitError("INVALID_ARGUMENT", `invalid value of --upstream: "${text}": ${cause.message}`, {
      cause,
      tip: "Give prefix and registry, such as hub=docker.io.",
    });
  }
}

function readUpstream(entry: unknown, place: SettingsPlace): UpstreamSetting {
  if (!isKeyed(entry)) throw settingsError(place, `must be an upstream with a registry, not ${typeName(entry)}`);
  const { registry } = entry;
  if (typeof registry !== "string") throw settingsError(place, "the upstream has no registry, such as docker.io");
  let setting: UpstreamSetting;
  try {
    setting = upstreamOf(parseRegistryName(registry));
  } catch (cause) {
    if (!(cause instanceof RegkitError)) throw cause;
    throw settingsError(placeOf(place, "registry"), cause.message);
  }
  for (const [key, value] of Object.entries(entry)) {
    const read = Object.hasOwn(readers, key) ? readers[key] : undefined;
    if (read === undefined) {
      throw settingsError(
        placeOf(place, key),
        "there is no such key",
        `Known keys are ${Object.keys(readers).join(", ")}`,
      );
    }
    setting = { ...setting, ...read({ value, place: placeOf(place, key) }) };
  }
  return setting;
}

function upstreamOf(registry: string): UpstreamSetting {
  return {
    registry,
    name: registry,
    // A port's colon is not legal in names.
    prefix: registry.replace(":", "_"),
    namespaces: [registry],
    hasLibrary: registry === hub,
  };
}

function readPrefix(prefix: string, place?: SettingsPlace): string {
  if (prefix === "" || /^[a-z0-9]+(?:(?:\.|_|__|-+|\/)[a-z0-9]+)*$/.test(prefix)) return prefix;
  const problem = `"${prefix}" is not the beginning of a repository's name`;
  throw place === undefined ? new RegkitError("INVALID_ARGUMENT", problem) : settingsError(place, problem);
}

function textOf({ value, place }: Reader): string {
  if (typeof value === "string") return value;
  throw settingsError(place, `must be text, not ${typeName(value)}`);
}

function flagOf({ value, place }: Reader): boolean {
  if (typeof value === "boolean") return value;
  throw settingsError(place, `must be true or false, not ${typeName(value)}`);
}

function numberOf({ value, place }: Reader): number {
  if (typeof value === "number" && value > 0) return value;
  throw settingsError(place, `must be a number above 0, not ${typeof value === "number" ? value : typeName(value)}`);
}

function sizeOf({ value, place }: Reader): number {
  const size = typeof value === "number" ? value : parseSize(textOf({ value, place }));
  if (size !== undefined && size >= 0) return size;
  throw settingsError(place, `"${value}" is not a size such as 500MB or 10GiB`);
}

function msOf(reader: Reader): number {
  const text = reader.value === 0 ? "0" : textOf(reader);
  try {
    const ms = parseDuration(text);
    if (ms >= 0) return ms;
  } catch (error) {
    if (!(error instanceof RegkitError)) throw error;
  }
  throw settingsError(reader.place, `"${text}" is not a duration such as 30s or 168h`);
}
