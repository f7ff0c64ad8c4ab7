/**
 * The `Basic` authentication scheme (RFC 7617).
 *
 * @module
 */

import { RegkitError } from "../../errors.ts";
import type { Credential } from "../../settings/host.ts";

/**
 * Tells whether a credential has what `Basic` needs.
 *
 * @param credential The credential, if there is one.
 * @returns Whether it has both user name and password.
 */
export function hasPassword(credential: Credential | undefined): credential is Credential {
  return credential !== undefined && credential.user !== "" && credential.pass !== "";
}

/**
 * Builds the `Authorization` header of a user.
 *
 * @param credential User name and password, sent as UTF-8.
 * @returns The header's value.
 * @throws {RegkitError} `CREDENTIALS` when the user name has a colon: the password would begin there.
 */
export function basicAuthorization(credential: Pick<Credential, "user" | "pass">): string {
  if (credential.user.includes(":")) {
    throw new RegkitError(
      "CREDENTIALS",
      `user name ${JSON.stringify(credential.user)} has a colon, which Basic cannot send`,
    );
  }
  return `Basic ${new TextEncoder().encode(`${credential.user}:${credential.pass}`).toBase64()}`;
}
