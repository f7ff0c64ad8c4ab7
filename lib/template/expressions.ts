/**
 * Evaluates pipelines (spec "Grammar", "Values and field access").
 *
 * @module
 */

import { ValueError } from "./budget.ts";
import { type ByteText, fromByteText, toByteText } from "./byte_text.ts";
import { coerce, constantFor, idealConstant } from "./coerce.ts";
import { callMethod, findMember } from "./field_access.ts";
import type { FunctionContext, FunctionSpec } from "./functions/function_spec.ts";
import type { CommandNode, FunctionNode, OperandNode, PipelineNode } from "./nodes.ts";
import { type SourceNode, sourceOf } from "./print.ts";
import { type GoType, goTypes } from "./types.ts";
import { isTrue, missing, nil, typeName, type Value } from "./values.ts";
import type { Variables } from "./variables.ts";

/** What a pipeline can see. */
export interface Sight {
  /** The current value. */
  readonly dot: Value;
  /** The variables. */
  readonly variables: Variables;
}

/** The arguments of a call before they are evaluated. */
export interface CallArguments {
  /** The operands after the function. */
  readonly operands: readonly OperandNode[];
  /** What comes from the left side of `|`. */
  readonly final: Value | undefined;
}

/** What can be called: parameters, and how. */
interface Callable {
  readonly params: readonly GoType[];
  readonly variadic?: GoType | undefined;
  readonly call: (args: readonly Value[]) => Value;
}

const noArguments: CallArguments = { operands: [], final: undefined };

/** Evaluates the pipelines of one run. */
export class Expressions {
  /** What was looked at last; errors name it. */
  node: SourceNode | undefined;
  readonly #context: FunctionContext;
  readonly #find: (name: string) => FunctionSpec | undefined;

  /**
   * Creates an evaluator.
   *
   * @param context What functions may use.
   * @param find Finds a function that evaluates all of its arguments.
   */
  constructor(context: FunctionContext, find: (name: string) => FunctionSpec | undefined) {
    this.#context = context;
    this.#find = find;
  }

  /**
   * Evaluates a pipeline and sets its variables.
   *
   * @param sight What it can see.
   * @param node The pipeline.
   * @returns Its value.
   * @throws {ValueError} When it fails; `node` tells where.
   */
  pipeline(sight: Sight, node: PipelineNode): Value {
    this.node = node;
    this.#context.budget.step();
    let value: Value | undefined;
    for (const command of node.commands) value = unboxed(this.#command(sight, command, value));
    const result = value ?? missing;
    for (const name of node.variables) {
      if (node.isAssign) sight.variables.set(name, result);
      else sight.variables.push(name, result);
    }
    return result;
  }

  #command(sight: Sight, command: CommandNode, final: Value | undefined): Value {
    this.#context.budget.step();
    const [first, ...operands] = command.operands;
    const args = { operands, final };
    switch (first.kind) {
      case "field":
      case "variable":
      case "chain":
        return this.#fieldOperand(sight, first, args);
      case "function":
        return this.#function(sight, first, command, args);
      case "pipeline":
        refuseArguments(first, args);
        return this.pipeline(sight, first);
    }
    this.node = first;
    refuseArguments(first, args);
    if (first.kind === "dot") return sight.dot;
    if (first.kind === "nil") throw new ValueError("nil is not a command");
    return idealConstant(first);
  }

  #fieldOperand(
    sight: Sight,
    node: OperandNode & { kind: "field" | "variable" | "chain" },
    args: CallArguments,
  ): Value {
    this.node = node;
    switch (node.kind) {
      case "field":
        return this.#fields(sight, sight.dot, node.names, node, args);
      case "variable": {
        const value = sight.variables.get(node.name);
        if (node.fields.length === 0) refuseArguments(node, args);
        return this.#fields(sight, value, node.fields, node, args);
      }
      case "chain":
        return this.#fields(sight, this.#argument(sight, undefined, node.base), node.fields, node, args);
    }
  }

  /** Goes from field to field; the arguments are those of the last. */
  #fields(sight: Sight, from: Value, names: readonly ByteText[], node: OperandNode, args: CallArguments): Value {
    let value = from;
    for (const [index, name] of names.entries()) {
      this.#context.budget.step();
      const own = index === names.length - 1 ? args : noArguments;
      const found = findMember(value, name, own.operands.length > 0 || own.final !== undefined);
      if (found.kind === "value") value = found.value;
      else {
        const { method, self } = found;
        const call = (given: readonly Value[]) => callMethod(method, self, given, this.#context.clock);
        const callable = { params: method.params ?? [], variadic: method.variadic, call };
        value = this.#call(sight, name, node, callable, own);
      }
    }
    return value;
  }

  #function(sight: Sight, node: FunctionNode, at: SourceNode, args: CallArguments): Value {
    this.node = node;
    const { name } = node;
    const spec = this.#find(fromByteText(name));
    if (spec !== undefined) {
      const call = (given: readonly Value[]) => spec.call(this.#context, given);
      return this.#call(sight, name, at, { params: spec.params, variadic: spec.variadic, call }, args);
    }
    checkCount(name, { params: [goTypes.any], variadic: goTypes.any }, args);
    return name === "call" ? this.#callValue(sight, at, args) : this.#decide(sight, name === "or", args);
  }

  /** `and` and `or`: the rest of the arguments is not even looked at once one has decided. */
  #decide(sight: Sight, isOr: boolean, { operands, final }: CallArguments): Value {
    let value: Value = missing;
    for (const operand of operands) {
      value = this.#argument(sight, goTypes.any, operand);
      if (isTrue(value) === isOr) return value;
    }
    return final ?? value;
  }

  /** `call`: no data of the tools is a function, so all that can be said is what was found instead. */
  #callValue(sight: Sight, at: SourceNode, { operands, final }: CallArguments): Value {
    const values = operands.map((operand) => this.#argument(sight, goTypes.any, operand));
    const [value = final ?? missing] = values;
    this.node = at;
    const [first] = operands;
    const shown = first === undefined ? "" : ` ${sourceOf(first)}`;
    if (value.kind === "nil" || value.kind === "missing") throw new ValueError("error calling call: call of nil");
    throw new ValueError(`error calling call: non-function${shown} of type ${typeName(value)}`);
  }

  #call(sight: Sight, name: ByteText, at: SourceNode, callable: Callable, args: CallArguments): Value {
    const { params, variadic } = callable;
    checkCount(name, callable, args);
    const typeAt = (index: number) => params[index] ?? variadic ?? goTypes.any;
    const values = args.operands.map((operand, index) => this.#argument(sight, typeAt(index), operand));
    if (args.final !== undefined) values.push(coerce(args.final, typeAt(args.operands.length)));
    this.node = at;
    try {
      return callable.call(values);
    } catch (error) {
      throw new ValueError(`error calling ${name}: ${messageOf(error)}`, { cause: error });
    }
  }

  /** Evaluates an operand as an argument; without a type it is what fields are taken of. */
  #argument(sight: Sight, type: GoType | undefined, node: OperandNode): Value {
    this.node = node;
    const value = this.#operand(sight, type ?? goTypes.any, node);
    return type === undefined ? value : coerce(value, type);
  }

  #operand(sight: Sight, type: GoType, node: OperandNode): Value {
    switch (node.kind) {
      case "dot":
        return sight.dot;
      case "field":
      case "variable":
      case "chain":
        return this.#fieldOperand(sight, node, noArguments);
      case "pipeline":
        return this.pipeline(sight, node);
      case "function":
        return unboxedResult(this.#function(sight, node, node, noArguments));
      case "nil":
        if (type.kind === "any" || type.kind === "list" || type.kind === "map" || type.kind === "pointer") return nil;
        throw new ValueError(`cannot assign nil to ${type.name}`);
      default:
        return constantFor(node, type);
    }
  }
}

/** Gives the text of what a function threw; that of the engine's own errors is byte text already. */
function messageOf(error: unknown): ByteText {
  if (error instanceof ValueError) return error.message;
  return toByteText(error instanceof Error ? error.message : String(error));
}

/** Takes a value out of what it came in: nothing at all then is no value. */
function unboxed(value: Value): Value {
  if (value.kind === "nil") return missing;
  return value.isBoxed === true ? { ...value, isBoxed: false } : value;
}

function unboxedResult(value: Value): Value {
  return value.kind === "nil" ? value : unboxed(value);
}

function refuseArguments(node: OperandNode, { operands, final }: CallArguments): void {
  if (operands.length === 0 && final === undefined) return;
  throw new ValueError(`can't give argument to non-function ${sourceOf(node)}`);
}

function checkCount(name: ByteText, callable: Omit<Callable, "call">, { operands, final }: CallArguments): void {
  const { params: { length }, variadic } = callable;
  const count = operands.length + (final === undefined ? 0 : 1);
  if (variadic === undefined ? count === length : count >= length) return;
  const wanted = variadic === undefined ? length : `at least ${length}`;
  throw new ValueError(`wrong number of args for ${name}: want ${wanted} got ${count}`);
}
