/**
 * The values that a template works with.
 *
 * @module
 */

import type { ByteText } from "./byte_text.ts";
import type { StructType } from "./struct_type.ts";
import { type BytesType, goTypes, type ListType, type MapType, type PointerType, type ScalarType } from "./types.ts";

/** What every value has. */
export interface Boxable {
  /** Whether it came out of something that holds values of any type; only texts of errors show that. */
  readonly isBoxed?: boolean;
}

/** Nothing, as a value. */
export interface NilValue extends Boxable {
  /** The kind of value. */
  readonly kind: "nil";
}

/** No value at all, such as that of a key that a map does not have. */
export interface MissingValue extends Boxable {
  /** The kind of value. */
  readonly kind: "missing";
}

/** An absent object. */
export interface NilPointerValue extends Boxable {
  /** The kind of value. */
  readonly kind: "nilPointer";
  /** The pointer's type. */
  readonly type: PointerType;
}

/** True or false. */
export interface BoolValue extends Boxable {
  /** The kind of value. */
  readonly kind: "bool";
  /** Its type. */
  readonly type: ScalarType;
  /** The value. */
  readonly value: boolean;
}

/** A whole number. */
export interface IntValue extends Boxable {
  /** The kind of value. */
  readonly kind: "int";
  /** Its type. */
  readonly type: ScalarType;
  /** The value. */
  readonly value: bigint;
}

/** A number. */
export interface FloatValue extends Boxable {
  /** The kind of value. */
  readonly kind: "float";
  /** Its type. */
  readonly type: ScalarType;
  /** The value. */
  readonly value: number;
}

/** Text. */
export interface StringValue extends Boxable {
  /** The kind of value. */
  readonly kind: "string";
  /** Its type. */
  readonly type: ScalarType;
  /** The value. */
  readonly value: ByteText;
}

/** Bytes. */
export interface BytesValue extends Boxable {
  /** The kind of value. */
  readonly kind: "bytes";
  /** Its type. */
  readonly type: BytesType;
  /** The value; `undefined` for the nil list. */
  readonly value: Uint8Array | undefined;
}

/** A list. */
export interface ListValue extends Boxable {
  /** The kind of value. */
  readonly kind: "list";
  /** Its type. */
  readonly type: ListType;
  /** How many entries it has. */
  readonly length: number;
  /** Whether it is the nil list. */
  readonly isNil: boolean;
  /** Gives an entry. */
  at(index: number): Value;
}

/** A map. */
export interface MapValue extends Boxable {
  /** The kind of value. */
  readonly kind: "map";
  /** Its type. */
  readonly type: MapType;
  /** Whether it is the nil map. */
  readonly isNil: boolean;
  /** Counts the keys. */
  size(): number;
  /** Gives the keys in order. */
  keys(): (StringValue | IntValue)[];
  /** Gives the value of a key; `undefined` when there is none. */
  get(key: StringValue | IntValue): Value | undefined;
}

/** An object of a described type. */
export interface StructValue extends Boxable {
  /** The kind of value. */
  readonly kind: "struct";
  /** Its type. */
  readonly type: StructType;
  /** The object itself. */
  readonly self: unknown;
  /** Whether it is pointed to; printing shows that. */
  readonly isPointer: boolean;
}

/** A value. */
export type Value =
  | NilValue
  | MissingValue
  | NilPointerValue
  | BoolValue
  | IntValue
  | FloatValue
  | StringValue
  | BytesValue
  | ListValue
  | MapValue
  | StructValue;

/** No value at all. */
export const missing: MissingValue = { kind: "missing" };
/** Nothing, as a value. */
export const nil: NilValue = { kind: "nil" };

/** Makes a truth value. */
export function boolValue(value: boolean): BoolValue {
  return { kind: "bool", type: goTypes.bool, value };
}

/** Makes a whole number. */
export function intValue(value: bigint | number, type: ScalarType = goTypes.int): IntValue {
  return { kind: "int", type, value: BigInt(value) };
}

/** Makes a number. */
export function floatValue(value: number): FloatValue {
  return { kind: "float", type: goTypes.float64, value };
}

/** Makes text. */
export function stringValue(value: ByteText): StringValue {
  return { kind: "string", type: goTypes.string, value };
}

/** Makes a list of values. */
export function listValue(values: readonly Value[], type: ListType): ListValue {
  return { kind: "list", type, length: values.length, isNil: false, at: (index) => values[index] ?? missing };
}

/**
 * Gives the name of a value's type as errors and `%T` print it.
 *
 * @param value The value.
 * @returns The name; `<nil>` for nothing.
 */
export function typeName(value: Value): string {
  if (value.kind === "nil" || value.kind === "missing") return "<nil>";
  return value.kind === "struct" && value.isPointer ? `*${value.type.name}` : value.type.name;
}

/**
 * Tells whether a value holds in an `if`.
 *
 * @param value The value.
 * @returns Whether it is neither absent nor zero nor empty.
 */
export function isTrue(value: Value): boolean {
  switch (value.kind) {
    case "nil":
    case "missing":
    case "nilPointer":
      return false;
    case "bool":
      return value.value;
    case "int":
      return value.value !== 0n;
    case "float":
      return value.value !== 0;
    case "struct":
      return true;
    default:
      return lengthOf(value) > 0;
  }
}

/**
 * Measures a text, bytes, a list or a map.
 *
 * @param value The value.
 * @returns How many bytes or entries it has.
 */
export function lengthOf(value: StringValue | BytesValue | ListValue | MapValue): number {
  if (value.kind === "list") return value.length;
  if (value.kind === "map") return value.size();
  return value.value?.length ?? 0;
}

/** Gives a byte as a value. */
export function byteAt(value: BytesValue, index: number): IntValue {
  return intValue(value.value?.[index] ?? 0, goTypes.uint8);
}
