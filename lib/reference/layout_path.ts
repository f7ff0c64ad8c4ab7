/**
 * Paths of OCI layouts.
 *
 * @module
 */

import type { Reference, RegistryReference } from "./reference.ts";
import { formatReference } from "./format.ts";

/**
 * Brings a layout's path into its shortest form: no `.`, no `//`, no `x/..`, no `/` at the end.
 *
 * @param path The path.
 * @returns The same path; `.` for the current folder.
 */
export function normalizeLayoutPath(path: string): string {
  const isAbsolute = path.startsWith("/");
  const kept: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    const last = kept.at(-1);
    if (part !== ".." || (last === undefined && !isAbsolute) || last === "..") kept.push(part);
    else kept.pop();
  }
  return (isAbsolute ? "/" : "") + kept.join("/") || ".";
}

/**
 * Names a layout like a repository of the registry `localhost`, for exports whose readers know only such names.
 *
 * @param ref The reference; one to a registry stays as it is.
 * @returns The reference to a registry.
 */
export function asRegistryReference(ref: Reference): RegistryReference {
  if (ref.scheme === "reg") return ref;
  const path = normalizeLayoutPath(`/${ref.path}`).slice(1).toLowerCase();
  const named: RegistryReference = {
    scheme: "reg",
    registry: "localhost",
    repository: path.replaceAll(/[^/a-z0-9]+/g, "-"),
    tag: ref.tag,
    digest: ref.digest,
    reference: "",
  };
  return { ...named, reference: formatReference(named) };
}
