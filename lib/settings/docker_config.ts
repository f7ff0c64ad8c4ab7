/**
 * Docker's own settings file: its stored logins and the helpers that keep them.
 *
 * @module
 */

import { hasCode } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { HostSettings } from "./host.ts";
import { parseHostName } from "./host_name.ts";
import { isKeyed, parseJsonSettings } from "./settings_error.ts";
import type { SettingsSystem } from "./system.ts";

/** What one of Docker's sources says about registries. */
export interface DockerLogins {
  /** The file, or the environment variable. */
  readonly source: string;
  /** What is set for each registry, by the name used in references. */
  readonly hosts: ReadonlyMap<string, HostSettings>;
}

/** What Docker's settings say about registries. */
export interface DockerConfig {
  /** The sources, lowest first. */
  readonly logins: readonly DockerLogins[];
  /** The helper program that may know any registry; `undefined` for none. */
  readonly storeHelper: string | undefined;
}

/** One document's parts, unchecked. */
interface DockerDocument {
  readonly auths: Readonly<Record<string, unknown>>;
  readonly credHelpers: Readonly<Record<string, unknown>>;
  readonly credsStore: string;
}

const EMPTY: DockerDocument = { auths: {}, credHelpers: {}, credsStore: "" };

/**
 * Reads Docker's settings: the file in `$DOCKER_CONFIG` or `~/.docker`, and over it the environment's `DOCKER_AUTH_CONFIG`.
 *
 * @param system Environment and files.
 * @param logger Gets a warning for whatever cannot be read; the rest is used all the same.
 * @returns What they say about registries; nothing when there is no file.
 */
export async function loadDockerConfig(system: SettingsSystem, logger: Logger): Promise<DockerConfig> {
  const file = await readConfigFile(system, logger);
  const variable = system.env("DOCKER_AUTH_CONFIG") ?? "";
  const sources = [
    ...(file === undefined ? [] : [{ source: file.path, text: file.text }]),
    ...(variable === "" ? [] : [{ source: "DOCKER_AUTH_CONFIG", text: variable }]),
  ];
  const documents = sources.map(({ source, text }) => ({ source, document: parseDocument(text, source, logger) }));
  return {
    logins: documents.map(({ source, document }) => ({ source, hosts: readHosts(document, logger) })),
    storeHelper: documents.map(({ document }) => storeHelperOf(document)).findLast((helper) => helper !== undefined),
  };
}

function storeHelperOf({ credsStore }: DockerDocument): string | undefined {
  return credsStore === "" ? undefined : `docker-credential-${credsStore}`;
}

async function readConfigFile(
  system: SettingsSystem,
  logger: Logger,
): Promise<{ readonly path: string; readonly text: string } | undefined> {
  const folder = system.env("DOCKER_CONFIG") || await dockerFolder(system);
  if (folder === undefined) return undefined;
  const path = `${folder}/config.json`;
  try {
    return { path, text: await system.readTextFile(path) };
  } catch (error) {
    if (hasCode(error, "NOT_FOUND")) return undefined;
    if (!hasCode(error, "IO", "DENIED")) throw error;
    // Rights that were not granted are a choice, and whether there is a file at all is then not known.
    logger.log(error.code === "DENIED" ? "info" : "warn", "Failed to load docker creds", {
      file: path,
      err: error.message,
    });
    return undefined;
  }
}

async function dockerFolder(system: SettingsSystem): Promise<string | undefined> {
  const home = await system.homeDir();
  return home === undefined ? undefined : `${home}/.docker`;
}

function parseDocument(text: string, source: string, logger: Logger): DockerDocument {
  try {
    const { value } = parseJsonSettings(text, source);
    if (!isKeyed(value)) return EMPTY;
    const part = (name: string): Readonly<Record<string, unknown>> => {
      const found = value[name];
      return isKeyed(found) ? found : {};
    };
    const store = value["credsStore"];
    return {
      auths: part("auths"),
      credHelpers: part("credHelpers"),
      credsStore: typeof store === "string" ? store : "",
    };
  } catch (error) {
    if (!hasCode(error, "INVALID_SETTINGS")) throw error;
    logger.log("warn", "Failed to load docker creds", { err: error.message });
    return EMPTY;
  }
}

function readHosts(document: DockerDocument, logger: Logger): ReadonlyMap<string, HostSettings> {
  const hosts = new Map<string, HostSettings>();
  const storeHelper = storeHelperOf(document);
  const add = (key: string, settings: HostSettings): void => {
    const named = parseHostName(key);
    if (named === undefined) {
      logger.log("debug", "Skipping a docker login whose name is no registry", { name: key });
      return;
    }
    hosts.set(named.name, { ...hosts.get(named.name), ...named.implied, ...settings });
  };
  for (const [key, entry] of Object.entries(document.auths)) {
    // With a store, Docker leaves an entry without a login to say that the store has it.
    const login = {
      ...(storeHelper === undefined ? {} : { credHelper: storeHelper }),
      ...parseLogin(key, entry, logger),
    };
    if (Object.keys(login).length > 0) add(key, login);
  }
  for (const [key, suffix] of Object.entries(document.credHelpers)) {
    if (typeof suffix === "string" && suffix !== "") add(key, { credHelper: `docker-credential-${suffix}` });
  }
  return hosts;
}

function parseLogin(key: string, entry: unknown, logger: Logger): HostSettings {
  if (!isKeyed(entry)) return {};
  const text = (name: string): string => {
    const value = entry[name];
    return typeof value === "string" ? value : "";
  };
  let [user, pass] = [text("username"), text("password")];
  if (text("auth") !== "") {
    const decoded = decodeLogin(text("auth"));
    if (decoded === undefined) {
      logger.log("warn", "Failed to load docker creds", { name: key, err: "auth is not base64 of user:password" });
    } else [user, pass] = decoded;
  }
  const token = text("identitytoken");
  return { ...(user === "" ? {} : { user }), ...(pass === "" ? {} : { pass }), ...(token === "" ? {} : { token }) };
}

function decodeLogin(auth: string): readonly [user: string, pass: string] | undefined {
  let bytes: Uint8Array;
  try {
    bytes = Uint8Array.fromBase64(auth.trim());
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return undefined;
  }
  const login = new TextDecoder().decode(bytes);
  const colon = login.indexOf(":");
  if (colon < 0) return undefined;
  return [login.slice(0, colon), login.slice(colon + 1).replace(/\0+$/, "")];
}
