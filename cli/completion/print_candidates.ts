/**
 * `__complete` and `__completeNoDesc`: what the shells' scripts ask for the candidates of a word.
 *
 * @module
 */

import type { FlagOccurrence, Program } from "../command.ts";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit_code.ts";
import { readGlobals } from "../flags/global.ts";
import { collectValues } from "../run.ts";
import { type Candidates, findCandidates } from "./candidates.ts";
import { createLookUp } from "./look_up.ts";
import { findPosition } from "./position.ts";

/**
 * Prints the candidates of the last word: one per line, a tab and its summary behind it if wanted, and last the directives.
 *
 * @param program The program.
 * @param argv The hidden word, then the words of the line up to the cursor, of which the last may be empty.
 * @param context The door to the process.
 * @returns The exit code.
 */
export async function printCandidates(program: Program, argv: readonly string[], context: Context): Promise<number> {
  const [mode, ...words] = argv;
  const last = words.pop();
  if (last === undefined) {
    context.stderr.write("requires at least 1 arg(s), only received 0\n");
    return exitCodes.failure;
  }
  const { list, bits } = await candidatesOf(program, words, last, context);
  const describes = mode !== "__completeNoDesc";
  const lines = list.map(({ text, summary }) => describes && summary !== "" ? `${text}\t${summary}\n` : `${text}\n`);
  await context.stdout.write(`${lines.join("")}:${bits}\n`);
  return exitCodes.success;
}

async function candidatesOf(
  program: Program,
  words: readonly string[],
  last: string,
  context: Context,
): Promise<Candidates> {
  const position = findPosition(program, words, last);
  // File names may be what is wanted of a line that is not understood.
  if (position === undefined) return { list: [], bits: 0 };
  const known: readonly FlagOccurrence[] = position.flags;
  const globals = readGlobals(collectValues(program.globalFlags, known), new Set(known.map(({ name }) => name)));
  return await findCandidates(program, position, createLookUp(context, globals));
}
