/**
 * Tells browsers from clients by what they accept (RFC 9110 section 12.5.1).
 *
 * @module
 */

interface Range {
  readonly type: string;
  readonly weight: number;
}

/**
 * Tells whether a page is what a request wants most. Nobody who does not name HTML, or likes JSON as much, gets one: clients of
 * registries send a wildcard, nothing, or types of their own.
 *
 * @param accept The `Accept` header.
 * @returns Whether it is.
 */
export function prefersHtml(accept: string | null): boolean {
  const ranges = (accept ?? "").split(",").map(readRange);
  const html = weightOf(ranges, "text/html");
  if (html <= 0) return false;
  return ranges.every(({ type, weight }) =>
    type.includes("*") || weight < html || type === "text/html" || type === "application/xhtml+xml" ||
    (weight === html && !isForClients(type))
  );
}

function isForClients(type: string): boolean {
  return type.endsWith("/json") || type.endsWith("+json") || type.startsWith("application/vnd.");
}

function weightOf(ranges: readonly Range[], type: string): number {
  return Math.max(0, ...ranges.filter((range) => range.type === type).map(({ weight }) => weight));
}

function readRange(text: string): Range {
  const [type = "", ...parameters] = text.split(";").map((part) => part.trim().toLowerCase());
  const weight = parameters.find((parameter) => parameter.startsWith("q="));
  const value = weight === undefined ? 1 : Number(weight.slice(2));
  return { type, weight: Number.isFinite(value) ? value : 0 };
}
