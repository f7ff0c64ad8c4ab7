/**
 * Basic authentication with fixed users.
 *
 * @module
 */

import type { Action, AuthGuard, Caller, IdentityProblem } from "./auth_guard.ts";

/** Options of {@linkcode basicGuard}. */
export interface BasicGuardOptions {
  /** Passwords by user name. */
  readonly users: ReadonlyMap<string, string>;
  /** Tells what a user may do; `user` is empty for anonymous. By default users may do everything, anonymous callers nothing. */
  readonly may?: (user: string, action: Action, repository: string) => boolean;
  /** Whether callers without credentials are let in as anonymous, to do what `may` allows them. */
  readonly allowAnonymous?: boolean;
  /** The realm of the challenge. */
  readonly realm?: string;
}

/**
 * Guards a registry by user names and passwords.
 *
 * @param options The users and their rights.
 * @returns The guard.
 */
export function basicGuard(options: BasicGuardOptions): AuthGuard {
  const may = options.may ?? ((user: string) => user !== "");
  const callerOf = (user: string): Caller => ({ user, may: (action, name) => may(user, action, name) });
  const realm = (options.realm ?? "registry").replaceAll(/["\\]/g, "");
  return {
    asksForMore: false,
    challenge: () => `Basic realm="${realm}"`,
    identify(request): Caller | IdentityProblem | undefined {
      const header = request.headers.get("authorization");
      if (header === null) return options.allowAnonymous === true ? callerOf("") : undefined;
      const login = readBasic(header);
      const expected = login === undefined ? undefined : options.users.get(login.user);
      if (login === undefined || !isSameText(login.password, expected)) return { problem: "" };
      return callerOf(login.user);
    },
  };
}

/**
 * Reads the value of an `Authorization` header of the Basic scheme (RFC 7617).
 *
 * @param header The value.
 * @returns User and password; `undefined` when it is of another scheme or form.
 */
export function readBasic(header: string): { readonly user: string; readonly password: string } | undefined {
  if (!/^basic /i.test(header)) return undefined;
  let text: string;
  try {
    text = new TextDecoder().decode(Uint8Array.fromBase64(header.slice(6).trim()));
  } catch {
    return undefined;
  }
  const colon = text.indexOf(":");
  return colon < 0 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}

/**
 * Tells whether the value of an `Authorization` header names nobody. Some clients send an empty name with an empty password
 * when they were asked for a login and have none.
 *
 * @param header The value, if there is one.
 * @returns Whether it names nobody.
 */
export function isNobody(header: string | null): boolean {
  return header === null || /^basic Og==$/i.test(header.trim());
}

/** Compares without telling by its duration where the texts differ. */
function isSameText(given: string, expected: string | undefined): boolean {
  const a = new TextEncoder().encode(given);
  const b = new TextEncoder().encode(expected ?? given);
  let difference = (a.length ^ b.length) | (expected === undefined ? 1 : 0);
  for (const [at, byte] of a.entries()) difference |= byte ^ (b[at] ?? 0);
  return difference === 0;
}
