/**
 * regctl's settings file, shared with the original program: read, changed without losing what is not ours, and written.
 *
 * @module
 */

import { hasCode, RegkitError } from "../errors.ts";
import { type Logger, silentLogger } from "../log.ts";
import { withoutSecrets } from "./host_fields.ts";
import { type HostEntry, hostToJson, parseHostEntry } from "./host_json.ts";
import { normalizeHostName } from "./host_name.ts";
import { mergeHostLayers } from "./merge.ts";
import { isKeyed, parseJsonSettings, placeOf, settingsError, type SettingsPlace, typeName } from "./settings_error.ts";
import type { SettingsSystem } from "./system.ts";

/** The newest form of the file that is understood. */
const MAX_VERSION = 1;

/** The settings in regctl's file. */
export interface RegctlFile {
  /** Where it is, or would be; empty when there is no home folder to have it in. */
  readonly path: string;
  /** The version of its form; `undefined` when it does not say. */
  readonly version: number | undefined;
  /** The hosts by the name used in references. */
  readonly hosts: ReadonlyMap<string, HostEntry>;
  /** What holds for every host that does not say otherwise. */
  readonly hostDefault: HostEntry;
  /** The largest chunk held in memory, in bytes; `undefined` when not set. */
  readonly blobLimit: number | undefined;
  /** Whether Docker's certificate folders are used; `undefined`, when not set, means yes. */
  readonly incDockerCert: boolean | undefined;
  /** Whether Docker's logins are used; `undefined`, when not set, means yes. */
  readonly incDockerCred: boolean | undefined;
  /** Keys that are not ours. */
  readonly rest: Readonly<Record<string, unknown>>;
}

/**
 * Reads regctl's settings: from `$REGCTL_CONFIG`, else `$XDG_CONFIG_HOME/regctl/config.json` if that exists, else
 * `~/.regctl/config.json`.
 *
 * @param system Environment and files.
 * @param logger Gets a warning when two spellings of one name are set differently.
 * @returns The settings; empty when there is no file.
 * @throws {RegkitError} `INVALID_SETTINGS` when there is a file that is not understood, `IO` or `DENIED` when it cannot be read.
 */
export async function loadRegctlFile(system: SettingsSystem, logger: Logger = silentLogger): Promise<RegctlFile> {
  const candidates = await candidatePaths(system);
  for (const path of candidates) {
    try {
      return parseRegctlFile(await system.readTextFile(path), path, logger);
    } catch (error) {
      if (!hasCode(error, "NOT_FOUND")) throw error;
    }
  }
  return parseRegctlFile("", candidates.at(-1) ?? "", logger);
}

/** The first that exists is used, the last one is made. */
async function candidatePaths(system: SettingsSystem): Promise<readonly string[]> {
  const named = system.env("REGCTL_CONFIG") ?? "";
  if (named !== "") return [named];
  const home = await system.homeDir();
  const inHome = (rest: string): string => home === undefined ? "" : `${home}/${rest}`;
  const folder = system.env(system.isWindows ? "APPDATA" : "XDG_CONFIG_HOME") ||
    (system.isWindows ? "" : inHome(".config"));
  return [folder === "" ? "" : `${folder}/regctl/config.json`, inHome(".regctl/config.json")].filter((path) =>
    path !== ""
  );
}

/**
 * Reads the text of regctl's settings file.
 *
 * @param text The text; an empty one is an empty file.
 * @param path Where it came from.
 * @param logger Gets a warning when two spellings of one name are set differently.
 * @returns The settings.
 * @throws {RegkitError} `INVALID_SETTINGS` when it is not understood.
 */
export function parseRegctlFile(text: string, path: string, logger: Logger = silentLogger): RegctlFile {
  const { value, place } = parseJsonSettings(text, path);
  if (!isKeyed(value)) throw settingsError(place, `expected an object, got ${typeName(value)}`);
  const known = new Map<string, { readonly value: unknown; readonly place: SettingsPlace }>();
  const rest: [string, unknown][] = [];
  for (const [key, entry] of Object.entries(value)) {
    const name = TOP_KEYS.get(key.toLowerCase());
    if (name === undefined) rest.push([key, entry]);
    else if (entry !== null) known.set(name, { value: entry, place: placeOf(place, key) });
  }
  const read = <T>(name: string, is: (value: unknown) => value is T, wanted: string): T | undefined => {
    const found = known.get(name);
    if (found === undefined) return undefined;
    if (is(found.value)) return found.value;
    throw settingsError(found.place, `expected ${wanted}, got ${typeName(found.value)}`);
  };
  const version = read("version", isWhole, "a whole number");
  if (version !== undefined && version > MAX_VERSION) {
    const tip = "The file was written by a newer version; upgrade, or use another file by REGCTL_CONFIG";
    throw settingsError(
      placeOf(place, "version"),
      `unsupported config version ${version}, understood is ${MAX_VERSION}`,
      tip,
    );
  }
  const hosts = known.get("hosts");
  const hostDefault = known.get("hostDefault");
  return {
    path,
    version,
    hosts: hosts === undefined ? new Map() : parseHosts(hosts.value, hosts.place, logger),
    hostDefault: parseHostEntry(hostDefault?.value, hostDefault?.place ?? place),
    blobLimit: read("blobLimit", isWhole, "a whole number"),
    incDockerCert: read("incDockerCert", isBoolean, "true or false"),
    incDockerCred: read("incDockerCred", isBoolean, "true or false"),
    rest: Object.fromEntries(rest),
  };
}

const TOP_KEYS: ReadonlyMap<string, string> = new Map(
  ["version", "hosts", "hostDefault", "blobLimit", "incDockerCert", "incDockerCred"].map((
    key,
  ) => [key.toLowerCase(), key]),
);

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function isBoolean(value: unknown): value is boolean {
  return typeof value === "boolean";
}

/** Brings the spellings of one registry together, that under its plain name last so that it wins. */
function parseHosts(value: unknown, place: SettingsPlace, logger: Logger): ReadonlyMap<string, HostEntry> {
  if (!isKeyed(value)) throw settingsError(place, `expected an object of hosts, got ${typeName(value)}`);
  const spellings = Object.entries(value).map(([key, entry]) => {
    const { settings, rest } = parseHostEntry(entry, placeOf(place, key));
    return { key, rest, ...normalizeHostName({ name: key, settings }) };
  });
  const hosts = new Map<string, HostEntry>();
  for (const [name, same] of Map.groupBy(spellings, (spelling) => spelling.name)) {
    const ordered = same.toSorted((a, b) => Number(a.key === name) - Number(b.key === name));
    const layers = ordered.map(({ key, settings }) => ({ source: key, settings, isExplicit: true }));
    const settings = ordered.length === 1 ? ordered[0]?.settings : mergeHostLayers(name, layers, logger).settings;
    hosts.set(name, { settings: settings ?? {}, rest: ordered.reduce((all, { rest }) => ({ ...all, ...rest }), {}) });
  }
  return hosts;
}

/**
 * Changes one host of the settings.
 *
 * @param file The settings.
 * @param name The host, as used in references.
 * @param entry What it is from now on; an entry in which nothing is set is removed.
 * @returns The changed settings, not yet saved.
 */
export function withHostEntry(file: RegctlFile, name: string, entry: HostEntry): RegctlFile {
  const hosts = new Map(file.hosts);
  if (Object.keys(hostToJson(entry.settings, entry.rest)).length === 0) hosts.delete(name);
  else hosts.set(name, entry);
  return { ...file, hosts };
}

/** Options of {@linkcode regctlFileToJson}. */
export interface RegctlJsonOptions {
  /** Whether passwords, tokens and keys are left out, for showing instead of saving. */
  readonly isRedacted?: boolean | undefined;
}

/**
 * Turns the settings into the object that is saved and shown, in regctl's order of keys.
 *
 * @param file The settings.
 * @param options Whether secrets are left out.
 * @returns An object for JSON.
 */
export function regctlFileToJson(file: RegctlFile, options: RegctlJsonOptions = {}): Readonly<Record<string, unknown>> {
  const isRedacted = options.isRedacted ?? false;
  const host = ({ settings, rest }: HostEntry): Readonly<Record<string, unknown>> =>
    // What is not ours may be a secret too.
    isRedacted ? hostToJson(withoutSecrets(settings)) : hostToJson(settings, rest);
  const hosts = [...file.hosts].toSorted(([a], [b]) => a < b ? -1 : 1).map(([name, entry]) =>
    [name, host(entry)] as const
  );
  const hostDefault = host(file.hostDefault);
  return {
    ...(file.version ? { version: file.version } : {}),
    ...(hosts.length === 0 ? {} : { hosts: Object.fromEntries(hosts) }),
    ...(Object.keys(hostDefault).length === 0 ? {} : { hostDefault }),
    ...(file.blobLimit ? { blobLimit: file.blobLimit } : {}),
    ...(file.incDockerCert === undefined ? {} : { incDockerCert: file.incDockerCert }),
    ...(file.incDockerCred === undefined ? {} : { incDockerCred: file.incDockerCred }),
    ...(isRedacted ? {} : file.rest),
  };
}

/**
 * Saves the settings where they were read, or would have been.
 *
 * @param file The settings.
 * @param system Writes the file.
 * @throws {RegkitError} `IO` or `DENIED` when the file cannot be written.
 */
export async function saveRegctlFile(file: RegctlFile, system: SettingsSystem): Promise<void> {
  if (file.path === "") {
    throw new RegkitError("IO", "no home folder to keep the settings in", { tip: "Set REGCTL_CONFIG to a file name" });
  }
  await system.replaceTextFile(file.path, formatRegctlFile(file));
}

/**
 * Writes the settings as regctl does, so that the file stays the same whichever program saved it last.
 *
 * @param file The settings.
 * @returns The text of the file, secrets included.
 */
export function formatRegctlFile(file: RegctlFile): string {
  const escape = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(regctlFileToJson(file), null, 2).replace(/[<>&\u2028\u2029]/g, escape);
}
