/**
 * Runs the statements of a template (spec "Actions").
 *
 * The frames of open bodies stand on a list of their own and not on the stack of calls, so that templates that call
 * themselves, or nest blocks, as deep as they may do not overflow it.
 *
 * @module
 */

import { type Budget, ValueError } from "./budget.ts";
import type { ByteText } from "./byte_text.ts";
import type { Expressions, Sight } from "./expressions.ts";
import { Formatter } from "./format.ts";
import type { BranchNode, PipelineNode, StatementNode, TemplateNode, TemplateTree } from "./nodes.ts";
import { quoteText } from "./quote.ts";
import { byteAt, intValue, isTrue, lengthOf, missing, type Value } from "./values.ts";
import { Variables } from "./variables.ts";

const templateDepthLimit = 100_000;

/** A body that is being run. */
interface BodyFrame extends Sight {
  readonly kind: "body";
  readonly nodes: readonly StatementNode[];
  next: number;
  /** The variables to go back to at its end. */
  readonly mark: number;
  /** The name of the template that it is of. */
  readonly name: ByteText;
  readonly depth: number;
}

/** A range between two turns. */
interface RangeFrame extends Sight {
  readonly kind: "range";
  readonly node: BranchNode;
  readonly turns: Turns;
  next: number;
  readonly mark: number;
  /** The variables to go back to at the start of each turn. */
  readonly innerMark: number;
  readonly name: ByteText;
  readonly depth: number;
}

/** What a range goes through. */
interface Turns {
  readonly count: number;
  readonly key: (turn: number) => Value;
  readonly value: (turn: number) => Value;
}

/** Takes what a template prints. */
export interface Sink {
  /** Takes the next text. */
  write(text: ByteText): void;
}

/** One run of a template. */
export class Machine {
  readonly #tree: TemplateTree;
  readonly #expressions: Expressions;
  readonly #budget: Budget;
  readonly #sink: Sink;
  readonly #frames: (BodyFrame | RangeFrame)[] = [];
  /** The name of the template that runs at present. */
  name: ByteText;

  /**
   * Creates a run.
   *
   * @param tree The template.
   * @param expressions Evaluates its pipelines.
   * @param budget What the run may cost.
   * @param sink Takes what is printed.
   */
  constructor(tree: TemplateTree, expressions: Expressions, budget: Budget, sink: Sink) {
    this.#tree = tree;
    this.#expressions = expressions;
    this.#budget = budget;
    this.#sink = sink;
    this.name = tree.name;
  }

  /**
   * Runs the template to its end.
   *
   * @param data Its dot.
   * @throws {ValueError} When it fails; the evaluator tells where.
   */
  run(data: Value): void {
    this.#enter(this.#tree.name, data, 0);
    for (let frame = this.#frames.at(-1); frame !== undefined; frame = this.#frames.at(-1)) {
      this.name = frame.name;
      if (frame.kind === "range") this.#turn(frame);
      else this.#step(frame);
    }
  }

  #enter(name: ByteText, dot: Value, depth: number): void {
    const nodes = this.#tree.bodies.get(name) ?? [];
    const variables = new Variables(dot);
    this.#frames.push({ kind: "body", nodes, next: 0, dot, variables, mark: 1, name, depth });
  }

  #step(frame: BodyFrame): void {
    const node = frame.nodes[frame.next++];
    if (node === undefined) {
      frame.variables.leave(frame.mark);
      this.#frames.pop();
      return;
    }
    this.#budget.step();
    this.#expressions.node = node;
    switch (node.kind) {
      case "text":
        return this.#sink.write(node.text);
      case "action":
        return this.#action(frame, node.pipeline);
      case "if":
      case "with":
        return this.#branch(frame, node);
      case "range":
        return this.#range(frame, node);
      case "template":
        return this.#template(frame, node);
      default:
        return this.#jump(node.kind);
    }
  }

  #action(frame: BodyFrame, pipeline: PipelineNode): void {
    const value = this.#expressions.pipeline(frame, pipeline);
    if (pipeline.variables.length === 0) this.#sink.write(this.#printed(value));
  }

  #printed(value: Value): ByteText {
    if (value.kind === "missing" || value.kind === "nil") return "<no value>";
    // What is printed alone is never shown as pointed to.
    return new Formatter(this.#budget).plain(value.kind === "struct" ? { ...value, isPointer: false } : value);
  }

  #branch(frame: BodyFrame, node: BranchNode): void {
    const mark = frame.variables.size;
    const value = this.#expressions.pipeline(frame, node.pipeline);
    const isMet = isTrue(value);
    this.#push(
      frame,
      (isMet ? node.body : node.otherwise) ?? [],
      isMet && node.kind === "with" ? value : frame.dot,
      mark,
    );
  }

  #push(
    { variables, name, depth }: BodyFrame | RangeFrame,
    nodes: readonly StatementNode[],
    dot: Value,
    mark: number,
  ): void {
    this.#frames.push({ kind: "body", nodes, next: 0, dot, variables, mark, name, depth });
  }

  #range(frame: BodyFrame, node: BranchNode): void {
    const { variables, dot, name, depth } = frame;
    const mark = variables.size;
    const value = this.#expressions.pipeline(frame, node.pipeline);
    const turns = this.#turnsOf(value, node);
    if (turns.count <= 0) return this.#push(frame, node.otherwise ?? [], dot, mark);
    const innerMark = variables.size;
    this.#frames.push({ kind: "range", node, turns, next: 0, dot, variables, mark, innerMark, name, depth });
  }

  #turnsOf(value: Value, node: BranchNode): Turns {
    const key = (turn: number) => intValue(turn);
    switch (value.kind) {
      case "nil":
      case "missing":
        return { count: 0, key, value: key };
      case "int":
        if (node.pipeline.variables.length > 1) {
          throw new ValueError(`can't use ${this.#printed(value)} to iterate over more than one variable`);
        }
        return { count: Number(value.value), key, value: (turn) => intValue(turn, value.type) };
      case "list":
        return { count: value.length, key, value: (turn) => value.at(turn) };
      case "bytes":
        return { count: lengthOf(value), key, value: (turn) => byteAt(value, turn) };
      case "map": {
        const keys = value.keys();
        const keyAt = (turn: number) => keys[turn] ?? missing;
        const valueAt = (turn: number) => {
          const found = keys[turn];
          return (found && value.get(found)) ?? missing;
        };
        return { count: keys.length, key: keyAt, value: valueAt };
      }
      default:
        throw new ValueError(`range can't iterate over ${new Formatter(this.#budget).plain(value)}`);
    }
  }

  #turn(frame: RangeFrame): void {
    const { node, turns, variables } = frame;
    variables.leave(frame.innerMark);
    const turn = frame.next++;
    if (turn >= turns.count) {
      variables.leave(frame.mark);
      this.#frames.pop();
      return;
    }
    this.#budget.step();
    const value = turns.value(turn);
    const names = node.pipeline.variables;
    const given = names.length > 1 ? [turns.key(turn), value] : [value];
    for (const [index, name] of names.entries()) {
      const item = given[index] ?? missing;
      if (node.pipeline.isAssign) variables.set(name, item);
      else variables.setAt(frame.innerMark - names.length + index, item);
    }
    this.#push(frame, node.body, value, frame.innerMark);
  }

  #jump(kind: "break" | "continue"): void {
    for (let frame = this.#frames.at(-1); frame !== undefined; frame = this.#frames.at(-1)) {
      if (frame.kind === "range") {
        if (kind === "break") frame.next = Infinity;
        return;
      }
      this.#frames.pop();
    }
  }

  #template(frame: BodyFrame, node: TemplateNode): void {
    if (!this.#tree.bodies.has(node.name)) throw new ValueError(`template ${quoteText(node.name)} not defined`);
    if (frame.depth >= templateDepthLimit) {
      throw new ValueError(`exceeded maximum template depth (${templateDepthLimit})`);
    }
    const mark = frame.variables.size;
    const dot = node.pipeline === undefined ? missing : this.#expressions.pipeline(frame, node.pipeline);
    frame.variables.leave(mark);
    this.#enter(node.name, dot, frame.depth + 1);
  }
}
