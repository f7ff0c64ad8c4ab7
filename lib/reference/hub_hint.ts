/**
 * Helps those who left the repository out: `reg.example.com:5000` is a repository of Docker Hub.
 *
 * @module
 */

import { dockerHub } from "./parse.ts";
import type { Reference } from "./reference.ts";

/**
 * Gives a hint for a reference that failed when its Docker Hub repository looks like the name of a host.
 *
 * @param ref The reference that could not be reached or found.
 * @returns The hint as a sentence; `undefined` when there is none to give.
 */
export function hubHostHint(ref: Reference): string | undefined {
  if (ref.scheme !== "reg" || ref.registry !== dockerHub) return undefined;
  const name = ref.repository.startsWith("library/") ? ref.repository.slice("library/".length) : ref.repository;
  if (name.includes("/")) return undefined;
  const hasPort = /^[0-9]{4,5}$/.test(ref.tag);
  const host = hasPort ? `${name}:${ref.tag}` : name;
  if (!/\.[a-z]/.test(name) && !hasPort) return undefined;
  return `"${ref.reference}" names the repository ${ref.repository} on Docker Hub; ` +
    `if ${host} is a registry, add a repository: ${host}/<repository>`;
}
