/**
 * The types of values as the dialect names them.
 *
 * @module
 */

import type { StructType } from "./struct_type.ts";

/** A type of values. */
export type GoType = AnyType | ScalarType | BytesType | ListType | MapType | PointerType | StructType;

/** Whatever data there is: its type is told from the value. */
export interface AnyType {
  /** The kind of type. */
  readonly kind: "any";
  /** The type's name. */
  readonly name: string;
}

/** A plain value, possibly of a named type with methods. */
export interface ScalarType {
  /** The kind of type. */
  readonly kind: "bool" | "int" | "uint" | "float" | "string";
  /** The type's name. */
  readonly name: string;
  /** The methods by name. */
  readonly methods: ReadonlyMap<string, MethodSpec<unknown>>;
  /** Gives the text that stands for the value when it is printed. */
  readonly text: ((self: unknown) => string) | undefined;
  /** Gives the value's JSON text. */
  readonly json: ((self: unknown) => string | undefined) | undefined;
}

/** A row of bytes. */
export interface BytesType {
  /** The kind of type. */
  readonly kind: "bytes";
  /** The type's name. */
  readonly name: string;
}

/** A list. */
export interface ListType {
  /** The kind of type. */
  readonly kind: "list";
  /** The type's name. */
  readonly name: string;
  /** The type of its entries. */
  readonly element: GoType;
}

/** A map with keys of text or whole numbers. */
export interface MapType {
  /** The kind of type. */
  readonly kind: "map";
  /** The type's name. */
  readonly name: string;
  /** The type of its keys. */
  readonly key: GoType;
  /** The type of its values. */
  readonly element: GoType;
}

/** A value that may be absent: `null` and `undefined` are the nil pointer. */
export interface PointerType {
  /** The kind of type. */
  readonly kind: "pointer";
  /** The type's name. */
  readonly name: string;
  /** The type of the value when it is there. */
  readonly to: GoType;
}

/** A method of an object or named type. */
export interface MethodSpec<T> {
  /** The types of its arguments; none by default. */
  readonly params?: readonly GoType[];
  /** The type of any further arguments. */
  readonly variadic?: GoType;
  /** The type of its result. */
  readonly result: GoType;
  /** Whether the clock of the run comes as a last argument. */
  readonly usesClock?: boolean;
  /** Calls it; what it throws ends the template with `error calling NAME: ...`. */
  call(self: T, ...args: readonly unknown[]): unknown;
}

/** What a named type is made of. */
export interface NamedSpec<T> {
  /** The name as errors and `%T` print it, such as `digest.Digest`. */
  readonly name: string;
  /** What its values are. */
  readonly kind: ScalarType["kind"];
  /** The methods by name. */
  readonly methods?: Readonly<Record<string, MethodSpec<T>>>;
  /** Gives the text that stands for a value when it is printed; also its method `String`. */
  text?(self: T): string;
  /** Gives a value's JSON text. */
  json?(self: T): string | undefined;
}

function scalar(kind: ScalarType["kind"], name: string): ScalarType {
  return { kind, name, methods: new Map(), text: undefined, json: undefined };
}

/** The types that have no name of their own, by the names under which code gets them. */
export interface GoTypes {
  /** Whatever data there is. */
  readonly any: AnyType;
  /** True or false. */
  readonly bool: ScalarType;
  /** A whole number. */
  readonly int: ScalarType;
  /** A whole number of 64 bits. */
  readonly int64: ScalarType;
  /** A byte. */
  readonly uint8: ScalarType;
  /** A whole number that is not negative. */
  readonly uint64: ScalarType;
  /** A number. */
  readonly float64: ScalarType;
  /** Text. */
  readonly string: ScalarType;
  /** Bytes. */
  readonly bytes: BytesType;
}

/** The types that have no name of their own. */
export const goTypes: GoTypes = {
  any: { kind: "any", name: "interface {}" },
  bool: scalar("bool", "bool"),
  int: scalar("int", "int"),
  int64: scalar("int", "int64"),
  uint8: scalar("uint", "uint8"),
  uint64: scalar("uint", "uint64"),
  float64: scalar("float", "float64"),
  string: scalar("string", "string"),
  bytes: { kind: "bytes", name: "[]uint8" },
};

/**
 * Names the type of a list.
 *
 * @param element The type of its entries.
 * @returns The type.
 */
export function listOf(element: GoType): ListType {
  return { kind: "list", name: `[]${element.name}`, element };
}

/**
 * Names the type of a map.
 *
 * @param key The type of its keys: text or whole numbers.
 * @param element The type of its values.
 * @returns The type.
 */
export function mapOf(key: GoType, element: GoType): MapType {
  return { kind: "map", name: `map[${key.name}]${element.name}`, key, element };
}

/**
 * Names the type of a value that may be absent.
 *
 * @param to The type of the value when it is there.
 * @returns The type.
 */
export function pointerTo(to: GoType): PointerType {
  return { kind: "pointer", name: `*${to.name}`, to };
}

/**
 * Describes a named plain type, such as a string with methods.
 *
 * @typeParam T What its values are outside of templates.
 * @param spec The description.
 * @returns The type.
 */
export function defineNamed<T extends string | number | bigint | boolean>(spec: NamedSpec<T>): ScalarType {
  const erased: NamedSpec<unknown> = spec;
  const methods = new Map<string, MethodSpec<unknown>>(Object.entries(erased.methods ?? {}));
  const text = erased.text === undefined ? undefined : (self: unknown) => erased.text?.(self) ?? "";
  if (text !== undefined) methods.set("String", { result: goTypes.string, call: text });
  const json = erased.json === undefined ? undefined : (self: unknown) => erased.json?.(self);
  return { kind: spec.kind, name: spec.name, methods, text, json };
}
