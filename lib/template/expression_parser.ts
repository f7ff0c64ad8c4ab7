/**
 * Reads pipelines: what stands inside of an action (spec "Grammar").
 *
 * @module
 */

import { type ByteText, countRunes, offsetOfRune } from "./byte_text.ts";
import { type Lexer, LexError, type Token } from "./lexer.ts";
import type { CommandNode, FunctionNode, OperandNode, PipelineNode } from "./nodes.ts";
import { numberNode } from "./number_literal.ts";
import { sourceOf } from "./print.ts";
import { quoteText, unquoteText } from "./quote.ts";

/** How deep parentheses may be nested: evaluating them takes a few calls for each. */
const depthLimit = 250;
const shownLength = 10;

/** The variables in sight at a place of a body. */
export class Scope {
  readonly #names: ByteText[] = ["$"];
  readonly #counts = new Map([["$", 1]]);

  /** How many variables are in sight, hidden ones among them. */
  get size(): number {
    return this.#names.length;
  }

  /**
   * Tells whether a variable is in sight.
   *
   * @param name Its name with the `$`.
   * @returns Whether it is.
   */
  has(name: ByteText): boolean {
    return (this.#counts.get(name) ?? 0) > 0;
  }

  /**
   * Brings a variable into sight.
   *
   * @param name Its name with the `$`.
   */
  add(name: ByteText): void {
    this.#names.push(name);
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }

  /**
   * Forgets the variables of a block.
   *
   * @param size How many there were before it.
   */
  leave(size: number): void {
    for (const name of this.#names.splice(size)) this.#counts.set(name, (this.#counts.get(name) ?? 1) - 1);
  }
}

/** Reads tokens with some look-ahead, and the pipelines made of them. */
export class ExpressionParser {
  readonly #lexer: Lexer;
  readonly #hasFunction: (name: ByteText) => boolean;
  readonly #ahead: Token[] = [];
  #depth = 0;
  /** The variables in sight. */
  scope: Scope = new Scope();

  /**
   * Creates a parser.
   *
   * @param lexer Gives the tokens.
   * @param hasFunction Tells whether there is a function of a name.
   */
  constructor(lexer: Lexer, hasFunction: (name: ByteText) => boolean) {
    this.#lexer = lexer;
    this.#hasFunction = hasFunction;
  }

  /**
   * Looks at a token without taking it.
   *
   * @param offset How many tokens to look ahead; 0 for the next.
   * @returns The token.
   */
  peek(offset = 0): Token {
    for (;;) {
      const token = this.#ahead[offset];
      if (token !== undefined) return token;
      this.#ahead.push(this.#lexer.next());
    }
  }

  /**
   * Takes the next token.
   *
   * @returns The token.
   */
  next(): Token {
    const token = this.peek();
    this.#ahead.shift();
    return token;
  }

  /**
   * Takes the next token, which must be of a kind.
   *
   * @param kind The kind.
   * @param context What is being read, for the error.
   * @returns The token.
   */
  expect(kind: Token["kind"], context: string): Token {
    const token = this.next();
    if (token.kind !== kind) unexpected(token, context);
    return token;
  }

  /**
   * Reads a pipeline with the end of its action or parentheses.
   *
   * @param context What is being read, for errors.
   * @param end What ends it.
   * @returns The pipeline.
   */
  pipeline(context: string, end: "close" | ")"): PipelineNode {
    const at = this.peek().at;
    const { variables, isAssign } = this.#declarations(context);
    const commands: CommandNode[] = [];
    for (;;) {
      const token = this.peek();
      if (token.kind === end) break;
      if (!startsOperand(token)) unexpected(token, context);
      commands.push(this.#command());
    }
    this.next();
    if (commands.length === 0) throw new LexError(`missing value for ${context}`, at);
    checkStages(commands);
    return { kind: "pipeline", at, variables, isAssign, commands };
  }

  #declarations(context: string): { variables: ByteText[]; isAssign: boolean } {
    const variables: ByteText[] = [];
    let offset = 0;
    for (; this.peek(offset).kind === "variable"; offset += 2) {
      const name = this.peek(offset).text;
      const follower = this.peek(offset + 1);
      variables.push(name);
      if (follower.kind === "declare" || follower.kind === "assign") {
        if (variables.length > (context === "range" ? 2 : 1)) tooMany(context, follower);
        for (let count = 0; count < offset + 2; count++) this.next();
        for (const variable of variables) this.scope.add(variable);
        return { variables, isAssign: follower.kind === "assign" };
      }
      if (follower.kind !== "char" || follower.text !== ",") break;
      if (context !== "range" || variables.length > 1) tooMany(context, follower);
      if (this.peek(offset + 2).kind !== "variable") {
        throw new LexError("range can only initialize variables", follower.at);
      }
    }
    // `{{range $x, $y}}` looked like a declaration: its names must be known, and then a comma cannot stand there.
    for (const name of variables.slice(1)) this.#checkVariable(name, this.peek().at);
    return { variables: [], isAssign: false };
  }

  #command(): CommandNode {
    const at = this.peek().at;
    const operands: OperandNode[] = [];
    for (;;) {
      const token = this.peek();
      if (!startsOperand(token)) {
        if (token.kind === "pipe") this.next();
        else if (token.kind !== "close" && token.kind !== ")") unexpected(token, "operand");
        break;
      }
      if (operands.length > 0 && !token.isSpaced) unexpected(token, "operand");
      operands.push(this.#operand());
    }
    const [first, ...rest] = operands;
    if (first === undefined) throw new LexError("empty command", at);
    return { kind: "command", at, operands: [first, ...rest] };
  }

  #operand(): OperandNode {
    const base = this.#term();
    const at = this.peek().at;
    const fields: ByteText[] = [];
    while (this.peek().kind === "field" && !this.peek().isSpaced) fields.push(this.next().text.slice(1));
    if (fields.length === 0) return base;
    switch (base.kind) {
      case "field":
        return { ...base, at, names: [...base.names, ...fields] };
      case "variable":
        return { ...base, at, fields };
      case "function":
      case "pipeline":
        return { kind: "chain", at, base, fields };
      default:
        throw new LexError(`unexpected . after term ${quoteText(sourceOf(base))}`, at);
    }
  }

  #term(): OperandNode {
    const token = this.next();
    const { at, text } = token;
    switch (token.kind) {
      case "word":
        return this.#functionNode(token);
      case "dot":
        return { kind: "dot", at };
      case "constant":
        return text === "nil" ? { kind: "nil", at } : { kind: "bool", at, value: text === "true" };
      case "variable":
        this.#checkVariable(text, at);
        return { kind: "variable", at, name: text, fields: [] };
      case "field":
        return { kind: "field", at, names: [text.slice(1)] };
      case "number":
      case "character":
        return numberNode(token);
      case "string": {
        const value = unquoteText(text);
        if (value === undefined) throw new LexError("invalid syntax", at);
        return { kind: "string", at, source: text, value };
      }
      case "(":
        return this.#parenthesized(at);
      default:
        unexpected(token, "operand");
    }
  }

  #parenthesized(at: number): PipelineNode {
    if (++this.#depth > depthLimit) throw new LexError("max expression depth exceeded", at);
    const pipeline = this.pipeline("parenthesized pipeline", ")");
    this.#depth--;
    return pipeline;
  }

  #functionNode({ text, at }: Token): FunctionNode {
    if (!this.#hasFunction(text)) throw new LexError(`function ${quoteText(text)} not defined`, at);
    return { kind: "function", at, name: text };
  }

  #checkVariable(name: ByteText, at: number): void {
    if (!this.scope.has(name)) throw new LexError(`undefined variable ${quoteText(name)}`, at);
  }
}

/**
 * Fails over a token that cannot stand at its place.
 *
 * @param token The token.
 * @param context What was being read.
 * @throws {LexError} Always.
 */
export function unexpected(token: Token, context: string): never {
  throw new LexError(`unexpected ${describeToken(token)} in ${context}`, token.at);
}

/** Tells whether an operand may start with a token. */
function startsOperand({ kind }: Token): boolean {
  switch (kind) {
    case "word":
    case "dot":
    case "constant":
    case "variable":
    case "field":
    case "number":
    case "character":
    case "string":
    case "(":
      return true;
    default:
      return false;
  }
}

function tooMany(context: string, token: Token): never {
  throw new LexError(`too many declarations in ${context}`, token.at);
}

function describeToken({ kind, text }: Token): string {
  if (kind === "end") return "EOF";
  if (kind === "keyword" || kind === "dot" || text === "nil") return `<${text}>`;
  return countRunes(text) > shownLength
    ? `${quoteText(text.slice(0, offsetOfRune(text, shownLength)))}...`
    : quoteText(text);
}

/** Only the first command of a pipeline may be a plain value. */
function checkStages(commands: readonly CommandNode[]): void {
  for (const [index, { operands: [{ kind }], at }] of commands.entries()) {
    const isValue = kind === "bool" || kind === "dot" || kind === "nil" || kind === "number" || kind === "string";
    if (index > 0 && isValue) throw new LexError(`non executable command in pipeline stage ${index + 1}`, at);
  }
}
