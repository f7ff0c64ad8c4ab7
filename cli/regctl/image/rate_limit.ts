/**
 * `regctl image ratelimit`.
 *
 * @module
 */

import { parseRateLimit, type RateLimit } from "../../../lib/http/rate_limit.ts";
import { tagOrDigest } from "../../../lib/reference/edit.ts";
import { parseReference } from "../../../lib/reference/parse.ts";
import type { Invocation } from "../../command.ts";
import type { Context } from "../../context.ts";
import { openClient } from "../../open_client.ts";
import { isTemplate, readFormat } from "../../output/format.ts";
import { type JsonFlag, printJson } from "../../output/json.ts";

interface Flags extends JsonFlag {
  readonly format: string;
}

/** How `--json` shows a rate limit. */
export interface RateLimitJson {
  /** Requests left. */
  readonly remain: number;
  /** Requests in all. */
  readonly limit: number;
  /** Seconds until the limit starts anew. */
  readonly reset: number;
  /** Whether the registry told how many are left. */
  readonly set: boolean;
  /** The policies as the registry words them. */
  readonly policies: readonly string[];
}

/**
 * Prints the rate limit that a registry tells with a manifest. Looking a manifest up does not count against it.
 *
 * @param context The door to the process.
 * @param invocation Arguments and flags.
 */
export async function run(context: Context, invocation: Invocation<Flags>): Promise<void> {
  const { flags } = invocation;
  const format = await readFormat(context, invocation, "{{printPretty .}}");
  const found = await find(context, invocation);
  const { remain, limit, reset, isSet, policies } = found;
  if (flags.json) {
    return await printJson<RateLimitJson>(context.stdout, { remain, limit, reset, set: isSet, policies });
  }
  if (isTemplate(format)) {
    return await format.print((await import("../../output/objects/rate_limit.ts")).rateLimitType.of(found));
  }
  if (format !== "default") return;
  const Policies = policies.length === 0 ? null : policies;
  await printJson(context.stdout, { Remain: remain, Limit: limit, Reset: reset, Set: isSet, Policies });
}

async function find(context: Context, invocation: Invocation<Flags>): Promise<RateLimit> {
  const ref = parseReference(invocation.args[0] ?? "");
  await using client = await openClient(context, invocation, [ref]);
  await using repository = client.repository(ref);
  const { headers } = await repository.manifests.head(tagOrDigest(ref), { signal: context.signal });
  return parseRateLimit(headers ?? new Headers());
}
