/**
 * Templates in the dialect of Go's text/template, as `--format` and settings files use it (spec "Template dialect").
 *
 * @module
 */

import { type Logger, silentLogger } from "../log.ts";
import { Budget, ValueError } from "./budget.ts";
import { fromByteText } from "./byte_text.ts";
import { Machine } from "./evaluate.ts";
import { Expressions } from "./expressions.ts";
import type { FunctionContext } from "./functions/function_spec.ts";
import { findFunction, hasFunction, type TemplateFunction } from "./functions/function_table.ts";
import type { TemplateTree } from "./nodes.ts";
import { Output } from "./output.ts";
import { parseTree } from "./parser.ts";
import { printTree, type SourceNode, sourceOf } from "./print.ts";
import { quoteText } from "./quote.ts";
import { TemplateError } from "./template_error.ts";
import { Clock } from "./time.ts";
import { utc, type Zone } from "./time_value.ts";
import { missing } from "./values.ts";
import { wrap } from "./wrap.ts";

/** How a template is read. */
export interface ParseTemplateOptions {
  /** The name that errors give. @default "out" */
  readonly name?: string;
  /** Functions beside those of the dialect, by name. */
  readonly functions?: Readonly<Record<string, TemplateFunction>>;
}

/** What a template may use while it runs, and where its text goes. */
export interface RenderOptions {
  /** Gives environment variables to `env`; by default there are none. */
  readonly env?: (name: string) => string | undefined;
  /** Gives the text of files to `file`, or nothing where there is none; by default no file can be read. */
  readonly readFile?: (path: string) => string | undefined;
  /** Gives the time to `time.Now`, in milliseconds since 1970. @default Date.now */
  readonly now?: () => number;
  /** Gives the local time zone at a time in seconds since 1970; by default it is UTC. */
  readonly localZone?: (seconds: number) => Zone;
  /** Is told of files that cannot be read. */
  readonly logger?: Logger;
  /** How many steps a run may take. @default 25_000_000 */
  readonly maxSteps?: number;
  /** How many bytes may be printed, or any one text have. @default 268_435_456 */
  readonly maxOutput?: number;
  /** Takes the text as it is printed; nothing is collected then. What it throws is thrown on as it is. */
  readonly write?: (text: string) => void;
  /** Takes bytes as they are printed, for data that may not be text; nothing is collected then. */
  readonly writeBytes?: (bytes: Uint8Array<ArrayBuffer>) => void;
}

/** How a template is read and run. */
export interface RenderTemplateOptions extends ParseTemplateOptions, RenderOptions {}

/** A template that has been read and can be run any number of times. */
export interface Template {
  /**
   * Runs the template.
   *
   * @param data Its dot: plain data, or an object of a described type.
   * @param options What it may use, and where its text goes.
   * @returns What it printed; empty when that was streamed.
   * @throws {TemplateError} When it fails; `partial` has what was printed before.
   */
  render(data: unknown, options?: RenderOptions): string;
  /**
   * Writes the template as text again, without comments and trimmed white space.
   *
   * @returns Text that reads as the same template.
   */
  toString(): string;
}

class ParsedTemplate implements Template {
  readonly #tree: TemplateTree;
  readonly #functions: Readonly<Record<string, TemplateFunction>>;

  constructor(tree: TemplateTree, functions: Readonly<Record<string, TemplateFunction>>) {
    this.#tree = tree;
    this.#functions = functions;
  }

  render(data: unknown, options: RenderOptions = {}): string {
    const { maxSteps = 25_000_000, maxOutput = 2 ** 28, write, writeBytes } = options;
    const budget = new Budget(maxSteps, maxOutput);
    const output = new Output({ write, writeBytes, maxOutput });
    const expressions = new Expressions(contextOf(options, budget), (name) => findFunction(name, this.#functions));
    const machine = new Machine(this.#tree, expressions, budget, output);
    try {
      const dot = wrap(data);
      machine.run(dot.kind === "nil" ? missing : { ...dot, isBoxed: false });
    } catch (error) {
      if (output.failure !== undefined) throw error;
      throw this.#failure(error, machine.name, expressions.node, output.end());
    }
    return output.end();
  }

  toString(): string {
    return fromByteText(printTree(this.#tree));
  }

  #failure(error: unknown, executing: string, node: SourceNode | undefined, partial: string): TemplateError {
    const before = this.#tree.source.slice(0, node?.at ?? 0);
    const line = before.split("\n").length;
    const column = before.length - (before.lastIndexOf("\n") + 1);
    const action = node === undefined ? "" : fromByteText(sourceOf(node));
    const name = fromByteText(this.#tree.name);
    const place = `${name}:${line}:${column}: executing ${fromByteText(quoteText(executing))} at <${action}>`;
    const cause = error instanceof ValueError ? error.cause : error;
    const failure = new TemplateError(`template: ${place}: ${messageOf(error)}`, { line, column, action, cause });
    failure.partial = partial;
    return failure;
  }
}

/** Gives the text of an error; that of the engine's own errors is byte text. */
function messageOf(error: unknown): string {
  if (error instanceof ValueError) return fromByteText(error.message);
  return error instanceof Error ? error.message : String(error);
}

function contextOf(options: RenderOptions, budget: Budget): FunctionContext {
  const { env = () => undefined, readFile = () => undefined, now = Date.now, localZone, logger = silentLogger } =
    options;
  return {
    budget,
    clock: new Clock(now, (nanos) => localZone === undefined ? utc : localZone(Math.floor(Number(nanos) / 1e9))),
    env,
    readFile,
    warn: (message, fields) => logger.log("warn", message, fields),
  };
}

/**
 * Reads a template in the dialect of Go's text/template.
 *
 * @param text The template text.
 * @param options Its name and further functions.
 * @returns The template.
 * @throws {TemplateError} When the text is no template.
 *
 * @example
 * ```ts
 * import { parseTemplate } from "@regkit/regkit";
 * import assert from "node:assert/strict";
 *
 * const template = parseTemplate("{{range .tags}}{{println .}}{{end}}");
 * assert.equal(template.render({ tags: ["v1", "v2"] }), "v1\nv2\n");
 * ```
 */
export function parseTemplate(text: string, options: ParseTemplateOptions = {}): Template {
  const { name = "out", functions = {} } = options;
  return new ParsedTemplate(parseTree(text, { name, hasFunction: (word) => hasFunction(word, functions) }), functions);
}

/**
 * Reads and runs a template in the dialect of Go's text/template.
 *
 * @param text The template text.
 * @param data Its dot: plain data, or an object of a described type.
 * @param options Its name, further functions, what it may use, and where its text goes.
 * @returns What it printed; empty when that was streamed.
 * @throws {TemplateError} When the text is no template, or it fails; `partial` has what was printed before.
 *
 * @example
 * ```ts
 * import { renderTemplate } from "@regkit/regkit";
 * import assert from "node:assert/strict";
 *
 * const data = { name: "app", layers: [{ size: 3 }, { size: 4 }] };
 * const text = '{{upper .name}}:{{range $i, $l := .layers}} {{$i}}={{printf "%03d" $l.size}}{{end}}';
 * assert.equal(renderTemplate(text, data), "APP: 0=003 1=004");
 * ```
 */
export function renderTemplate(text: string, data: unknown, options: RenderTemplateOptions = {}): string {
  return parseTemplate(text, options).render(data, options);
}
