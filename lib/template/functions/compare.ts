/**
 * The functions that compare: `eq ne lt le gt ge not` (spec "Functions").
 *
 * @module
 */

import { valueDepthLimit, ValueError } from "../budget.ts";
import { Formatter } from "../format.ts";
import { plainFlags } from "../format_basic.ts";
import { readField } from "../struct_type.ts";
import { goTypes } from "../types.ts";
import { boolValue, isTrue, missing, type StructValue, typeName, type Value } from "../values.ts";
import { wrap } from "../wrap.ts";
import type { FunctionContext, FunctionSpec, FunctionTable } from "./function_spec.ts";

const { any } = goTypes;

/** The functions that compare. */
export const compareFunctions: FunctionTable = {
  eq: { params: [any], variadic: any, call: (context, [first = missing, ...rest]) => eq(context, first, rest) },
  ne: {
    params: [any, any],
    call: (context, [a = missing, b = missing]) => boolValue(!isEqual(context, a, b)),
  },
  lt: ordering((difference) => difference < 0),
  le: ordering((difference) => difference <= 0),
  gt: ordering((difference) => difference > 0),
  ge: ordering((difference) => difference >= 0),
  not: { params: [any], call: (_, [value = missing]) => boolValue(!isTrue(value)) },
};

function ordering(test: (difference: number) => boolean): FunctionSpec {
  return { params: [any, any], call: (_, [a = missing, b = missing]) => boolValue(test(compare(a, b))) };
}

function eq(context: FunctionContext, first: Value, rest: readonly Value[]): Value {
  if (rest.length === 0) throw new ValueError("missing argument for comparison");
  return boolValue(rest.some((value) => isEqual(context, first, value)));
}

function isNilLike({ kind }: Value): boolean {
  return kind === "nil" || kind === "missing" || kind === "nilPointer";
}

function isBasic({ kind }: Value): boolean {
  return kind === "bool" || kind === "int" || kind === "float" || kind === "string";
}

function isEqual(context: FunctionContext, a: Value, b: Value): boolean {
  if (isNilLike(a) || isNilLike(b)) return isNilLike(a) && isNilLike(b);
  if (a.kind !== b.kind && (isBasic(a) || isBasic(b))) throw incompatible(a, b);
  const isSame = sameContent(a, b, 0);
  if (isSame !== undefined) return isSame;
  const shown = new Formatter(context.budget).verb(a, "s", plainFlags);
  throw new ValueError(`non-comparable type ${shown}: ${typeName(a)}`);
}

/** Compares by content; gives `undefined` for what cannot be compared: lists and maps, and objects that hold them. */
function sameContent(a: Value, b: Value, depth: number): boolean | undefined {
  if (a.kind === "struct" && b.kind === "struct") return sameStruct(a, b, depth);
  if (isNilLike(a) || isNilLike(b)) return isNilLike(a) && isNilLike(b);
  const hasContent = "value" in a && "value" in b && isBasic(a) && isBasic(b);
  return hasContent ? a.kind === b.kind && a.value === b.value : undefined;
}

function sameStruct(a: StructValue, b: StructValue, depth: number): boolean | undefined {
  if (a.type !== b.type || depth > valueDepthLimit) return false;
  const { isSame } = a.type.spec;
  if (isSame !== undefined) return isSame(a.self, b.self);
  for (const field of a.type.members().fields) {
    const left = wrap(readField(field, a.self), field.type);
    const isSameField = sameContent(left, wrap(readField(field, b.self), field.type), depth + 1);
    if (isSameField !== true) return isSameField;
  }
  return true;
}

/** Orders two values: below zero when the first comes first. */
function compare(a: Value, b: Value): number {
  if (isBasic(a) && isBasic(b) && a.kind !== b.kind) throw incompatible(a, b);
  if (!isBasic(a) || !isBasic(b) || a.kind === "bool") throw new ValueError("invalid type for comparison");
  const left = "value" in a ? a.value : undefined;
  const right = "value" in b ? b.value : undefined;
  if (left === undefined || right === undefined) return 0;
  return left < right ? -1 : left > right ? 1 : left === right ? 0 : NaN;
}

function incompatible(a: Value, b: Value): ValueError {
  return new ValueError(`incompatible types for comparison: ${typeName(a)} and ${typeName(b)}`);
}
