/**
 * The names that settings give to registries: one name for every spelling of Docker Hub, and what a URL scheme in a name says.
 *
 * @module
 */

import type { HostSettings } from "./host.ts";

/** Docker Hub as named in references. */
export const HUB_NAME = "docker.io";
/** The host that is contacted for Docker Hub. */
export const HUB_HOSTNAME = "registry-1.docker.io";
/** The name under which Docker and credential helpers keep the login for Docker Hub. */
export const HUB_CREDENTIAL_HOST = "https://index.docker.io/v1/";

const HUB_SPELLINGS: ReadonlySet<string> = new Set([HUB_NAME, HUB_HOSTNAME, "index.docker.io", "index.docker.io/v1"]);

/** The settings of one registry under the name that settings or options give it. */
export interface NamedHostSettings {
  /** The name. */
  readonly name: string;
  /** What is set for it. */
  readonly settings: HostSettings;
}

/** A registry's name without scheme, and what the scheme set. */
export interface HostName {
  /** The name used in references; `docker.io` for Docker Hub. */
  readonly name: string;
  /** What was said by the scheme: `http://` means no TLS, and helpers know the host by the full text. */
  readonly implied: Pick<HostSettings, "tls" | "credHost">;
}

/**
 * Reads a registry's name as settings, options and Docker's files spell it.
 *
 * @param text The name, with or without `http://` or `https://` and a slash at the end.
 * @returns The name, or `undefined` when the text has a path or another scheme and so names no registry.
 */
export function parseHostName(text: string): HostName | undefined {
  const [, scheme = "", rest = ""] = /^(https?:\/\/)?(.*?)\/?$/s.exec(text) ?? [];
  if (HUB_SPELLINGS.has(rest)) return { name: HUB_NAME, implied: {} };
  if (rest === "" || !/^[^\s/\\@?#"'<>%]+$/.test(rest)) return undefined;
  if (scheme === "") return { name: rest, implied: {} };
  return { name: rest, implied: { ...(scheme === "http://" ? { tls: "disabled" } : {}), credHost: text } };
}

/**
 * Brings settings under the name used in references, and keeps what the scheme of the old name said.
 *
 * @param named The settings as they were named.
 * @returns The same under the plain name; a name that is none stays as it is.
 */
export function normalizeHostName(named: NamedHostSettings): NamedHostSettings {
  const parsed = parseHostName(named.name);
  if (parsed === undefined) return named;
  return { name: parsed.name, settings: { ...parsed.implied, ...named.settings } };
}
