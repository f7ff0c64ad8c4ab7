/**
 * The registry that a command of this group is about.
 *
 * @module
 */

import { RegkitError } from "../../../lib/errors.ts";
import { type HostName, HUB_NAME, parseHostName } from "../../../lib/settings/host_name.ts";

/** A registry as typed. */
export interface TypedRegistry extends HostName {
  /** The TLS mode that the typed scheme asks for; `undefined` without a scheme. */
  readonly tls: "enabled" | "disabled" | undefined;
}

/**
 * Reads the registry's name. `http://` and `https://` are no part of it, but say how to connect.
 *
 * @param args The arguments; none means Docker Hub.
 * @returns The registry.
 * @throws {RegkitError} `INVALID_ARGUMENT` for a path or another scheme.
 */
export function parseNameArgument(args: readonly string[]): TypedRegistry {
  const text = args[0] ?? HUB_NAME;
  const parsed = parseHostName(text);
  if (parsed === undefined) {
    throw new RegkitError("INVALID_ARGUMENT", `invalid registry name provided: ${text}`, {
      tip: "Give the host alone, without a path, such as registry.example.org:5000",
    });
  }
  if (parsed.name === HUB_NAME) return { ...parsed, tls: undefined };
  return {
    ...parsed,
    tls: text.startsWith("http://") ? "disabled" : text.startsWith("https://") ? "enabled" : undefined,
  };
}
