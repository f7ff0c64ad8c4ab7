/**
 * The certificate of `registry serve`, which may change while it runs.
 *
 * @module
 */

import { RegkitError } from "../../../lib/errors.ts";
import type { Logger } from "../../../lib/log.ts";
import { openWatchedFile, type WatchedFile } from "../../../lib/server/auth/watched_file.ts";
import type { TlsCredentials } from "../../../lib/server/tls_server.ts";
import { findCertificateFault, findKeyFault } from "../../../lib/settings/pem.ts";
import type { ServeValues } from "./serve_values.ts";

/** Files that make up the credentials. */
export interface TlsFiles {
  /** Gives the credentials as they are now. */
  get(): Promise<TlsCredentials>;
}

const pollMs = 5000;

/**
 * Opens the files.
 *
 * @param values The options.
 * @param logger Takes lines about files that changed.
 * @returns The files; none when TLS is not wanted.
 * @throws {RegkitError} When options are missing or a file is not acceptable.
 */
export async function openTlsFiles(values: ServeValues, logger: Logger): Promise<TlsFiles | undefined> {
  const cert = values.text("tls-cert");
  const key = values.text("tls-key");
  const clientCa = values.text("tls-client-ca");
  if (cert === undefined && key === undefined && clientCa === undefined) return undefined;
  if (cert === undefined) throw values.fault("tls-cert", "TLS needs a certificate by --tls-cert");
  if (key === undefined) throw values.fault("tls-key", "TLS needs a private key by --tls-key");
  const certFile = await openPem(cert, findCertificateFault, logger);
  const keyFile = await openPem(key, findKeyFault, logger);
  const caFile = clientCa === undefined ? undefined : await openPem(clientCa, findCertificateFault, logger);
  return {
    get: async () => ({ cert: await certFile.get(), key: await keyFile.get(), clientCa: await caFile?.get() }),
  };
}

/**
 * Looks at the files from time to time, and uses them when they changed.
 *
 * @param files The files.
 * @param use Takes the credentials; throws when certificate and key do not belong together.
 * @param logger Takes the line when they do not.
 * @returns Ends it.
 */
export async function followTlsFiles(
  files: TlsFiles,
  use: (credentials: TlsCredentials) => void,
  logger: Logger,
): Promise<Disposable> {
  let used = await files.get();
  const look = async (): Promise<void> => {
    const now = await files.get();
    if (now.cert === used.cert && now.key === used.key && now.clientCa === used.clientCa) return;
    used = now;
    try {
      use(now);
    } catch (error) {
      logger.log("error", "certificate not taken over, the last good one counts", { error });
    }
  };
  const timer = setInterval(() => void look(), pollMs);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

async function openPem(
  path: string,
  findFault: (text: string) => string | undefined,
  logger: Logger,
): Promise<WatchedFile<string>> {
  const parse = (text: string): string => {
    const fault = findFault(text);
    if (fault === undefined) return text;
    throw new RegkitError("INVALID_SETTINGS", `${path}: ${fault}`);
  };
  return await openWatchedFile(path, parse, { logger });
}
