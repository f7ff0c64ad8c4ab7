/**
 * The functions that look into texts, lists and maps: `len index slice` (spec "Functions").
 *
 * @module
 */

import { ValueError } from "../budget.ts";
import { goTypes } from "../types.ts";
import {
  byteAt,
  type BytesValue,
  intValue,
  lengthOf,
  type ListValue,
  type MapValue,
  missing,
  type StringValue,
  typeName,
  type Value,
} from "../values.ts";
import { wrap } from "../wrap.ts";
import type { FunctionTable } from "./function_spec.ts";

const { any } = goTypes;

/** The functions that look into texts, lists and maps. */
export const collectionFunctions: FunctionTable = {
  len: { params: [any], call: (_, [value = missing]) => intValue(len(value)) },
  index: {
    params: [any],
    variadic: any,
    call: (_, [item = missing, ...keys]) => {
      let found = item;
      if (isNothing(item)) throw new ValueError("index of untyped nil");
      for (const key of keys) found = entryOf(found, key);
      return found;
    },
  },
  slice: { params: [any], variadic: any, call: (_, [item = missing, ...indexes]) => slice(item, indexes) },
};

function isNothing({ kind }: Value): boolean {
  return kind === "nil" || kind === "missing";
}

function len(value: Value): number {
  switch (value.kind) {
    case "missing":
      throw new ValueError("reflect: call of reflect.Value.Type on zero Value");
    case "nil":
      if (value.isBoxed === true) throw new ValueError("len of nil pointer");
      throw new ValueError("reflect: call of reflect.Value.Type on zero Value");
    case "nilPointer":
      throw new ValueError("len of nil pointer");
    case "string":
    case "bytes":
    case "list":
    case "map":
      return lengthOf(value);
    default:
      throw new ValueError(`len of type ${value.type.name}`);
  }
}

function entryOf(item: Value, key: Value): Value {
  switch (item.kind) {
    case "nil":
    case "missing":
    case "nilPointer":
      throw new ValueError("index of nil pointer");
    case "string":
      return intValue(item.value.charCodeAt(position(key, item.value.length - 1)), goTypes.uint8);
    case "bytes":
      return byteAt(item, position(key, lengthOf(item) - 1));
    case "list":
      return item.at(position(key, item.length - 1));
    case "map":
      return mapEntry(item, key);
    default:
      throw new ValueError(`can't index item of type ${item.type.name}`);
  }
}

function mapEntry(map: MapValue, key: Value): Value {
  const { type } = map;
  if (isNothing(key)) throw new ValueError(`value is nil; should be of type ${type.key.name}`);
  const fits = type.key.kind === "string" ? key.kind === "string" : key.kind === "int";
  if (!fits || (key.kind !== "string" && key.kind !== "int")) {
    throw new ValueError(`value has type ${typeName(key)}; should be ${type.key.name}`);
  }
  return map.get(key) ?? wrap(undefined, type.element);
}

/** Reads a position in a list or text, at most as large as given. */
function position(key: Value, most: number): number {
  if (isNothing(key)) throw new ValueError("cannot index slice/array with nil");
  if (key.kind !== "int") throw new ValueError(`cannot index slice/array with type ${typeName(key)}`);
  if (key.value < 0n || key.value > BigInt(most)) throw new ValueError(`index out of range: ${key.value}`);
  return Number(key.value);
}

function slice(item: Value, indexes: readonly Value[]): Value {
  if (isNothing(item)) throw new ValueError("slice of untyped nil");
  if (indexes.length > 3) throw new ValueError(`too many slice indexes: ${indexes.length}`);
  if (item.kind !== "string" && item.kind !== "bytes" && item.kind !== "list") {
    throw new ValueError(`can't slice item of type ${typeName(item)}`);
  }
  if (item.kind === "string" && indexes.length === 3) throw new ValueError("cannot 3-index slice a string");
  const length = lengthOf(item);
  const [from = 0, to = length, cap = length] = indexes.map((index) => slicePosition(index, length, item));
  if (from > to) throw new ValueError(`invalid slice index: ${from} > ${to}`);
  if (to > cap) throw new ValueError(`invalid slice index: ${to} > ${cap}`);
  return part(item, from, to);
}

function slicePosition(index: Value, length: number, item: Value): number {
  // A list may have room behind its end in Go, so a start just beyond is told of in other words there.
  const isBeyond = item.kind !== "string" && index.kind === "int" && index.value > BigInt(length);
  if (isBeyond && index.kind === "int") throw new ValueError(`invalid slice index: ${index.value} > ${length}`);
  return position(index, length);
}

function part(item: StringValue | BytesValue | ListValue, from: number, to: number): Value {
  switch (item.kind) {
    case "string":
      return { ...item, value: item.value.slice(from, to), isBoxed: false };
    case "bytes":
      return { ...item, value: item.value?.subarray(from, to), isBoxed: false };
    case "list":
      return { ...item, length: to - from, at: (index) => item.at(from + index), isBoxed: false };
  }
}
