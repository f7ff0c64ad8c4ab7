/**
 * `regctl blob put`.
 *
 * @module
 */

import { parseReference } from "../../../lib/reference/parse.ts";
import type { BlobSource } from "../../../lib/repository.ts";
import type { Invocation } from "../../command.ts";
import type { Context } from "../../context.ts";
import { openClient } from "../../open_client.ts";
import { isTemplate, readFormat } from "../../output/format.ts";
import { type JsonFlag, printJson } from "../../output/json.ts";
import { unlessStrict } from "../../strict.ts";
import { readDigest } from "./digest_argument.ts";

interface Flags extends JsonFlag {
  readonly format: string;
  readonly "content-type": string;
  readonly digest: string;
}

/** How `--json` shows a stored blob. */
export interface BlobPutJson {
  /** Its digest. */
  readonly digest: string;
  /** Its length in bytes. */
  readonly size: number;
}

/**
 * Stores standard input as a blob.
 *
 * @param context The door to the process.
 * @param invocation Arguments and flags.
 */
export async function run(context: Context, invocation: Invocation<Flags>): Promise<void> {
  const { args, flags, logger } = invocation;
  const format = await readFormat(context, invocation, "{{println .Digest}}");
  const ref = parseReference(args[0] ?? "");
  const expected = await unlessStrict(invocation, "Ignoring a digest that cannot be checked", () => {
    return flags.digest === "" ? {} : { digest: readDigest(flags.digest) };
  });
  if (flags["content-type"] !== "") {
    logger.log("info", "Flag content-type has no effect", { value: flags["content-type"] });
  }
  const source: BlobSource = { isRewindable: false, open: () => Promise.resolve(context.stdin.stream()) };
  await using client = await openClient(context, invocation, [ref]);
  await using repository = client.repository(ref, { isTarget: true });
  const { descriptor } = await repository.blobs.put(expected ?? {}, source, { signal: context.signal });
  if (flags.json) {
    const { digest, size } = descriptor;
    return await printJson<BlobPutJson>(context.stdout, { digest, size });
  }
  if (format === "default") return await context.stdout.write(`${descriptor.digest}\n`);
  if (isTemplate(format)) await format.print((await import("../../output/objects/blob.ts")).putBlobObject(descriptor));
}
