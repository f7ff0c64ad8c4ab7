/**
 * `regctl blob get-file`.
 *
 * @module
 */

import { findFile } from "../../../lib/archive/find_file.ts";
import { FileOutput } from "../../../lib/archive/file_output.ts";
import { parseReference } from "../../../lib/reference/parse.ts";
import type { Invocation } from "../../command.ts";
import type { Context } from "../../context.ts";
import { openClient } from "../../open_client.ts";
import { isTemplate, readFormat } from "../../output/format.ts";
import { readDigest } from "./digest_argument.ts";

interface Flags {
  readonly "follow-links": boolean;
  readonly format: string;
}

/**
 * Writes one file of a layer to standard output, or to a file that appears once all of the layer is verified.
 *
 * @param context The door to the process.
 * @param invocation Arguments and flags.
 */
export async function run(context: Context, invocation: Invocation<Flags>): Promise<void> {
  const { args, flags, logger } = invocation;
  const format = await readFormat(context, invocation, "");
  const [refText = "", digestText = "", path = "", outPath] = args;
  const ref = parseReference(refText);
  const digest = readDigest(digestText);
  const { signal } = context;
  await using client = await openClient(context, invocation, [ref]);
  await using repository = client.repository(ref);
  const open = async () => (await repository.blobs.get({ digest }, { signal })).stream;
  const options = { followsLinks: flags["follow-links"] };
  if (isTemplate(format)) {
    const { header } = await findFile(open, path, (body) => body.cancel(), options);
    return await format.print((await import("../../output/objects/tar_file.ts")).tarFileObject(header));
  }
  await using file = outPath === undefined ? undefined : new FileOutput(outPath);
  const { header } = await findFile(open, path, async (body) => {
    await file?.open();
    for await (const chunk of body) await (file ?? context.stdout).write(chunk);
  }, options);
  await file?.commit();
  if (header.type === "file" || flags["follow-links"]) return;
  const fields = { name: header.name, type: header.type, target: header.linkname };
  logger.log("warn", "Entry is no regular file, so its content is empty; links are followed by --follow-links", fields);
}
