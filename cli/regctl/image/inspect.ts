/**
 * `regctl image inspect`.
 *
 * @module
 */

import { hasCode, RegkitError } from "../../../lib/errors.ts";
import { type ImageConfig, readImageConfig } from "../../../lib/image/image_config.ts";
import { tagOrDigest } from "../../../lib/reference/edit.ts";
import { parseReference } from "../../../lib/reference/parse.ts";
import type { Invocation } from "../../command.ts";
import type { Context } from "../../context.ts";
import { openClient } from "../../open_client.ts";
import { isTemplate, readFormat } from "../../output/format.ts";
import type { PlainFormat } from "../../output/format_words.ts";
import { formatHeaders } from "../../output/headers.ts";
import { indentJson } from "../../output/indent_json.ts";
import { type JsonFlag, printJson } from "../../output/json.ts";
import { readPlatform } from "../../platform_option.ts";

interface Flags extends JsonFlag {
  readonly format: string;
  readonly platform: string;
}

/** How `--json` shows an image config. */
export interface ImageConfigJson {
  /** The image as typed. */
  readonly name: string;
  /** The config's digest. */
  readonly digest: string;
  /** Its length in bytes. */
  readonly size: number;
  /** The document. */
  readonly config: unknown;
}

/**
 * Prints the config of an image.
 *
 * @param context The door to the process.
 * @param invocation Arguments and flags.
 */
export async function run(context: Context, invocation: Invocation<Flags>): Promise<void> {
  const { args, flags } = invocation;
  const format = await readFormat(context, invocation, "{{printPretty .}}", ["raw", "body", "headers"]);
  const config = await find(context, invocation);
  if (isTemplate(format)) {
    return await format.print((await import("../../output/objects/image.ts")).imageObject(config));
  }
  if (!flags.json) return await print(context, format, config);
  const { digest, bytes, body } = config;
  const name = parseReference(args[0] ?? "").reference;
  await printJson<ImageConfigJson>(context.stdout, { name, digest, size: bytes.length, config: body });
}

async function find(context: Context, invocation: Invocation<Flags>): Promise<ImageConfig> {
  const { args, flags, logger } = invocation;
  const ref = parseReference(args[0] ?? "");
  const platform = await readPlatform(context, flags.platform || "local");
  await using client = await openClient(context, invocation, [ref]);
  await using repository = client.repository(ref);
  try {
    return await readImageConfig(repository, tagOrDigest(ref), { platform, signal: context.signal, logger });
  } catch (error) {
    if (!hasCode(error, "UNSUPPORTED_MEDIA_TYPE")) throw error;
    const words = 'artifacts are not supported with "regctl image inspect", use "regctl artifact get --config" instead';
    throw new RegkitError(error.code, `${words}: ${error.message}`, { cause: error });
  }
}

async function print({ stdout }: Context, format: PlainFormat, config: ImageConfig): Promise<void> {
  if (format === "default") return await stdout.write(`${indentJson(config.text)}\n`);
  if (format === "raw" || format === "headers") await stdout.write(formatHeaders(config.headers));
  if (format === "raw") await stdout.write("\n");
  if (format === "raw" || format === "body") await stdout.write(config.bytes);
}
