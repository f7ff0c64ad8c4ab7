/**
 * Makes values of data from outside. Only own enumerable data of plain objects, maps and lists is seen, and what described
 * types show: nothing else of the host can be reached.
 *
 * @module
 */

import { ValueError } from "./budget.ts";
import { type ByteText, fromByteText, toByteText } from "./byte_text.ts";
import { GoObject, ownValue, readField, type StructMembers, type StructType } from "./struct_type.ts";
import { type GoType, goTypes, listOf, type ListType, mapOf, type MapType, type ScalarType } from "./types.ts";
import {
  boolValue,
  floatValue,
  type IntValue,
  intValue,
  type ListValue,
  type MapValue,
  nil,
  type StringValue,
  stringValue,
  type StructValue,
  type Value,
} from "./values.ts";

/**
 * Makes a value of data from outside.
 *
 * @param host The data.
 * @param type Its type; by default it is told from the data.
 * @returns The value.
 * @throws {ValueError} When the data is of no kind that templates may see, or does not fit the type.
 */
export function wrap(host: unknown, type: GoType = goTypes.any): Value {
  switch (type.kind) {
    case "any":
      return { ...wrapAny(host), isBoxed: true };
    case "pointer":
      if (host === undefined || host === null) return { kind: "nilPointer", type };
      return asPointer(wrap(host, type.to));
    case "struct":
      return wrapStruct(host, type);
    case "list":
      if (host === undefined || host === null) return { ...wrapList([], type), isNil: true };
      return Array.isArray(host) ? wrapList(host, type) : misfit(host, type);
    case "map":
      if (host === undefined || host === null) return { ...wrapMap(new Map(), type), isNil: true };
      return host instanceof Map ? wrapMap(host, type) : isPlain(host) ? wrapRecord(host, type) : misfit(host, type);
    case "bytes":
      if (host === undefined || host === null) return { kind: "bytes", type, value: undefined };
      if (typeof host === "string") return { kind: "bytes", type, value: fromBase64(host) };
      return host instanceof Uint8Array ? { kind: "bytes", type, value: host } : misfit(host, type);
    default:
      return wrapScalar(host, type);
  }
}

function asPointer(value: Value): Value {
  return value.kind === "struct" ? { ...value, isPointer: true } : value;
}

function wrapAny(host: unknown): Value {
  switch (typeof host) {
    case "undefined":
      return nil;
    case "string":
      return stringValue(toByteText(host));
    case "boolean":
      return boolValue(host);
    case "bigint":
      return intValue(host);
    case "number":
      // A whole number beyond 64 bits can only have been a float.
      return Number.isInteger(host) && Math.abs(host) < 2 ** 63 ? intValue(host) : floatValue(host);
    case "object":
      return host === null ? nil : wrapObject(host);
    default:
      return unusable(host);
  }
}

const anyList = listOf(goTypes.any);
const anyMap = mapOf(goTypes.string, goTypes.any);
const anyIntMap = mapOf(goTypes.int, goTypes.any);

function wrapObject(host: object): Value {
  if (host instanceof GoObject) return { kind: "struct", type: host.type, self: host.self, isPointer: false };
  if (host instanceof Uint8Array) return wrap(host, goTypes.bytes);
  if (Array.isArray(host)) return wrapList(host, anyList);
  if (host instanceof Map) {
    const [first] = host.keys();
    return wrapMap(host, typeof first === "number" || typeof first === "bigint" ? anyIntMap : anyMap);
  }
  return isPlain(host) ? wrapRecord(host, anyMap) : unusable(host);
}

function wrapScalar(host: unknown, type: ScalarType): Value {
  const given = host ?? undefined;
  switch (type.kind) {
    case "bool":
      if (given !== undefined && typeof given !== "boolean") return misfit(host, type);
      return { kind: "bool", type, value: given ?? false };
    case "string":
      if (given !== undefined && typeof given !== "string") return misfit(host, type);
      return { kind: "string", type, value: toByteText(given ?? "") };
    case "float":
      if (given !== undefined && typeof given !== "number" && typeof given !== "bigint") return misfit(host, type);
      return { kind: "float", type, value: Number(given ?? 0) };
    default:
      if (typeof given === "bigint") return { kind: "int", type, value: given };
      if (given !== undefined && !(typeof given === "number" && Number.isFinite(given))) return misfit(host, type);
      return { kind: "int", type, value: BigInt(Math.trunc(given ?? 0)) };
  }
}

function wrapList(items: readonly unknown[], type: ListType): ListValue {
  return { kind: "list", type, length: items.length, isNil: false, at: (index) => wrap(items[index], type.element) };
}

function wrapRecord(record: object, type: MapType): MapValue {
  return {
    kind: "map",
    type,
    isNil: false,
    size: () => type.key.kind !== "string" ? 0 : ownKeys(record).length,
    keys: () =>
      type.key.kind !== "string" ? [] : ownKeys(record)
        .map((key) => keyValue(key, type)).toSorted(compareKeys),
    get: (key) => {
      const found = key.kind === "string" ? ownValue(record, fromByteText(key.value)) : undefined;
      return found === undefined ? undefined : wrap(found, type.element);
    },
  };
}

/** Lists the keys under which there is data. */
function ownKeys(record: object): string[] {
  return Object.keys(record).filter((key) => ownValue(record, key) !== undefined);
}

function wrapMap(map: ReadonlyMap<unknown, unknown>, type: MapType): MapValue {
  return {
    kind: "map",
    type,
    isNil: false,
    size: () => map.size,
    keys: () =>
      [...map.keys()].filter((key) => fitsKey(key, type)).map((key) => keyValue(key, type)).toSorted(compareKeys),
    get: (key) => {
      const host = key.kind === "string" ? fromByteText(key.value) : key.value;
      const found = map.get(host) ?? (typeof host === "bigint" ? map.get(Number(host)) : undefined);
      return found === undefined && !map.has(host) ? undefined : wrap(found, type.element);
    },
  };
}

function fitsKey(key: unknown, { key: { kind } }: MapType): boolean {
  return kind === "string" ? typeof key === "string" : typeof key === "bigint" || Number.isInteger(key);
}

function keyValue(key: unknown, { key: type }: MapType): StringValue | IntValue {
  const value = wrap(key, type);
  if (value.kind !== "string" && value.kind !== "int") throw new ValueError(`cannot use ${type.name} as a key`);
  return value;
}

/** Puts keys in the order in which they are printed. */
export function compareKeys(a: StringValue | IntValue, b: StringValue | IntValue): number {
  return a.value < b.value ? -1 : a.value > b.value ? 1 : 0;
}

/** A struct without data has the zero value in every field. */
const zeroSelf: Readonly<Record<string, never>> = Object.freeze({});

function wrapStruct(host: unknown, type: StructType): StructValue {
  if (host instanceof GoObject && host.type !== type) return misfit(host, type);
  const given = host instanceof GoObject ? host.self : host;
  const self = type.spec.from === undefined ? given ?? zeroSelf : type.spec.from(given ?? undefined);
  return { kind: "struct", type, self, isPointer: false };
}

/**
 * Goes through embedded fields.
 *
 * @param self The object.
 * @param via The fields, outermost first.
 * @returns The object inside, or `undefined` when one of them is absent.
 */
export function followEmbedded(self: unknown, via: StructMembers["textVia"]): { self: unknown } | undefined {
  let inner = self;
  for (const field of via ?? []) {
    const value = wrap(readField(field, inner), field.type);
    if (value.kind !== "struct") return undefined;
    inner = value.self;
  }
  return { self: inner };
}

/**
 * Gives data for the outside: texts, numbers, lists and maps of them; objects as they came.
 *
 * @param value The value.
 * @returns The data.
 */
export function unwrap(value: Value): unknown {
  switch (value.kind) {
    case "nil":
    case "missing":
    case "nilPointer":
      return undefined;
    case "string":
      return fromByteText(value.value);
    case "int": {
      const number = Number(value.value);
      return Number.isSafeInteger(number) ? number : value.value;
    }
    case "bool":
    case "float":
    case "bytes":
      return value.value;
    case "list":
      return Array.from({ length: value.length }, (_, index) => unwrap(value.at(index)));
    case "map":
      return new Map(value.keys().map((key) => [unwrap(key), unwrap(value.get(key) ?? nil)]));
    case "struct":
      return value.self;
  }
}

/**
 * Gives the text that a value's own type prints for it.
 *
 * @param value The value.
 * @returns The text, or `undefined` when its type has none.
 */
export function ownText(value: Value): ByteText | undefined {
  if (value.kind === "struct") {
    const via = value.type.members().textVia;
    if (via === undefined) return undefined;
    const inner = followEmbedded(value.self, via);
    const type = via.at(-1)?.type ?? value.type;
    const struct = type.kind === "pointer" ? type.to : type;
    if (inner === undefined || struct.kind !== "struct") return "<nil>";
    return toByteText(struct.spec.text?.(inner.self) ?? "");
  }
  if (value.kind !== "string" && value.kind !== "int" && value.kind !== "float" && value.kind !== "bool") {
    return undefined;
  }
  const text = value.type.text?.(unwrap(value));
  return text === undefined ? undefined : toByteText(text);
}

function isPlain(host: unknown): host is object {
  if (typeof host !== "object" || host === null) return false;
  const prototype: unknown = Object.getPrototypeOf(host);
  return prototype === Object.prototype || prototype === null;
}

function fromBase64(text: string): Uint8Array {
  try {
    return Uint8Array.fromBase64(text);
  } catch (error) {
    throw new ValueError(`illegal base64 data: ${error instanceof Error ? error.message : ""}`);
  }
}

function misfit(host: unknown, type: GoType): never {
  throw new ValueError(`data of JavaScript type ${typeof host} does not fit type ${type.name}`);
}

function unusable(host: unknown): never {
  throw new ValueError(`data of JavaScript type ${typeof host} that is not plain cannot be used in a template`);
}
