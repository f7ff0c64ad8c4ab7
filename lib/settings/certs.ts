/**
 * Certificates of a host: from its settings, and from folders laid out as Docker does.
 *
 * @module
 */

import { hasCode, type RegkitError } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { Host, HostCertificates } from "./host.ts";
import { HUB_HOSTNAME, HUB_NAME } from "./host_name.ts";
import { findCertificateFault, findKeyFault } from "./pem.ts";
import type { SettingsSystem } from "./system.ts";

/** Where Docker keeps certificates, a folder per host in it. */
export const DOCKER_CERTIFICATE_FOLDER = "/etc/docker/certs.d";

/** What {@linkcode loadHostCertificates} goes by. */
export interface CertificateOptions {
  /** Folders with a folder per host in them. */
  readonly folders: readonly string[];
  /** Reads them. */
  readonly system: SettingsSystem;
  /** Gets a warning for each file that cannot be used. */
  readonly logger: Logger;
}

interface PemFile {
  readonly path: string;
  readonly text: string;
}

/**
 * Gathers the certificates of a host. What cannot be used is named in a warning and left out alone.
 *
 * @param host The host.
 * @param options Folders, files and log.
 * @returns PEM texts; the client certificate of the settings before that of the folders.
 */
export async function loadHostCertificates(host: Host, options: CertificateOptions): Promise<HostCertificates> {
  const { logger } = options;
  const paths = await listFiles(host, options);
  const authorities: string[] = [];
  for (const path of paths.filter((path) => path.endsWith(".crt"))) {
    const file = await readPem(path, findCertificateFault, options);
    if (file !== undefined) authorities.push(file.text);
  }
  if (host.regcert !== undefined) {
    const fault = findCertificateFault(host.regcert);
    if (fault === undefined) authorities.push(host.regcert);
    else warn(logger, { host: host.name, key: "regcert", err: fault });
  }
  return { authorities, client: clientOf(host, logger) ?? await readClient(paths, options) };
}

function clientOf(host: Host, logger: Logger): HostCertificates["client"] {
  const { clientCert: cert, clientKey: key } = host;
  if (cert === undefined && key === undefined) return undefined;
  const fault = cert === undefined
    ? "clientKey is set without clientCert"
    : key === undefined
    ? "clientCert is set without clientKey"
    : findCertificateFault(cert) ?? findKeyFault(key);
  if (fault === undefined && cert !== undefined && key !== undefined) return { cert, key };
  warn(logger, { host: host.name, key: "clientCert", err: fault });
  return undefined;
}

async function readClient(paths: readonly string[], options: CertificateOptions): Promise<HostCertificates["client"]> {
  for (const path of paths.filter((path) => path.endsWith(".cert"))) {
    const keyPath = path.replace(/\.cert$/, ".key");
    if (!paths.includes(keyPath)) {
      warn(options.logger, { file: path, err: `the key ${keyPath} is missing` });
      continue;
    }
    const cert = await readPem(path, findCertificateFault, options);
    const key = await readPem(keyPath, findKeyFault, options);
    if (cert !== undefined && key !== undefined) return { cert: cert.text, key: key.text };
  }
  return undefined;
}

async function listFiles(host: Host, options: CertificateOptions): Promise<readonly string[]> {
  const paths: string[] = [];
  for (const folder of options.folders) {
    for (const name of folderNames(host)) {
      const names = await readFolder(`${folder}/${name}`, options);
      paths.push(...names.toSorted().map((file) => `${folder}/${name}/${file}`));
    }
  }
  return paths;
}

/** Docker looks for Hub's under the name that users write; regctl did under the host that is contacted. */
function folderNames(host: Host): readonly string[] {
  if (host.hostname === HUB_HOSTNAME) return [HUB_NAME, HUB_HOSTNAME];
  return /[\\/]|^\.+$/.test(host.hostname) ? [] : [host.hostname];
}

async function readFolder(path: string, { system, logger }: CertificateOptions): Promise<readonly string[]> {
  try {
    return await system.readDir(path);
  } catch (error) {
    if (!hasCode(error, "NOT_FOUND", "IO", "DENIED")) throw error;
    if (error.code !== "NOT_FOUND") logUnreadable(logger, path, error);
    return [];
  }
}

async function readPem(
  path: string,
  findFault: (text: string) => string | undefined,
  { system, logger }: CertificateOptions,
): Promise<PemFile | undefined> {
  let text: string;
  try {
    text = await system.readTextFile(path);
  } catch (error) {
    if (!hasCode(error, "NOT_FOUND", "IO", "DENIED")) throw error;
    logUnreadable(logger, path, error);
    return undefined;
  }
  const fault = findFault(text);
  if (fault === undefined) return { path, text };
  warn(logger, { file: path, err: fault });
  return undefined;
}

/** Rights that were not granted are a choice: worth a line only for those who look for it. */
function logUnreadable(logger: Logger, file: string, error: RegkitError): void {
  const level = error.code === "DENIED" ? "info" : "warn";
  logger.log(level, "Failed to load certificate", { file, err: error.message });
}

function warn(logger: Logger, fields: Readonly<Record<string, unknown>>): void {
  logger.log("warn", "Failed to load certificate", fields);
}
