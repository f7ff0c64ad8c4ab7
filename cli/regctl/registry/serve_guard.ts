/**
 * Who is let in by `registry serve`.
 *
 * @module
 */

import { RegkitError } from "../../../lib/errors.ts";
import type { Logger } from "../../../lib/log.ts";
import { openWatchedFile } from "../../../lib/server/auth/watched_file.ts";
import type { AuthGuard } from "../../../lib/server/auth/auth_guard.ts";
import { htpasswdGuard } from "../../../lib/server/auth/htpasswd_guard.ts";
import { tokenGuard } from "../../../lib/server/auth/token_guard.ts";
import { type HtpasswdUsers, parseHtpasswd, requireUsersKept } from "../../../lib/server/auth/htpasswd.ts";
import { settingsError } from "../../../lib/settings/settings_error.ts";
import type { ServePolicy } from "./serve_config.ts";
import type { ServeValues } from "./serve_values.ts";

const ways = ["none", "htpasswd", "token"] as const;
const minKeyBytes = 32;

/**
 * Makes the guard.
 *
 * @param values The options.
 * @param policy Gives the rights, and tells whether there are rules.
 * @param logger Takes lines about files that changed.
 * @returns The guard; none when everybody may do everything.
 * @throws {RegkitError} When options are missing or contradict each other, or a file is not acceptable.
 */
export async function guardOf(
  values: ServeValues,
  policy: ServePolicy,
  logger: Logger,
): Promise<AuthGuard | undefined> {
  const way = values.choice("auth", ways);
  const file = values.text("htpasswd");
  if (way === "none") {
    if (file !== undefined) throw values.fault("htpasswd", "a password file needs --auth htpasswd or --auth token");
    const rules = await policy.placeOfRules();
    if (rules === undefined) return undefined;
    // Whoever writes rules would not expect that everybody may do everything.
    throw settingsError(rules, "rules need logins: set auth to htpasswd or token, or remove the rules");
  }
  if (file === undefined) throw values.fault("auth", `${way} needs a password file by --htpasswd`);
  const allowsWeak = values.is("allow-weak-hashes");
  const parse = (text: string, last: HtpasswdUsers | undefined): HtpasswdUsers => {
    const users = parseHtpasswd(text, file, { allowsWeak });
    requireUsersKept(users, last, file);
    return users;
  };
  const users = await openWatchedFile(file, parse, { logger });
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
