/**
 * Prints response headers as HTTP/1.1 clients show them.
 *
 * @module
 */

/**
 * Writes headers, sorted, one line each, with every word of the names capitalised.
 *
 * @param headers The headers; none for what did not come from a registry.
 * @returns The lines, each ended.
 */
export function formatHeaders(headers: Headers | undefined): string {
  const lines = [...headers ?? []].map(([name, value]) => [canonicalName(name), value] as const);
  return lines.sort(([left], [right]) => left < right ? -1 : 1).map(([name, value]) => `${name}: ${value}\n`).join("");
}

/**
 * Capitalises every word of a header's name.
 *
 * @param name The name.
 * @returns It, such as `Docker-Content-Digest`.
 */
export function canonicalName(name: string): string {
  return name.toLowerCase().replaceAll(/(^|-)[a-z]/g, (start) => start.toUpperCase());
}
