/**
 * The rate limit that a registry reports with manifests (draft-ietf-httpapi-ratelimit-headers as registries use it).
 *
 * @module
 */

/** What a registry says of its rate limit. */
export interface RateLimit {
  /** Requests left. */
  readonly remain: number;
  /** Requests in all. */
  readonly limit: number;
  /** Seconds until the limit starts anew. */
  readonly reset: number;
  /** Whether the registry told how many are left. */
  readonly isSet: boolean;
  /** The policies as given, such as `100;w=21600`, with any blanks around them. */
  readonly policies: readonly string[];
}

/**
 * Reads the rate limit from headers.
 *
 * @param headers The answer's headers.
 * @returns The limit; `isSet` is false when the headers have none.
 */
export function parseRateLimit(headers: Headers): RateLimit {
  const remain = wholeNumber(beforeParameters(headers.get("ratelimit-remaining") ?? ""));
  // Blanks stay: scripts compare the policies as the registry words them.
  const [first = "", ...others] = (headers.get("ratelimit-limit") ?? "").split(",");
  return {
    remain: remain ?? 0,
    limit: wholeNumber(beforeParameters(first)) ?? 0,
    reset: wholeNumber(headers.get("ratelimit-reset") ?? "") ?? 0,
    isSet: remain !== undefined,
    policies: first.includes(";") ? [first, ...others] : others,
  };
}

function beforeParameters(value: string): string {
  return value.split(";", 1)[0] ?? "";
}

function wholeNumber(text: string): number | undefined {
  return /^[+-]?\d+$/.test(text) ? Number(text) : undefined;
}
