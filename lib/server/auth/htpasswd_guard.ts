/**
 * Basic authentication by a password file.
 *
 * @module
 */

import type { AccessPolicy } from "./access_rules.ts";
import { type AuthGuard, type Caller, challengeName } from "./auth_guard.ts";
import { type LoginOptions, loginsOf } from "./login.ts";
import { isNobody, readBasic } from "./basic_guard.ts";

/** Options of {@linkcode htpasswdGuard}. */
export interface HtpasswdGuardOptions extends LoginOptions {
  /** The realm of the challenge; `registry` by default. */
  readonly realm?: string | undefined;
}

/**
 * Guards a registry by names and passwords.
 *
 * @param options The users and their rights.
 * @returns The guard.
 */
export function htpasswdGuard(options: HtpasswdGuardOptions): AuthGuard {
  const logins = loginsOf(options);
  const realm = challengeName(options.realm ?? "registry");
  return {
    asksForMore: false,
    challengesAnonymous: true,
    challenge: () => `Basic realm="${realm}"`,
    async identify(request) {
      const policy = await logins.policy();
      const header = request.headers.get("authorization");
      if (isNobody(header)) {
        return policy.allowsAnonymous ? { ...callerOf("", policy), hasNoLogin: header !== null } : undefined;
      }
      const login = readBasic(header ?? "");
      if (login === undefined || !await logins.check(login.user, login.password)) return { problem: "" };
      return callerOf(login.user, policy);
    },
  };
}

function callerOf(user: string, policy: AccessPolicy): Caller {
  return { user, may: (action, repository) => policy.may(user, action, repository) };
}
