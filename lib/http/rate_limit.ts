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
  /** Whether the registry said anything. */
  readonly isSet: boolean;
  /** The policies as given, such as `100;w=21600`. */
  readonly policies: readonly string[];
}

/**
 * Reads the rate limit from headers.
 *
 * @param headers The answer's headers.
 * @returns The limit; `isSet` is false when the headers have none.
 */
export function parseRateLimit(headers: Headers): RateLimit {
  const remain = leadingNumber(headers.get("ratelimit-remaining"));
  const parts = (headers.get("ratelimit-limit") ?? "").split(",").map((part) => part.trim()).filter((part) =>
    part !== ""
  );
  const first = parts[0] ?? "";
  return {
    remain: remain ?? 0,
    limit: leadingNumber(first) ?? 0,
    reset: leadingNumber(headers.get("ratelimit-reset")) ?? 0,
    isSet: remain !== undefined,
    policies: first.includes(";") ? parts : parts.slice(1),
  };
}

function leadingNumber(value: string | null): number | undefined {
  const digits = /^\s*(\d+)\s*(?:[;,]|$)/.exec(value ?? "")?.[1];
  return digits === undefined ? undefined : Number(digits);
}
