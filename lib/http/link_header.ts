/**
 * The `Link` header of paged lists (RFC 8288).
 *
 * @module
 */

import { RegkitError } from "../errors.ts";

/**
 * Finds the next page of a list.
 *
 * @param headers The answer's headers.
 * @param base The URL that answered; relative links are resolved against it.
 * @returns The next page, or `undefined` when there is none.
 * @throws {RegkitError} `INVALID_RESPONSE` when the header cannot be read.
 */
export function parseLinkNext(headers: Headers, base: URL): URL | undefined {
  const header = headers.get("link");
  if (header === null) return undefined;
  for (const { target, rel } of parseLinks(header)) {
    if (!rel.toLowerCase().split(/\s+/).includes("next")) continue;
    const url = URL.parse(target, base);
    if (url === null) throw malformed(header);
    return url;
  }
  return undefined;
}

interface Link {
  readonly target: string;
  readonly rel: string;
}

/** A target in angle brackets, or bare as some registries send it. */
const targetPattern = /[\s,]*(?:<([^<>]*)>|([^\s,;<>"]+))\s*/y;
/** One parameter: a name, a `*` after it, and a token or quoted string as its value. */
const parameterPattern = /;\s*(?:([A-Za-z0-9]+)(\*?)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,;"]+)))?\s*)?/y;

function parseLinks(header: string): Link[] {
  const links: Link[] = [];
  let at = 0;
  const next = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at;
    const match = pattern.exec(header) ?? undefined;
    if (match !== undefined) at = pattern.lastIndex;
    return match;
  };
  while (!/^[\s,]*$/.test(header.slice(at))) {
    const target = next(targetPattern);
    if (target === undefined) throw malformed(header);
    let rel: string | undefined;
    for (let parameter = next(parameterPattern); parameter !== undefined; parameter = next(parameterPattern)) {
      if (parameter[1]?.toLowerCase() !== "rel") continue;
      rel ??= parameter[3]?.replaceAll(/\\(.)/g, "$1") ?? parameter[4] ?? "";
    }
    if (at < header.length && header[at] !== ",") throw malformed(header);
    links.push({ target: target[1] ?? target[2] ?? "", rel: rel ?? "" });
  }
  return links;
}

function malformed(header: string): RegkitError {
  return new RegkitError("INVALID_RESPONSE", `cannot read the Link header ${JSON.stringify(header)}`);
}
