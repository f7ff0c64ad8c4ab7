/**
 * Reads the two blobs of a comparison.
 *
 * @module
 */

import type { Digest } from "../../../lib/oci/digest.ts";
import { parseReference } from "../../../lib/reference/parse.ts";
import type { BlobBody } from "../../../lib/repository.ts";
import type { Invocation } from "../../command.ts";
import type { Context } from "../../context.ts";
import { openClient } from "../../open_client.ts";
import { readDigest } from "./digest_argument.ts";

/**
 * Reads two blobs, one after the other. One that is named twice is read once.
 *
 * @typeParam T What is made of a blob.
 * @param context The door to the process.
 * @param invocation Arguments and flags.
 * @param read Makes it; reads the body to its end or cancels it.
 * @returns What was made of the first and of the second blob.
 */
export async function readTwoBlobs<T>(
  context: Context,
  invocation: Pick<Invocation, "args" | "globals" | "logger">,
  read: (blob: BlobBody, digest: Digest) => Promise<T>,
): Promise<readonly [T, T]> {
  const { args } = invocation;
  const { signal } = context;
  const [leftRef, rightRef] = [parseReference(args[0] ?? ""), parseReference(args[2] ?? "")];
  const [leftDigest, rightDigest] = [readDigest(args[1] ?? ""), readDigest(args[3] ?? "")];
  await using client = await openClient(context, invocation, [leftRef, rightRef]);
  await using leftSide = client.repository(leftRef);
  await using rightSide = client.repository(rightRef);
  const left = await read(await leftSide.blobs.get({ digest: leftDigest }, { signal }), leftDigest);
  if (leftSide.id === rightSide.id && leftDigest === rightDigest) return [left, left];
  return [left, await read(await rightSide.blobs.get({ digest: rightDigest }, { signal }), rightDigest)];
}
