/**
 * Everything that is set for registry hosts, from all sources, with defaults: built-in values, Docker's logins, the user's file, options.
 *
 * @module
 */

import { hasCode, RegkitError } from "../errors.ts";
import { type Logger, silentLogger } from "../log.ts";
import { parseDuration } from "../schedule/duration.ts";
import { DOCKER_CERTIFICATE_FOLDER, loadHostCertificates } from "./certs.ts";
import { CredentialHelpers } from "./credential_helper.ts";
import { type DockerConfig, loadDockerConfig } from "./docker_config.ts";
import type { Credential, Host, HostCertificates, HostDirectory, HostSettings } from "./host.ts";
import {
  HUB_CREDENTIAL_HOST,
  HUB_HOSTNAME,
  HUB_NAME,
  type NamedHostSettings,
  normalizeHostName,
  parseHostName,
} from "./host_name.ts";
import { type HostLayer, type MergedHost, mergeHostLayers } from "./merge.ts";
import { noSystem } from "./no_system.ts";
import type { RegctlFile } from "./regctl_file.ts";
import { DEFAULT_CRED_EXPIRE_MS, DEFAULT_STALL_TIMEOUT_MS, resolveHost } from "./resolve_host.ts";
import type { SettingsSystem } from "./system.ts";

/** What regctl writes into every entry whether or not it was asked for; so it says nothing. */
const REGCTL_WRITTEN_CONCURRENCY = 3;

const HUB_LAYER: HostLayer = {
  source: "built-in",
  settings: { hostname: HUB_HOSTNAME, credHost: HUB_CREDENTIAL_HOST },
  isExplicit: false,
};

/** Options of {@linkcode createHostDirectory}. */
export interface HostDirectoryOptions {
  /** Environment, files and programs; without it nothing is looked up. */
  readonly system?: SettingsSystem | undefined;
  /** The user's settings of regctl. */
  readonly regctlFile?: RegctlFile | undefined;
  /** Hosts of another settings file, in order. */
  readonly hosts?: readonly NamedHostSettings[] | undefined;
  /** Hosts of the command line, in order. */
  readonly hostOptions?: readonly NamedHostSettings[] | undefined;
  /** Whether Docker's logins are used; by default what regctl's file says, else yes. */
  readonly usesDockerLogins?: boolean | undefined;
  /** Whether Docker's certificate folders are used; by default what regctl's file says, else yes. */
  readonly usesDockerCertificates?: boolean | undefined;
  /** Gets warnings about what is set twice or cannot be read. */
  readonly logger?: Logger | undefined;
  /** Tells the time in milliseconds. */
  readonly now?: (() => number) | undefined;
}

/** A host directory that also tells what it knows. */
export interface SettingsHostDirectory extends HostDirectory {
  /** The names that the user set something for, sorted; without Docker's. */
  readonly names: readonly string[];
  /**
   * Tells what is set for a host, without defaults, and which source each value came from.
   *
   * @param name The name used in references.
   * @returns The settings; Docker's are in it once they were read.
   */
  explain(name: string): MergedHost;
  /** See {@linkcode HostDirectory.prepare}. */
  prepare(name: string): Promise<void>;
}

/**
 * Creates a host directory. Nothing is read before a host is asked about, and Docker's logins not before a registry wants a login.
 *
 * @param options The sources.
 * @returns The directory.
 * @throws {RegkitError} `INVALID_SETTINGS` when `REGKIT_STALL_TIMEOUT` is set to what is no duration.
 */
export function createHostDirectory(options: HostDirectoryOptions = {}): SettingsHostDirectory {
  return new Directory(options);
}

class Directory implements SettingsHostDirectory {
  readonly names: readonly string[];
  readonly #system: SettingsSystem;
  readonly #logger: Logger;
  readonly #hostDefault: HostSettings;
  readonly #explicit = new Map<string, HostLayer[]>();
  readonly #usesDockerLogins: boolean;
  readonly #certificateFolders: readonly string[];
  readonly #stallTimeoutMs: number;
  readonly #helpers: CredentialHelpers;
  readonly #merged = new Map<string, MergedHost>();
  #dockerLoad: Promise<DockerConfig> | undefined;
  #docker: DockerConfig | undefined;

  constructor(options: HostDirectoryOptions) {
    const { system = noSystem, regctlFile, hosts = [], hostOptions = [], logger = silentLogger, now = Date.now } =
      options;
    this.#system = system;
    this.#logger = logger;
    this.#hostDefault = regctlFile?.hostDefault.settings ?? {};
    this.#addExplicit("settings file", [...regctlHosts(regctlFile), ...hosts]);
    this.#addExplicit("--host", hostOptions);
    this.names = [...this.#explicit.keys()].toSorted();
    this.#usesDockerLogins = options.usesDockerLogins ?? regctlFile?.incDockerCred ?? true;
    const usesCertificates = options.usesDockerCertificates ?? regctlFile?.incDockerCert ?? true;
    this.#certificateFolders = usesCertificates ? [DOCKER_CERTIFICATE_FOLDER] : [];
    this.#stallTimeoutMs = readStallTimeout(system);
    this.#helpers = new CredentialHelpers(system, now);
  }

  host(name: string): Host {
    return resolveHost(plainName(name), this.explain(name).settings, this.#stallTimeoutMs);
  }

  async prepare(name: string): Promise<void> {
    if (this.#usesDockerLogins && this.explain(name).settings.tls === undefined) await this.#loadDocker();
  }

  explain(name: string): MergedHost {
    let merged = this.#merged.get(name);
    if (merged === undefined) {
      merged = mergeHostLayers(plainName(name), this.#layers(name), this.#logger);
      this.#merged.set(name, merged);
    }
    return merged;
  }

  async credential(
    host: Host,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<Credential | undefined> {
    if (this.#usesDockerLogins && !this.#hasOwnLogin(host.name)) await this.#loadDocker();
    const { settings, sources } = this.explain(host.name);
    const { user = "", pass = "", token = "", credHelper } = settings;
    if (credHelper !== undefined) {
      const server = settings.credHost ?? host.hostname;
      const question = { program: credHelper, server, expireMs: settings.credExpireMs ?? DEFAULT_CRED_EXPIRE_MS };
      const answer = await this.#helpers.get(question, options.signal);
      if (answer.kind === "found") return answer.credential;
      this.#logNoAnswer(host.name, question, answer.kind === "failed" ? answer.message : "", sources.credHelper);
    }
    return user === "" && pass === "" && token === "" ? undefined : { user, pass, token };
  }

  async certificates(host: Host): Promise<HostCertificates> {
    return await loadHostCertificates(host, {
      folders: this.#certificateFolders,
      system: this.#system,
      logger: this.#logger,
    });
  }

  #addExplicit(source: string, hosts: Iterable<NamedHostSettings>): void {
    for (const named of hosts) {
      const { name, settings } = normalizeHostName(named);
      const layers = this.#explicit.get(name) ?? [];
      layers.push({ source, settings, isExplicit: true });
      this.#explicit.set(name, layers);
    }
  }

  #layers(name: string): readonly HostLayer[] {
    const plain = plainName(name);
    const store = this.#docker?.storeHelper;
    const docker = this.#docker?.logins ?? [];
    return [
      // The store was not told of this host by name: it may know it, but anything that names the host knows better.
      {
        source: "docker's credential store",
        settings: store === undefined ? {} : { credHelper: store },
        isExplicit: false,
      },
      { source: "hostDefault", settings: this.#hostDefault, isExplicit: false },
      ...(plain === HUB_NAME ? [HUB_LAYER] : []),
      { source: "name", settings: parseHostName(name)?.implied ?? {}, isExplicit: false },
      ...docker.map(({ source, hosts }) => ({ source, settings: hosts.get(plain) ?? {}, isExplicit: false })),
      ...(this.#explicit.get(plain) ?? []),
    ];
  }

  /** Whether the user's own settings hold a login for the host, so that Docker's need not be read. */
  #hasOwnLogin(name: string): boolean {
    const layers = this.#explicit.get(plainName(name)) ?? [];
    return layers.some(({ settings: { user, pass, token, credHelper } }) => token || credHelper || (user && pass));
  }

  async #loadDocker(): Promise<void> {
    if (this.#docker !== undefined) return;
    this.#dockerLoad ??= loadDockerConfig(this.#system, this.#logger);
    this.#docker = await this.#dockerLoad;
    this.#merged.clear();
  }

  /** A helper named for this very host should know it; a general one need not. */
  #logNoAnswer(
    name: string,
    question: { readonly program: string; readonly server: string },
    problem: string,
    source: string | undefined,
  ): void {
    const isGeneral = source === "hostDefault" || source === "docker's credential store";
    this.#logger.log(
      problem === "" && isGeneral ? "debug" : "warn",
      "Failed to get a login from the credential helper",
      {
        host: name,
        helper: question.program,
        server: question.server,
        err: problem === "" ? "it has no login for this host" : problem,
      },
    );
  }
}

function plainName(name: string): string {
  return parseHostName(name)?.name ?? name;
}

function* regctlHosts(file: RegctlFile | undefined): Iterable<NamedHostSettings> {
  for (const [name, { settings }] of file?.hosts ?? []) {
    const { reqConcurrent, ...others } = settings;
    const isSaid = reqConcurrent !== undefined && reqConcurrent !== REGCTL_WRITTEN_CONCURRENCY;
    yield { name, settings: isSaid ? settings : others };
  }
}

function readStallTimeout(system: SettingsSystem): number {
  const text = system.env("REGKIT_STALL_TIMEOUT") ?? "";
  if (text === "") return DEFAULT_STALL_TIMEOUT_MS;
  try {
    const ms = parseDuration(text);
    if (ms > 0) return ms;
  } catch (error) {
    if (!hasCode(error, "INVALID_ARGUMENT")) throw error;
  }
  throw new RegkitError(
    "INVALID_SETTINGS",
    `REGKIT_STALL_TIMEOUT is ${JSON.stringify(text)}, expected a duration above 0`,
    {
      tip: "Write it with a unit, such as REGKIT_STALL_TIMEOUT=30s",
    },
  );
}
