/**
 * Who is let in by `registry serve`.
 *
 * @module
 */

import { RegkitError } from "../../../lib/errors.ts";
import type { Logger } from "../../../lib/log.ts";
import type { AccessPolicy } from "../../../lib/server/auth/access_rules.ts";
import { openWatchedFile } from "../../../lib/server/auth/watched_file.ts";
import type { AuthGuard } from "../../../lib/server/auth/auth_guard.ts";
import { htpasswdGuard } from "../../../lib/server/auth/htpasswd_guard.ts";
import { tokenGuard } from "../../../lib/server/auth/token_guard.ts";
import { parseHtpasswd } from "../../../lib/server/auth/htpasswd.ts";
import type { ServeValues } from "./serve_values.ts";

const ways = ["none", "htpasswd", "token"] as const;
const minKeyBytes = 32;

/**
 * Makes the guard.
 *
 * @param values The options.
 * @param policy Gives the rights.
 * @param logger Takes lines about files that changed.
 * @returns The guard; none when everybody may do everything.
 * @throws {RegkitError} When options are missing or contradict each other, or a file is not acceptable.
 */
export async function guardOf(
  values: ServeValues,
  policy: () => Promise<AccessPolicy>,
  logger: Logger,
): Promise<AuthGuard | undefined> {
  const way = values.choice("auth", ways);
  const file = values.text("htpasswd");
  if (way === "none") {
    if (file === undefined) return undefined;
    throw values.fault("htpasswd", "a password file needs --auth htpasswd or --auth token");
  }
  if (file === undefined) throw values.fault("auth", `${way} needs a password file by --htpasswd`);
  const allowsWeak = values.is("allow-weak-hashes");
  const users = await openWatchedFile(file, (text) => parseHtpasswd(text, file, { allowsWeak }), { logger });
  const logins = { users: () => users.get(), policy };
  const realm = values.text("realm") ?? "registry";
  if (way === "htpasswd") return htpasswdGuard({ ...logins, realm });
  return tokenGuard({
    ...logins,
    service: realm,
    externalUrl: values.text("external-url"),
    tokenSeconds: Math.floor((values.ms("token-ttl") ?? 0) / 1000),
    key: await keyOf(values),
  });
}

async function keyOf(values: ServeValues): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const path = values.text("token-key");
  if (path === undefined) return undefined;
  let key: Uint8Array<ArrayBuffer>;
  try {
    key = await Deno.readFile(path);
  } catch (cause) {
    throw new RegkitError("IO", `cannot read the file ${path}`, { cause });
  }
  if (key.length >= minKeyBytes) return key;
  throw values.fault("token-key", `the key in ${path} has ${key.length} bytes, and must have ${minKeyBytes} or more`);
}
