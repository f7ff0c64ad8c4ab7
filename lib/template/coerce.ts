/**
 * Arguments: constants and values as the type that a function or method asks for (spec "Functions").
 *
 * @module
 */

import { ValueError } from "./budget.ts";
import type { BoolNode, NumberNode, StringNode } from "./nodes.ts";
import { sourceOf } from "./print.ts";
import type { GoType } from "./types.ts";
import { boolValue, floatValue, intValue, type ListValue, stringValue, typeName, type Value } from "./values.ts";
import { wrap } from "./wrap.ts";

/** A constant. */
export type ConstantNode = BoolNode | NumberNode | StringNode;

/**
 * Gives the value of a constant where no type is asked for.
 *
 * @param node The constant.
 * @returns The value.
 * @throws {ValueError} When it is a number that no value can hold.
 */
export function idealConstant(node: ConstantNode): Value {
  switch (node.kind) {
    case "bool":
      return boolValue(node.value);
    case "string":
      return stringValue(node.value);
    case "number": {
      if (node.isFloat || node.whole === undefined) return floatValue(node.float);
      if (node.whole >= 2n ** 63n) throw new ValueError(`${node.source} overflows int`);
      return intValue(node.whole);
    }
  }
}

/**
 * Gives the value of a constant as an argument.
 *
 * @param node The constant.
 * @param type The type asked for.
 * @returns The value.
 * @throws {ValueError} When it is not of that type.
 */
export function constantFor(node: ConstantNode, type: GoType): Value {
  switch (type.kind) {
    case "any":
      return idealConstant(node);
    case "bool":
      return node.kind === "bool" ? { kind: "bool", type, value: node.value } : unfit("bool", node);
    case "string":
      return node.kind === "string" ? { kind: "string", type, value: node.value } : unfit("string", node);
    case "float":
      return node.kind === "number" ? { kind: "float", type, value: node.float } : unfit("float", node);
    case "int":
      if (node.kind !== "number" || node.whole === undefined || node.whole >= 2n ** 63n) return unfit("integer", node);
      return intValue(node.whole, type);
    case "uint":
      if (node.kind !== "number" || node.whole === undefined || node.whole < 0n) return unfit("unsigned integer", node);
      return intValue(node.whole, type);
    default:
      throw new ValueError(`can't handle ${sourceOf(node)} for arg of type ${type.name}`);
  }
}

function unfit(expected: string, node: ConstantNode): never {
  throw new ValueError(`expected ${expected}; found ${sourceOf(node)}`);
}

/**
 * Gives a value as an argument. Named strings pass for strings, and any list of strings for a list of strings.
 *
 * @param value The value.
 * @param type The type asked for.
 * @returns The value of that type.
 * @throws {ValueError} When it is of another type.
 */
export function coerce(value: Value, type: GoType): Value {
  if (type.kind === "any" || fits(value, type)) return value;
  const canBeNil = type.kind === "list" || type.kind === "map" || type.kind === "pointer";
  const isLiteral = value.kind === "nil" && value.isBoxed !== true;
  if ((value.kind === "missing" || isLiteral) && canBeNil) return wrap(undefined, type);
  if (value.kind === "missing") throw new ValueError(`invalid value; expected ${type.name}`);
  const name = value.kind === "nil" ? "interface {}" : typeName(value);
  throw new ValueError(`wrong type for value; expected ${type.name}; got ${name}`);
}

function fits(value: Value, type: GoType): boolean {
  switch (type.kind) {
    case "bool":
    case "string":
    case "float":
      return value.kind === type.kind;
    case "int":
    case "uint":
      return value.kind === "int";
    case "list":
      return value.kind === "list" && fitsList(value, type.element);
    case "struct":
      return value.kind === "struct" && value.type === type;
    case "pointer":
      return value.kind === "nilPointer" ? value.type.to === type.to : fits(value, type.to);
    default:
      return value.kind === type.kind && typeName(value) === type.name;
  }
}

function fitsList(list: ListValue, element: GoType): boolean {
  if (list.type.element === element) return true;
  for (let index = 0; index < list.length; index++) {
    if (!fits(list.at(index), element)) return false;
  }
  return list.length > 0 || list.type.element.kind === "any";
}
