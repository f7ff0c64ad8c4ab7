/**
 * Runs a command line: read it, help, count arguments, set up logging, run. The only place where errors become exit codes.
 *
 * @module
 */

import { RegkitError } from "../lib/errors.ts";
import type { Logger } from "../lib/log.ts";
import type { Command, FlagOccurrence, FlagTable, FlagValue, GlobalValues, Invocation, Program } from "./command.ts";
import { type Context, OutputClosedError } from "./context.ts";
import { exitCodes } from "./exit_code.ts";
import { readGlobals } from "./flags/global.ts";
import { checkArgumentCount, parseLine } from "./grammar.ts";
import { createLogger } from "./log.ts";
import { parseLogLevel } from "./log_level.ts";
import { strictVariable, unlessStrict } from "./strict.ts";
import { texts } from "./text.ts";

/**
 * Runs a command line.
 *
 * @param program The program's commands and flags.
 * @param argv The words after the program's name.
 * @param context The door to the process.
 * @returns The exit code.
 */
export async function runLine(program: Program, argv: readonly string[], context: Context): Promise<number> {
  try {
    if (argv[0] === "__complete" || argv[0] === "__completeNoDesc") {
      const { printCandidates } = await import("./completion/print_candidates.ts");
      return await printCandidates(program, argv, context);
    }
    return await dispatch(program, argv, context);
  } catch (error) {
    if (isOutputClosed(error)) return exitCodes.outputClosed;
    const { reportFailure } = await import("./report_failure.ts");
    return await reportFailure(context, argv, error);
  }
}

function isOutputClosed(error: unknown): boolean {
  if (error instanceof SuppressedError) return isOutputClosed(error.suppressed);
  return error instanceof OutputClosedError;
}

async function dispatch(program: Program, argv: readonly string[], context: Context): Promise<number> {
  const line = parseLine(program, argv);
  const { node } = line;
  if (line.wantsHelp || node.kind === "group") {
    const { formatHelp } = await import("./help.ts");
    const isColored = context.stdout.isTerminal && !context.isColorless;
    await context.stdout.write(formatHelp(program, node, { isColored }));
    return exitCodes.success;
  }
  await checkArguments(program, node, line.args);
  const given = new Set(line.occurrences.map(({ name }) => name));
  checkFormats(given);
  const values = collectValues({ ...program.globalFlags, ...node.flags }, line.occurrences);
  const typed = readGlobals(values, given);
  const logger = createLogger({
    write: (text) => context.stderr.write(text),
    threshold: parseLogLevel(typed.verbosity),
    isJson: typed.logopt.includes("json"),
    now: () => context.clock.now(),
  });
  const isStrict = typed.isStrict || isTrue(context.env(strictVariable));
  const globals = { ...typed, isStrict, host: await readableHosts({ ...typed, isStrict }, logger) };
  const invocation: Invocation = {
    args: line.args,
    flags: values,
    given,
    occurrences: line.occurrences,
    globals,
    logger,
  };
  const { run } = await node.load();
  return await run(context, invocation) ?? exitCodes.success;
}

async function checkArguments(program: Program, node: Command, args: readonly string[]): Promise<void> {
  try {
    checkArgumentCount(node, args);
  } catch (error) {
    if (!(error instanceof RegkitError)) throw error;
    const { usageLine } = await import("./help.ts");
    throw new RegkitError(error.code, error.message, { tip: texts.usageTip(usageLine(program, node)) });
  }
}

/** The values of `--host` that can be read. A mistyped one is noticed even where no registry is asked. */
async function readableHosts(globals: GlobalValues, logger: Logger): Promise<readonly string[]> {
  if (globals.host.length === 0) return [];
  const { parseHostOption } = await import("../lib/settings/host_option.ts");
  const readable: string[] = [];
  for (const host of globals.host) {
    const found = await unlessStrict(
      { globals, logger },
      "Ignoring a --host that cannot be read",
      () => parseHostOption(host),
    );
    if (found !== undefined) readable.push(host);
  }
  return readable;
}

function isTrue(text: string | undefined): boolean {
  return /^(1|t|true)$/i.test(text ?? "");
}

/** JSON and a template are two answers to one question. */
function checkFormats(given: ReadonlySet<string>): void {
  if (given.has("json") && given.has("format")) throw new RegkitError("INVALID_ARGUMENT", texts.jsonAndFormat);
}

/**
 * Gives every flag of a table a value.
 *
 * @param table The flags.
 * @param occurrences What was typed.
 * @returns The values by long name, defaults filled in.
 */
export function collectValues(
  table: FlagTable,
  occurrences: readonly FlagOccurrence[],
): Readonly<Record<string, FlagValue>> {
  const values: Record<string, FlagValue> = {};
  for (const [name, flag] of Object.entries(table)) {
    const typed = occurrences.filter((occurrence) => occurrence.name === name).map(({ value }) => value);
    if (flag.kind === "list") values[name] = typed.map(String);
    else if (flag.kind === "bool") values[name] = typed.at(-1) ?? flag.default ?? false;
    else if (flag.kind === "string") values[name] = typed.at(-1) ?? flag.default ?? "";
    else values[name] = typed.at(-1) ?? flag.default ?? 0;
  }
  return values;
}
