/**
 * `regctl tag ls`.
 *
 * @module
 */

import { formatReference } from "../../../lib/reference/format.ts";
import { parseReference } from "../../../lib/reference/parse.ts";
import { canListTagPages, type Repository, type TagListOptions } from "../../../lib/repository.ts";
import type { Invocation } from "../../command.ts";
import type { Context } from "../../context.ts";
import { openClient } from "../../open_client.ts";
import { parseOutputFormat } from "../../output/format_words.ts";
import { type JsonFlag, printJson } from "../../output/json.ts";
import { collectNames, type NamePage, printNames } from "../../output/name_list.ts";

interface Flags extends JsonFlag {
  readonly format: string;
  readonly limit: number;
  readonly last: string;
}

/** How `--json` shows the tags of a repository. */
export interface TagListJson {
  /** The repository. */
  readonly name: string;
  /** Its tags, sorted. */
  readonly tags: readonly string[];
}

/**
 * Lists the tags of a repository.
 *
 * @param context The door to the process.
 * @param invocation Arguments and flags.
 */
export async function run(context: Context, invocation: Invocation<Flags>): Promise<void> {
  const { args, flags } = invocation;
  const format = parseOutputFormat(flags.format, "{{printPretty .}}", ["raw", "body", "headers"]);
  const ref = parseReference(args[0] ?? "");
  const limit = Math.max(flags.limit, 0);
  await using client = await openClient(context, invocation, [ref]);
  await using repository = client.repository(ref);
  const pages = tagPages(repository, {
    signal: context.signal,
    ...(limit > 0 ? { limit } : {}),
    ...(flags.last === "" ? {} : { last: flags.last }),
  });
  const name = ref.scheme === "reg" ? ref.repository : ref.path;
  const list = await collectNames(pages, limit, (tags) => ({ name, tags }));
  if (flags.json) {
    return await printJson<TagListJson>(context.stdout, {
      name: formatReference({ ...ref, tag: "", digest: "" }),
      tags: list.names,
    });
  }
  await printNames(context.stdout, format, list);
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
