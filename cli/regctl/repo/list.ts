/**
 * `regctl repo ls`.
 *
 * @module
 */

import { parseRegistryName } from "../../../lib/reference/parse_registry.ts";
import type { CatalogOptions } from "../../../lib/registry/ping.ts";
import type { Invocation } from "../../command.ts";
import type { CommandClient, Context } from "../../context.ts";
import { openClient } from "../../open_client.ts";
import { isTemplate, readFormat } from "../../output/format.ts";
import { type JsonFlag, printJson } from "../../output/json.ts";
import { collectNames, type NamePage, printNames } from "../../output/name_list.ts";

interface Flags extends JsonFlag {
  readonly format: string;
  readonly limit: number;
  readonly last: string;
}

/** How `--json` shows the repositories of a registry. */
export interface RepositoryListJson {
  /** The registry. */
  readonly registry: string;
  /** Its repositories, sorted. */
  readonly repositories: readonly string[];
}

/**
 * Lists the repositories of a registry.
 *
 * @param context The door to the process.
 * @param invocation Arguments and flags.
 */
export async function run(context: Context, invocation: Invocation<Flags>): Promise<void> {
  const { args, flags } = invocation;
  const format = await readFormat(context, invocation, "{{printPretty .}}", ["raw", "body", "headers"]);
  const registry = parseRegistryName(args[0] ?? "");
  const limit = Math.max(flags.limit, 0);
  await using client = await openClient(context, invocation);
  const pages = catalogPages(client, registry, {
    signal: context.signal,
    ...(limit > 0 ? { limit } : {}),
    ...(flags.last === "" ? {} : { last: flags.last }),
  });
  const list = await collectNames(pages, limit, (repositories) => ({ repositories }));
  if (flags.json) return await printJson<RepositoryListJson>(context.stdout, { registry, repositories: list.names });
  if (!isTemplate(format)) return await printNames(context.stdout, format, list);
  await format.print((await import("../../output/objects/name_lists.ts")).repoListObject(list));
}

async function* catalogPages(
  client: CommandClient,
  registry: string,
  options: CatalogOptions,
): AsyncGenerator<NamePage, void, undefined> {
  for await (const { repositories, document, headers } of client.catalog(registry, options)) {
    yield { names: repositories, document, headers };
  }
}
