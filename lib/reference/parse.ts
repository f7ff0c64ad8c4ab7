/**
 * Reads references as users type them.
 *
 * @module
 */

import { RegkitError } from "../errors.ts";
import { isDigestForm, isLayoutPath, isRegistry, isRepository, isTag } from "./grammar.ts";
import type { LayoutReference, Reference, RegistryReference } from "./reference.ts";

/** The name of Docker Hub in references, whichever way it was spelt. */
export const dockerHub = "docker.io";

/** Other spellings of {@linkcode dockerHub}. */
export const hubNames: ReadonlySet<string> = new Set(["index.docker.io", "registry-1.docker.io"]);

const tip = "Write it as registry.example.org/repository:tag, with @sha256:… for a digest, or as ocidir://path:tag";

/**
 * Parses a reference: `[registry/]repository[:tag][@digest]`, or `ocidir://path[:tag][@digest]` for an OCI layout.
 *
 * @param text The reference.
 * @returns Its parts, with the names of Docker Hub and the tag `latest` filled in.
 * @throws {RegkitError} `INVALID_REFERENCE` when it is none.
 *
 * @example Docker Hub is what is meant without a registry
 * ```ts
 * import { formatReference, parseReference } from "@regkit/regkit";
 * import assert from "node:assert/strict";
 *
 * const ref = parseReference("alpine:3");
 * assert(ref.scheme === "reg");
 * assert.equal(ref.repository, "library/alpine");
 * assert.equal(formatReference(ref), "docker.io/library/alpine:3");
 * ```
 */
export function parseReference(text: string): Reference {
  const schemeEnd = text.indexOf("://");
  const scheme = schemeEnd < 0 ? "" : text.slice(0, schemeEnd);
  const tail = text.slice(schemeEnd + 3);
  if (!/^[a-z]+$/.test(scheme) || tail === "") return parseRegistryReference(text);
  if (scheme === "ocidir") return parseLayoutReference(text, tail);
  throw new RegkitError("INVALID_REFERENCE", `invalid reference, unknown scheme "${scheme}" in "${text}"`, { tip });
}

function parseRegistryReference(text: string): RegistryReference {
  const ref = registryParts(text);
  if (ref !== undefined) return ref;
  const hint = registryParts(text.toLowerCase()) === undefined ? "" : ", repo must be lowercase";
  throw new RegkitError("INVALID_REFERENCE", `invalid reference "${text}"${hint}`, { tip });
}

function registryParts(text: string): RegistryReference | undefined {
  const parts = splitTagAndDigest(text, text.indexOf("/"));
  if (parts === undefined) return undefined;
  const { tag, digest } = parts;
  const [registry, repository] = splitRegistry(parts.name);
  if (!isRepository(repository)) return undefined;
  return {
    scheme: "reg",
    registry,
    repository: registry === dockerHub && !repository.includes("/") ? `library/${repository}` : repository,
    tag: tag === "" && digest === "" ? "latest" : tag,
    digest,
    reference: text,
  };
}

/** Splits off the registry; one that is not named is Docker Hub. */
function splitRegistry(name: string): [registry: string, repository: string] {
  const slash = name.indexOf("/");
  const first = slash < 0 ? name : name.slice(0, slash);
  const rest = slash < 0 ? "" : name.slice(slash + 1);
  if (first === "localhost") return [first, rest];
  if (slash < 0 || !isRegistry(first)) return [dockerHub, name];
  return [hubNames.has(first) ? dockerHub : first, rest];
}

function parseLayoutReference(text: string, tail: string): LayoutReference {
  const parts = splitTagAndDigest(tail, 0);
  if (parts === undefined || !isLayoutPath(parts.name)) {
    throw new RegkitError("INVALID_REFERENCE", `invalid reference, invalid path for scheme "ocidir": ${tail}`, { tip });
  }
  return { scheme: "ocidir", path: parts.name, tag: parts.tag, digest: parts.digest, reference: text };
}

interface NameTagDigest {
  readonly name: string;
  readonly tag: string;
  readonly digest: string;
}

/** Splits at the first `@` and at the first `:` behind the place where a port could stand. */
function splitTagAndDigest(text: string, from: number): NameTagDigest | undefined {
  const at = text.indexOf("@");
  const digest = at < 0 ? "" : text.slice(at + 1);
  if (at >= 0 && !isDigestForm(digest)) return undefined;
  const named = at < 0 ? text : text.slice(0, at);
  const colon = named.indexOf(":", Math.max(from, 0));
  const tag = colon < 0 ? "" : named.slice(colon + 1);
  if (colon >= 0 && !isTag(tag)) return undefined;
  return { name: colon < 0 ? named : named.slice(0, colon), tag, digest };
}
