/**
 * `regctl digest`.
 *
 * @module
 */

import { RegkitError } from "../../lib/errors.ts";
import { createHasher, type Digest, digestAlgorithms } from "../../lib/oci/digest.ts";
import type { Invocation } from "../command.ts";
import type { Context } from "../context.ts";
import { isTemplate, readFormat } from "../output/format.ts";

interface Flags {
  readonly algorithm: string;
  readonly format: string;
}

/**
 * Prints the digest of standard input, without a line's end.
 *
 * @param context The door to the process.
 * @param invocation Arguments and flags.
 */
export async function run(context: Context, invocation: Invocation<Flags>): Promise<void> {
  const format = await readFormat(context, invocation, "{{.String}}");
  const digest = await digestInput(context, invocation.flags.algorithm);
  if (format === "default") return await context.stdout.write(digest);
  if (isTemplate(format)) await format.print((await import("../output/objects/digest.ts")).digestObject(digest));
}

async function digestInput({ stdin }: Context, algorithm: string): Promise<Digest> {
  if (!digestAlgorithms.has(algorithm)) {
    throw new RegkitError("INVALID_ARGUMENT", `digest algorithm ${algorithm} is not available`, {
      tip: `Use one of ${[...digestAlgorithms.keys()].join(", ")}`,
    });
  }
  const hasher = await createHasher(algorithm);
  for await (const chunk of stdin.stream()) hasher.update(chunk);
  return hasher.digest();
}
