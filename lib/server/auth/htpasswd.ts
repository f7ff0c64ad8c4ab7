/**
 * Password files in the format of `htpasswd`: one `user:hash` per line.
 *
 * @module
 */

import { RegkitError } from "../../errors.ts";

/** Options of {@linkcode parseHtpasswd}. */
export interface HtpasswdOptions {
  /** Whether `{SHA}` hashes and plain passwords are taken too, which anyone who reads the file can use. */
  readonly allowsWeak?: boolean | undefined;
}

/** How a password is kept. */
export type HashKind = "bcrypt" | "plain" | "sha1";

/** What a file says of one user. */
export interface HtpasswdEntry {
  /** How the password is kept. */
  readonly kind: HashKind;
  /** The hash, or the plain password. A secret. */
  readonly hash: string;
}

/** The users of a file by name. */
export type HtpasswdUsers = ReadonlyMap<string, HtpasswdEntry>;

const bcryptForm = /^\$2[aby]\$(0[4-9]|[12][0-9]|3[01])\$[./A-Za-z0-9]{53}$/;
const sha1Form = /^\{SHA\}[A-Za-z0-9+/]{27}=$/;
const maxCost = 17;

/**
 * Reads a password file.
 *
 * @param text The file's text. Empty lines and those that begin with `#` are skipped.
 * @param file Its name, for messages.
 * @param options Which hashes are taken.
 * @returns The users.
 * @throws {RegkitError} `INVALID_SETTINGS` with the line that is wrong; the line itself is not shown.
 */
export function parseHtpasswd(text: string, file: string, options: HtpasswdOptions = {}): HtpasswdUsers {
  const users = new Map<string, HtpasswdEntry>();
  for (const [at, raw] of text.split("\n").entries()) {
    const line = raw.replace(/\r$/, "");
    if (line.trim() === "" || line.startsWith("#")) continue;
    const fault = (problem: string, tip?: string) =>
      new RegkitError("INVALID_SETTINGS", `${file}:${at + 1}: ${problem}`, { tip });
    const colon = line.indexOf(":");
    if (colon <= 0) throw fault("a line is not of the form user:hash");
    const user = line.slice(0, colon);
    if (users.has(user)) throw fault(`the user "${user}" occurs twice`);
    const hash = line.slice(colon + 1).trim();
    const kind = kindOf(hash);
    if (kind === undefined || (kind !== "bcrypt" && options.allowsWeak !== true)) {
      throw fault(
        `the password of "${user}" is not kept as a bcrypt hash`,
        "Make the line with `htpasswd -B`, or allow weak hashes by an option",
      );
    }
    if (kind === "bcrypt" && costOf(hash) > maxCost) {
      throw fault(`the bcrypt cost of "${user}" is greater than ${maxCost}, which would take minutes to check`);
    }
    users.set(user, { kind, hash });
  }
  return users;
}

/**
 * Refuses a state of a password file that lost all users, as one that was emptied to be written anew.
 *
 * @param next The users of that state.
 * @param last The users before; none when the file is read for the first time.
 * @param file Its name, for messages.
 * @throws {RegkitError} `INVALID_SETTINGS` when there were users and are none.
 */
export function requireUsersKept(next: HtpasswdUsers, last: HtpasswdUsers | undefined, file: string): void {
  if (last === undefined || last.size === 0 || next.size > 0) return;
  const problem =
    "the file has no users any more, as if it had been cut; to lock everybody out, restart the registry with it";
  throw new RegkitError("INVALID_SETTINGS", `${file}: ${problem}`);
}

/**
 * Gives the greatest bcrypt cost among users, at which unknown users are checked too.
 *
 * @param users The users.
 * @returns The cost; 10 when no user has a bcrypt hash.
 */
export function bcryptCost(users: HtpasswdUsers): number {
  const costs = [...users.values()].filter(({ kind }) => kind === "bcrypt").map(({ hash }) => costOf(hash));
  return costs.length === 0 ? 10 : Math.max(...costs);
}

/**
 * Reads the cost of a bcrypt hash: the logarithm of how long it takes to check.
 *
 * @param hash The hash.
 * @returns The cost.
 */
export function costOf(hash: string): number {
  return Number(hash.slice(4, 6));
}

function kindOf(hash: string): HashKind | undefined {
  if (bcryptForm.test(hash)) return "bcrypt";
  if (sha1Form.test(hash)) return "sha1";
  // What looks like another hash must never be taken for a plain password.
  return hash === "" || /^[${]/.test(hash) ? undefined : "plain";
}
