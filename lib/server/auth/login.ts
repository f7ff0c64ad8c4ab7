/**
 * Who somebody is by name and password, and what they may do: what Basic authentication and the token service have in common.
 *
 * @module
 */

import { type AccessPolicy, accessPolicy } from "./access_rules.ts";
import type { HtpasswdUsers } from "./htpasswd.ts";
import { PasswordChecker } from "./htpasswd_check.ts";

/** Users and their rights. Both are asked for at each request, so that changed files count at once. */
export interface LoginOptions {
  /** Gives the users, such as the `get` of a watched file. */
  readonly users: () => HtpasswdUsers | Promise<HtpasswdUsers>;
  /** Gives the rights; by default users may do everything and nobody else anything. */
  readonly policy?: (() => AccessPolicy | Promise<AccessPolicy>) | undefined;
  /** Checks passwords; with its defaults when left out. */
  readonly checker?: PasswordChecker | undefined;
}

/** Users and their rights. */
export interface Logins {
  /** Gives the users. */
  users(): Promise<HtpasswdUsers>;
  /** Gives the rights. */
  policy(): Promise<AccessPolicy>;
  /** Checks a name and a password. */
  check(user: string, password: string): Promise<boolean>;
}

/**
 * Puts users, rights and the check of passwords together.
 *
 * @param options Where they come from.
 * @returns All of them.
 */
export function loginsOf(options: LoginOptions): Logins {
  const checker = options.checker ?? new PasswordChecker();
  const fallback = accessPolicy();
  return {
    users: async () => await options.users(),
    policy: async () => await options.policy?.() ?? fallback,
    check: async (user, password) => await checker.check(await options.users(), user, password),
  };
}
