/**
 * `regctl image copy`.
 *
 * @module
 */

import { RegkitError } from "../../../lib/errors.ts";
import type { CopyCounts } from "../../../lib/copy/progress.ts";
import { copyImage, type CopyImageOptions, type CopyResult, type CopyTarget } from "../../../lib/image/copy.ts";
import type { Platform } from "../../../lib/oci/platform.ts";
import { tagOrDigest } from "../../../lib/reference/edit.ts";
import { formatReference } from "../../../lib/reference/format.ts";
import { parseReference } from "../../../lib/reference/parse.ts";
import type { Reference } from "../../../lib/reference/reference.ts";
import type { Repository } from "../../../lib/repository.ts";
import type { Invocation } from "../../command.ts";
import type { CommandClient, Context } from "../../context.ts";
import { openClient } from "../../open_client.ts";
import { isTemplate, readFormat } from "../../output/format.ts";
import { type JsonFlag, printJson } from "../../output/json.ts";
import { showProgress } from "../../output/progress.ts";
import { readPlatform } from "../../platform_option.ts";

interface Flags extends JsonFlag {
  readonly "digest-tags": boolean;
  readonly fast: boolean;
  readonly "force-recursive": boolean;
  readonly format: string;
  readonly "include-external": boolean;
  readonly platform: string;
  readonly platforms: readonly string[];
  readonly referrers: boolean;
  readonly "referrers-src": string;
  readonly "referrers-tgt": string;
}

/** How `--json` shows what a copy did. */
export interface ImageCopyJson {
  /** What was copied. */
  readonly source: string;
  /** Where it went. */
  readonly target: string;
  /** The media type of the manifest there. */
  readonly mediaType: string;
  /** Its digest. */
  readonly digest: string;
  /** Whether the target had everything before. */
  readonly unchanged: boolean;
  /** How much was sent, linked and skipped. */
  readonly counts: CopyCounts;
}

/** What the command line names. */
interface Names {
  readonly source: Reference;
  readonly target: Reference;
  readonly referrersSource: Reference | undefined;
  readonly referrersTarget: Reference | undefined;
}

/**
 * Copies an image. All that was typed is checked before anything is asked for.
 *
 * @param context The door to the process.
 * @param invocation Arguments and flags.
 */
export async function run(context: Context, invocation: Invocation<Flags>): Promise<void> {
  const { flags, globals, logger } = invocation;
  const format = await readFormat(context, invocation, "{{ .CommonName }}\n");
  const names = readNames(invocation);
  const choice = await readPlatforms(context, flags);
  const { source, target } = names;
  const references = Object.values(names).filter((name): name is Reference => name !== undefined);
  await using client = await openClient(context, invocation, references);
  await using opened = openRepositories(client, names);
  let result: CopyResult;
  {
    await using progress = showProgress(context, { ...globals, isQuiet: globals.isQuiet || flags.json });
    const options: CopyImageOptions = {
      ...choice,
      digestTags: flags["digest-tags"],
      includeExternal: flags["include-external"],
      isFast: flags.fast,
      isForced: flags["force-recursive"],
      logger,
      onProgress: progress.onProgress,
      referrers: flags.referrers,
      referrersSource: opened.referrersSource,
      referrersTarget: opened.referrersTarget,
      signal: context.signal,
    };
    const from = { repository: opened.source, reference: tagOrDigest(source) };
    result = await copyImage(from, copyTarget(opened.target, target), options);
  }
  if (flags.json) return await printJson<ImageCopyJson>(context.stdout, toJson(names, result));
  if (format === "default") return await context.stdout.write(`${formatReference(target)}\n`);
  if (isTemplate(format)) await format.print((await import("../../output/objects/ref.ts")).refObject(target));
}

function toJson({ source, target }: Names, { descriptor, isUnchanged, counts }: CopyResult): ImageCopyJson {
  const { mediaType, digest } = descriptor;
  return {
    source: formatReference(source),
    target: formatReference(target),
    mediaType,
    digest,
    unchanged: isUnchanged,
    counts,
  };
}

function readNames({ args, flags }: Invocation<Flags>): Names {
  if (!flags.referrers && (flags["referrers-src"] !== "" || flags["referrers-tgt"] !== "")) {
    throw new RegkitError(
      "INVALID_ARGUMENT",
      "referrers must be enabled to specify an external referrers source or target",
      { tip: "Add --referrers" },
    );
  }
  const optional = (text: string) => text === "" ? undefined : parseReference(text);
  return {
    source: parseReference(args[0] ?? ""),
    target: parseReference(args[1] ?? ""),
    referrersSource: optional(flags["referrers-src"]),
    referrersTarget: optional(flags["referrers-tgt"]),
  };
}

async function readPlatforms(
  context: Context,
  { platform, platforms }: Flags,
): Promise<Pick<CopyImageOptions, "platform" | "platforms">> {
  const read = (text: string): Promise<Platform | ""> | "" => text === "" ? "" : readPlatform(context, text);
  return {
    platform: platform === "" ? undefined : await readPlatform(context, platform),
    platforms: platforms.length === 0 ? undefined : await Promise.all(platforms.map(read)),
  };
}

interface OpenRepositories extends AsyncDisposable {
  readonly source: Repository;
  readonly target: Repository;
  readonly referrersSource: Repository | undefined;
  readonly referrersTarget: Repository | undefined;
}

function openRepositories(client: CommandClient, names: Names): OpenRepositories {
  const stack = new AsyncDisposableStack();
  const open = (name: Reference, isTarget: boolean) => stack.use(client.repository(name, { isTarget }));
  return {
    source: open(names.source, false),
    target: open(names.target, true),
    referrersSource: names.referrersSource && open(names.referrersSource, false),
    referrersTarget: names.referrersTarget && open(names.referrersTarget, true),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** A tag beside a digest is set once the digest is checked. */
function copyTarget(repository: Repository, { tag, digest }: Reference): CopyTarget {
  if (digest === "") return { repository, reference: tag || "latest" };
  return { repository, reference: digest, tags: tag === "" ? [] : [tag] };
}
