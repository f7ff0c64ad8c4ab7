/**
 * Reads a template: text, actions and the blocks that they open and close (spec "Grammar", "Actions").
 *
 * @module
 */

import { type ByteText, fromByteText, toByteText } from "./byte_text.ts";
import { ExpressionParser, Scope, unexpected } from "./expression_parser.ts";
import { Lexer, LexError, type Token } from "./lexer.ts";
import type { PipelineNode, StatementNode, TemplateTree } from "./nodes.ts";
import { quoteText, unquoteText } from "./quote.ts";
import { TemplateError } from "./template_error.ts";

/** How a template is read. */
export interface ParseTreeOptions {
  /** The template's name, as errors give it. */
  readonly name: string;
  /** Tells whether there is a function of a name. */
  readonly hasFunction: (name: string) => boolean;
}

/** A block whose end has not come yet. */
interface OpenBlock {
  readonly kind: "main" | "define" | "if" | "with" | "range";
  readonly at: number;
  /** The name of what is defined. */
  readonly name: ByteText;
  readonly pipeline: PipelineNode | undefined;
  /** Whether it follows `else` and so shares the end of the block around it. */
  readonly isChained: boolean;
  /** The variables around it. */
  readonly scope: Scope;
  /** How many of them were in sight when it was opened. */
  readonly mark: number;
  /** How many ranges a `{{break}}` in its body could leave. */
  readonly loops: number;
  readonly body: StatementNode[];
  otherwise: StatementNode[] | undefined;
}

/**
 * Reads a template.
 *
 * @param text The template text.
 * @param options Its name and functions.
 * @returns The tree.
 * @throws {TemplateError} When the text is no template.
 */
export function parseTree(text: string, options: ParseTreeOptions): TemplateTree {
  const source = toByteText(text);
  try {
    return new Parser(source, options).parse();
  } catch (error) {
    if (!(error instanceof LexError)) throw error;
    const line = lineAt(source, error.at);
    const place = `template: ${options.name}:${line}`;
    throw new TemplateError(`${place}: ${fromByteText(error.message)}${startOf(source, error, options.name)}`, {
      line,
    });
  }
}

function lineAt(source: ByteText, at: number): number {
  return source.slice(0, at).split("\n").length;
}

/** Tells where the action began in which a token could not be read, when that is on another line. */
function startOf(source: ByteText, { actionAt, at, message }: LexError, name: string): string {
  if (actionAt === undefined || lineAt(source, actionAt) === lineAt(source, at)) return "";
  return `${message.endsWith(" action") ? "" : " in action"} started at ${name}:${lineAt(source, actionAt)}`;
}

class Parser {
  readonly #source: ByteText;
  readonly #name: ByteText;
  readonly #tokens: ExpressionParser;
  readonly #bodies = new Map<ByteText, readonly StatementNode[]>();
  readonly #open: OpenBlock[] = [];

  constructor(source: ByteText, { name, hasFunction }: ParseTreeOptions) {
    this.#source = source;
    this.#name = toByteText(name);
    this.#tokens = new ExpressionParser(new Lexer(source), (word) => hasFunction(fromByteText(word)));
  }

  parse(): TemplateTree {
    this.#push("main", 0, { name: this.#name });
    for (let token = this.#tokens.next(); token.kind !== "end"; token = this.#tokens.next()) {
      if (token.kind === "text") this.#add({ kind: "text", at: token.at, text: token.text });
      else this.#action(token);
    }
    const main = this.#open.pop();
    if (main === undefined || main.kind !== "main") throw new LexError("unexpected EOF", this.#source.length);
    this.#define(this.#name, main.body, 0);
    return { name: this.#name, source: this.#source, bodies: this.#bodies };
  }

  #action(open: Token): void {
    const tokens = this.#tokens;
    const token = tokens.peek();
    if (token.kind !== "keyword") {
      const pipeline = tokens.pipeline("command", "close");
      return this.#add({ kind: "action", at: pipeline.at, pipeline });
    }
    switch (token.text) {
      case "if":
      case "with":
      case "range":
        tokens.next();
        return this.#branch(token.text, token.at);
      case "else":
        tokens.next();
        return this.#else(token.at);
      case "end":
        tokens.next();
        tokens.expect("close", "end");
        return this.#end(token.at);
      case "break":
      case "continue":
        tokens.next();
        return this.#jump(token.text, token.at);
      case "template":
        tokens.next();
        return this.#template();
      case "block":
        tokens.next();
        return this.#block(open.at);
      case "define":
        if (this.#open.length === 1) {
          tokens.next();
          return this.#definition(open.at);
        }
    }
    unexpected(token, "command");
  }

  #branch(kind: "if" | "with" | "range", at: number, isChained = false): void {
    const mark = this.#tokens.scope.size;
    const pipeline = this.#tokens.pipeline(kind, "close");
    this.#push(kind, at, { pipeline, isChained, mark });
  }

  #else(at: number): void {
    const tokens = this.#tokens;
    const block = this.#open.at(-1);
    if (block === undefined || block.pipeline === undefined) throw new LexError("unexpected {{else}}", at);
    if (block.otherwise !== undefined) throw new LexError("expected end; found {{else}}", at);
    block.otherwise = [];
    const token = tokens.peek();
    if (token.kind === "keyword" && token.text === block.kind && (block.kind === "if" || block.kind === "with")) {
      tokens.next();
      return this.#branch(block.kind, token.at, true);
    }
    if (token.kind === "keyword") unexpected(token, "input");
    tokens.expect("close", "else");
  }

  #end(at: number): void {
    for (;;) {
      const block = this.#open.at(-1);
      if (block === undefined || block.kind === "main") throw new LexError("unexpected {{end}}", at);
      this.#open.pop();
      block.scope.leave(block.mark);
      this.#tokens.scope = block.scope;
      if (block.kind === "define") return this.#define(block.name, block.body, at);
      if (block.pipeline !== undefined) {
        const { kind, pipeline, body, otherwise } = block;
        this.#add({ kind, at: block.at, pipeline, body, otherwise });
      }
      if (!block.isChained) return;
    }
  }

  #jump(kind: "break" | "continue", at: number): void {
    this.#tokens.expect("close", `{{${kind}}}`);
    if (this.#loops() === 0) throw new LexError(`{{${kind}}} outside {{range}}`, at);
    this.#add({ kind, at });
  }

  /** Counts the ranges that could be left here; those in their `else` are over. */
  #loops(): number {
    const block = this.#open.at(-1);
    if (block === undefined) return 0;
    return block.kind === "range" && block.otherwise !== undefined ? block.loops - 1 : block.loops;
  }

  #template(): void {
    const { name, at } = this.#quotedName("template clause");
    if (this.#tokens.peek().kind === "close") {
      this.#tokens.next();
      return this.#add({ kind: "template", at, name, pipeline: undefined });
    }
    this.#add({ kind: "template", at, name, pipeline: this.#tokens.pipeline("template clause", "close") });
  }

  #definition(at: number): void {
    const { name } = this.#quotedName("define clause");
    this.#tokens.expect("close", "define clause");
    this.#push("define", at, { name });
  }

  #block(openAt: number): void {
    const { name, at } = this.#quotedName("block clause");
    const pipeline = this.#tokens.pipeline("block clause", "close");
    this.#add({ kind: "template", at, name, pipeline });
    this.#push("define", openAt, { name });
  }

  #quotedName(context: string): { name: ByteText; at: number } {
    const token = this.#tokens.expect("string", context);
    const name = unquoteText(token.text);
    if (name === undefined) throw new LexError("invalid syntax", token.at);
    return { name, at: token.at };
  }

  #push(kind: OpenBlock["kind"], at: number, block: Partial<OpenBlock>): void {
    const { name = "", pipeline, isChained = false, mark = this.#tokens.scope.size } = block;
    const loops = kind === "define" ? 0 : this.#loops() + (kind === "range" ? 1 : 0);
    const { scope } = this.#tokens;
    this.#open.push({ kind, at, name, pipeline, isChained, scope, mark, loops, body: [], otherwise: undefined });
    if (kind === "define") this.#tokens.scope = new Scope();
  }

  #add(node: StatementNode): void {
    const block = this.#open.at(-1);
    (block?.otherwise ?? block?.body)?.push(node);
  }

  /** Takes a body; one that is blank never replaces one that is not. */
  #define(name: ByteText, body: readonly StatementNode[], at: number): void {
    const known = this.#bodies.get(name);
    if (known !== undefined && !isBlank(known)) {
      if (isBlank(body)) return;
      throw new LexError(`template: multiple definition of template ${quoteText(name)}`, at);
    }
    this.#bodies.set(name, body);
  }
}

function isBlank(body: readonly StatementNode[]): boolean {
  return body.every((node) => node.kind === "text" && /^[ \t\r\n]*$/.test(node.text));
}
