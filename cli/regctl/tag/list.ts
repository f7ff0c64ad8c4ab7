/**
 * `regctl tag ls`.
 *
 * @module
 */

import { createNameFilter } from "../../../lib/filter/name_filter.ts";
import type { TagDescription } from "../../../lib/image/describe_tags.ts";
import { formatReference } from "../../../lib/reference/format.ts";
import { parseReference } from "../../../lib/reference/parse.ts";
import type { Reference } from "../../../lib/reference/reference.ts";
import type { Repository, TagListOptions } from "../../../lib/repository.ts";
import { canListTagPages } from "../../../lib/repository_powers.ts";
import type { Invocation } from "../../command.ts";
import type { Context } from "../../context.ts";
import type { FilterFlags } from "../../flags/filter.ts";
import { openClient, openHosts } from "../../open_client.ts";
import { isTemplate, readFormat } from "../../output/format.ts";
import { type JsonFlag, printJson } from "../../output/json.ts";
import { collectNames, type NameList, type NamePage, printNames } from "../../output/name_list.ts";
import { formatTags } from "../../output/tag_table.ts";
import { readPlatform } from "../../platform_option.ts";
import { parseTagOrder, sortByCreated, sortBySemver } from "./sort_tags.ts";

interface Flags extends FilterFlags, JsonFlag {
  readonly format: string;
  readonly limit: number;
  readonly last: string;
  readonly long: boolean;
  readonly sort: string;
}

/** How `--json` shows the tags of a repository. */
export interface TagListJson {
  /** The repository. */
  readonly name: string;
  /** Its tags, in order. */
  readonly tags: readonly string[];
  /** What they point at, in the same order; with `--long` only. */
  readonly details?: readonly TagDescription[] | undefined;
}

/** The tags that are wanted, in order. */
interface TagList {
  /** What the registry said. */
  readonly list: NameList;
  /** The tags. */
  readonly tags: readonly string[];
  /** What they point at, when that was looked up. */
  readonly details: readonly TagDescription[] | undefined;
}

/**
 * Lists the tags of a repository.
 *
 * @param context The door to the process.
 * @param invocation Arguments and flags.
 */
export async function run(context: Context, invocation: Invocation<Flags>): Promise<void> {
  const { args, flags } = invocation;
  const { stdout } = context;
  const format = await readFormat(context, invocation, "{{printPretty .}}", ["raw", "body", "headers"]);
  const ref = parseReference(args[0] ?? "");
  const { list, tags, details } = await find(context, invocation, ref);
  if (flags.json) {
    const name = formatReference({ ...ref, tag: "", digest: "" });
    return await printJson<TagListJson>(stdout, { name, tags, details: flags.long ? details : undefined });
  }
  if (format === "default" && flags.long && details !== undefined) return await stdout.write(formatTags(details));
  if (!isTemplate(format)) return await printNames(stdout, format, { ...list, names: tags });
  const { tagListObject } = await import("../../output/objects/name_lists.ts");
  const url = format.mentions("GetURL") ? await listUrl(context, invocation, ref) : undefined;
  await format.print(tagListObject({ ...list, names: tags }, url));
}

async function find(context: Context, invocation: Invocation<Flags>, ref: Reference): Promise<TagList> {
  const { flags } = invocation;
  const order = parseTagOrder(flags.sort);
  const isWanted = await createNameFilter(flags);
  await using client = await openClient(context, invocation, [ref]);
  await using repository = client.repository(ref);
  // A layout has no pages: the original lists all of its tags, so the limit counts only where ours says more.
  const isLimited = ref.scheme === "reg" || order !== undefined || flags.long || flags.json;
  const limit = isLimited ? Math.max(flags.limit, 0) : 0;
  // In another order than the registry's, the limit is for the sorted list.
  const pageLimit = order === undefined ? limit : 0;
  const pages = tagPages(repository, {
    signal: context.signal,
    ...(pageLimit > 0 ? { limit: pageLimit } : {}),
    ...(flags.last === "" ? {} : { last: flags.last }),
  });
  const name = ref.scheme === "reg" ? ref.repository : ref.path;
  const list = await collectNames(pages, pageLimit, (tags) => ({ name, tags }));
  const wanted = list.names.filter(isWanted);
  const cut = <T>(all: readonly T[]): readonly T[] => limit > 0 ? all.slice(0, limit) : all;
  const describe = (tags: readonly string[]) => describeAll(context, repository, tags);
  if (order === "created") {
    const details = cut(sortByCreated(await describe(wanted)));
    return { list, tags: details.map(({ tag }) => tag), details };
  }
  const tags = cut(order === "semver" ? await sortBySemver(wanted) : wanted);
  if (!flags.long) return { list, tags, details: undefined };
  const details = await describe(tags);
  return { list, tags: details.map(({ tag }) => tag), details };
}

/** Tells where a registry is asked for tags. */
async function listUrl(context: Context, invocation: Invocation<Flags>, ref: Reference): Promise<URL | undefined> {
  if (ref.scheme !== "reg") return undefined;
  const { last, limit } = invocation.flags;
  const hosts = await openHosts(context, invocation);
  await hosts.prepare?.(ref.registry);
  const { hostname, pathPrefix, tls } = hosts.host(ref.registry);
  const path = ["v2", pathPrefix, ref.repository, "tags/list"].filter(Boolean).join("/");
  const url = new URL(`${tls === "disabled" ? "http" : "https"}://${hostname}/${path}`);
  if (last !== "") url.searchParams.set("last", last);
  if (limit > 0) url.searchParams.set("n", String(limit));
  return url;
}

async function describeAll(
  context: Context,
  repository: Repository,
  tags: readonly string[],
): Promise<readonly TagDescription[]> {
  const { describeTags } = await import("../../../lib/image/describe_tags.ts");
  const platform = await readPlatform(context, "local");
  return await describeTags(repository, tags, { platform, signal: context.signal });
}

/** Registries give pages with documents; other stores just tags, which make one page without. */
async function* tagPages(repository: Repository, options: TagListOptions): AsyncGenerator<NamePage, void, undefined> {
  if (canListTagPages(repository)) {
    for await (const { tags, document, headers } of repository.listTagPages(options)) {
      yield { names: tags, document, headers };
    }
    return;
  }
  yield { names: await Array.fromAsync(repository.tags.list(options)) };
}
