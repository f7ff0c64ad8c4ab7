/**
 * `regctl digest`.
 *
 * @module
 */

import { RegkitError } from "../../lib/errors.ts";
import { createHasher, type Digest, digestAlgorithms } from "../../lib/oci/digest.ts";
import type { Invocation } from "../command.ts";
import type { Context } from "../context.ts";
import { parseOutputFormat } from "../output/format_words.ts";

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
export async function run(context: Context, { flags }: Invocation<Flags>): Promise<void> {
  const format = parseOutputFormat(flags.format, "{{.String}}");
  const digest = await digestInput(context, flags.algorithm);
  if (format === "default") await context.stdout.write(digest);
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
