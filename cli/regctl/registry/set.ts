/**
 * `regctl registry set`.
 *
 * @module
 */

import { RegkitError } from "../../../lib/errors.ts";
import type { Logger } from "../../../lib/log.ts";
import type { HostSettings, TlsMode } from "../../../lib/settings/host.ts";
import { HOST_FIELDS, hostSettingsOf, type HostValue } from "../../../lib/settings/host_fields.ts";
import { type HostEntry, hostToJson, parseTlsMode, TLS_MODES } from "../../../lib/settings/host_json.ts";
import { HUB_CREDENTIAL_HOST, HUB_HOSTNAME, HUB_NAME } from "../../../lib/settings/host_name.ts";
import { findCertificateFault, findKeyFault } from "../../../lib/settings/pem.ts";
import type { RegctlFile } from "../../../lib/settings/regctl_file.ts";
import type { Invocation } from "../../command.ts";
import type { Context } from "../../context.ts";
import { texts } from "../../text.ts";
import { checkRegistry, editHost, emptyEntry, loadFile } from "./edit_file.ts";
import { parseNameArgument, type TypedRegistry } from "./name_argument.ts";

interface Flags {
  readonly "api-opts": readonly string[];
  readonly "blob-chunk": number;
  readonly "blob-max": number;
  readonly cacert: string;
  readonly "client-cert": string;
  readonly "client-key": string;
  readonly "cred-helper": string;
  readonly hostname: string;
  readonly mirror: readonly string[];
  readonly "path-prefix": string;
  readonly priority: number;
  readonly "repo-auth": boolean;
  readonly "req-concurrent": number;
  readonly "req-per-sec": number;
  readonly "skip-check": boolean;
  readonly tls: string;
}

/** The flags whose value is the setting as it is. */
const plainFlags = [
  ["blob-chunk", "blobChunk"],
  ["blob-max", "blobMax"],
  ["cacert", "regcert"],
  ["client-cert", "clientCert"],
  ["client-key", "clientKey"],
  ["cred-helper", "credHelper"],
  ["hostname", "hostname"],
  ["path-prefix", "pathPrefix"],
  ["priority", "priority"],
  ["repo-auth", "repoAuth"],
  ["req-concurrent", "reqConcurrent"],
  ["req-per-sec", "reqPerSec"],
] as const satisfies readonly (readonly [keyof Flags, keyof HostSettings])[];

/** New values by key; `undefined` takes a setting back. */
type Changes = ReadonlyMap<keyof HostSettings, HostValue | undefined>;

/**
 * Changes the settings of a registry.
 *
 * @param context The door to the process.
 * @param invocation Arguments and flags.
 */
export async function run(context: Context, invocation: Invocation<Flags>): Promise<void> {
  const { args, flags, given, logger } = invocation;
  const registry = parseNameArgument(args);
  const changes = readChanges(invocation, registry);
  for (const name of ["scheme", "dns"]) {
    if (given.has(name)) logger.log("warn", `The ${name} flag has no effect, use tls and hostname instead`);
  }
  warnOfBadPem(changes, logger);
  await editHost(context, invocation, registry.name, (entry, file) => {
    const changed = withChanges(entry, registry.name, changes, flags["api-opts"]);
    return isDefault(changed, registry.name, file) ? emptyEntry : changed;
  });
  if (flags["skip-check"]) return;
  try {
    await checkRegistry(context, invocation, registry.name, await loadFile(context, invocation));
  } catch (error) {
    logger.log("warn", "Failed to ping registry, configuration still updated", { registry: registry.name });
    throw error;
  }
}

/** Only what was typed. */
function readChanges({ flags, given }: Invocation<Flags>, registry: TypedRegistry): Changes {
  const changes = new Map<keyof HostSettings, HostValue | undefined>();
  if (registry.tls !== undefined) changes.set("tls", registry.tls);
  for (const [flag, key] of plainFlags) if (given.has(flag)) changes.set(key, flags[flag]);
  if (given.has("tls")) changes.set("tls", readTls(flags.tls));
  if (given.has("mirror")) changes.set("mirrors", flags.mirror.filter((name) => name !== ""));
  return changes;
}

function readTls(word: string): TlsMode | undefined {
  if (word === "") return undefined;
  const tls = parseTlsMode(word);
  if (tls !== undefined) return tls;
  throw new RegkitError(
    "INVALID_ARGUMENT",
    texts.invalidArgument(word, "--tls", `unknown TLS value ${JSON.stringify(word)}`),
    {
      tip: `Allowed are ${TLS_MODES.join(", ")}`,
    },
  );
}

/** What cannot be used is stored all the same, as regctl does, but not without a word. */
function warnOfBadPem(changes: Changes, logger: Logger): void {
  for (const [flag, key] of plainFlags) {
    if (key !== "regcert" && key !== "clientCert" && key !== "clientKey") continue;
    const text = changes.get(key);
    if (typeof text !== "string" || text === "") continue;
    const err = key === "clientKey" ? findKeyFault(text) : findCertificateFault(text);
    if (err !== undefined) logger.log("warn", `The ${flag} flag takes the PEM text itself, not a file name`, { err });
  }
}

function withChanges(
  { settings, rest }: HostEntry,
  name: string,
  changes: Changes,
  options: readonly string[],
): HostEntry {
  const start = Object.keys(settings).length === 0 ? defaultsOf(name) : settings;
  const values = HOST_FIELDS.flatMap((field) => {
    const value = changes.has(field.key) ? changes.get(field.key) : start[field.key];
    return value === undefined ? [] : [[field, value] as const];
  });
  const apiOpts = withOptions(settings.apiOpts ?? {}, options);
  return { settings: { ...hostSettingsOf(values), ...(options.length === 0 ? {} : { apiOpts }) }, rest };
}

function withOptions(
  known: Readonly<Record<string, string>>,
  options: readonly string[],
): Readonly<Record<string, string>> {
  const merged = new Map(Object.entries(known));
  for (const option of options) {
    const [, key = "", value = ""] = /^([^=]*)=?(.*)$/s.exec(option) ?? [];
    if (value === "") merged.delete(key);
    else merged.set(key, value);
  }
  return Object.fromEntries(merged);
}

/** What regctl writes into every new entry, but for what would stand in the way of hostDefault. */
function defaultsOf(name: string): HostSettings {
  return name === HUB_NAME ? { hostname: HUB_HOSTNAME, credHost: HUB_CREDENTIAL_HOST } : { hostname: name };
}

/** Whether an entry says nothing that would not hold without it. */
function isDefault({ settings, rest }: HostEntry, name: string, { hostDefault }: RegctlFile): boolean {
  const isTlsDefault = hostDefault.settings.tls === undefined;
  const defaults = { ...defaultsOf(name), reqConcurrent: 3, ...(isTlsDefault ? { tls: "enabled" } : {}) };
  const values = new Map<string, unknown>(Object.entries(defaults));
  return Object.entries(hostToJson(settings, rest)).every(([key, value]) => values.get(key) === value);
}
