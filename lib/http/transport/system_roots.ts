/**
 * The certificate authorities that the operating system trusts; Deno by itself trusts only those it was built with.
 *
 * @module
 */

import { type Logger, silentLogger } from "../../log.ts";
import type { ReadEnv } from "./proxy.ts";

/** Where distributions keep all trusted authorities in one file. */
const bundleFiles: readonly string[] = [
  "/etc/ssl/certs/ca-certificates.crt", // Debian, Alpine, Arch
  "/etc/pki/tls/certs/ca-bundle.crt", // Fedora
  "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", // RHEL
  "/etc/ssl/ca-bundle.pem", // openSUSE
  "/etc/ssl/cert.pem", // Alpine, macOS, BSD
  "/usr/local/share/certs/ca-root-nss.crt", // FreeBSD
];

/** Options of {@linkcode systemRoots}. */
export interface SystemRootsOptions {
  /** Gives environment variables: `SSL_CERT_FILE` names a bundle to be used instead. */
  readonly env?: ReadEnv | undefined;
  /** Where it is said that nothing could be read. */
  readonly logger?: Logger | undefined;
  /** Reads a text file. */
  readonly readTextFile?: ((path: string) => Promise<string>) | undefined;
  /** Gives the system's authorities; `node:tls` by default, which needs the permission `sys`. */
  readonly fromRuntime?: (() => Promise<readonly string[]>) | undefined;
}

/**
 * Reads the system's certificate authorities: from the file named by `SSL_CERT_FILE`, else from the runtime, else from the
 * distribution's bundle file. What may not be read, or is not there, is passed over: the runtime's own authorities remain.
 *
 * @param options Where to look.
 * @returns PEM texts, each with one authority or many; empty when nothing could be read.
 */
export async function systemRoots(options: SystemRootsOptions = {}): Promise<readonly string[]> {
  const { env, logger = silentLogger, readTextFile = readAllowedFile, fromRuntime = runtimeRoots } = options;
  const named = env?.("SSL_CERT_FILE");
  const sources: (readonly [name: string, read: () => Promise<readonly string[]>])[] = [
    ["runtime", fromRuntime],
    ...bundleFiles.map((path) => [path, async () => [await readTextFile(path)]] as const),
  ];
  if (named !== undefined && named !== "") sources.unshift([named, async () => [await readTextFile(named)]]);
  for (const [name, read] of sources) {
    try {
      const roots = (await read()).filter((pem) => pem.includes("-----BEGIN CERTIFICATE-----"));
      if (roots.length > 0) return roots;
    } catch (error) {
      logger.log("debug", "Cannot read certificate authorities", { source: name, error: String(error) });
    }
  }
  logger.log("debug", "No certificate authorities of the system found, trusting only the runtime's own");
  return [];
}

/** Reads a file that may be read. Asking first keeps Deno from prompting the user for it on a terminal. */
async function readAllowedFile(path: string): Promise<string> {
  const { state } = await Deno.permissions.query({ name: "read", path });
  if (state !== "granted") throw new Deno.errors.NotCapable(`no permission to read ${path}`);
  return await Deno.readTextFile(path);
}

/** Asks `node:tls`, which is loaded only now since that takes about 20 ms. */
async function runtimeRoots(): Promise<readonly string[]> {
  // Deno knows the kind "ca", its types do not yet.
  const { state } = await Deno.permissions.query({ name: "sys", kind: "ca" as "hostname" });
  if (state !== "granted") throw new Deno.errors.NotCapable("no permission sys for certificate authorities");
  const { getCACertificates } = await import("node:tls");
  return getCACertificates("system");
}
