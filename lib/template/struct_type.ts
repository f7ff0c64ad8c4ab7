/**
 * Descriptions of objects that templates may look into. Nothing is found by looking at JavaScript objects: a template sees
 * the fields and methods that are described here, and no others.
 *
 * @module
 */

import { type GoType, goTypes, type MethodSpec } from "./types.ts";

/** A field of an object. */
export interface FieldSpec<T> {
  /** Its name in templates, such as `MediaType`. */
  readonly name: string;
  /** The type of its values. */
  readonly type: GoType;
  /** Its name in JSON; by default its name in templates; `false` leaves it out. */
  readonly json?: string | false;
  /** Whether JSON leaves it out when it is empty. */
  readonly isOmittedEmpty?: boolean;
  /** Whether its fields and methods are also those of the object. */
  readonly isEmbedded?: boolean;
  /** Reads it; by default the object's own property of its JSON name. */
  get?(self: T): unknown;
}

/** A described object type; made by {@linkcode defineStruct}. */
export interface StructType {
  /** The kind of type. */
  readonly kind: "struct";
  /** The type's name. */
  readonly name: string;
  /** How the type was described. */
  readonly spec: StructSpec<unknown>;
  /** Gives its fields and methods, with those of embedded fields; found on first use. */
  members(): StructMembers;
}

/** What an object type is made of. */
export interface StructSpec<T> {
  /** The name as errors and `%T` print it, such as `ref.Ref`. */
  readonly name: string;
  /** The fields in order; a function when they speak of the type itself. */
  readonly fields: readonly FieldSpec<T>[] | (() => readonly FieldSpec<T>[]);
  /** The methods by name. */
  readonly methods?: Readonly<Record<string, MethodSpec<T>>> | (() => Readonly<Record<string, MethodSpec<T>>>);
  /** Gives the text that stands for the object when it is printed; also its method `String`. */
  text?(self: T): string;
  /** Gives the text that `%#v` prints. */
  goText?(self: T): string;
  /** Gives the human view for `printPretty`; without one JSON is printed. */
  pretty?(self: T): string;
  /** Gives the object's own JSON text, such as the document that it came from; `undefined` when it has none, empty for no text at all. */
  json?(self: T): string | undefined;
  /** Tells whether it is the zero value; by default whether all its fields are. */
  isZero?(self: T): boolean;
  /** Tells whether two objects are equal; by default whether all their fields are. */
  isSame?(a: T, b: T): boolean;
  /** Turns a value from outside into an object; `undefined` asks for the zero value. */
  from?(value: unknown): T;
}

/** A field with the way to it. */
export interface ResolvedField {
  /** The field. */
  readonly field: FieldSpec<unknown>;
  /** The embedded fields to go through, outermost first. */
  readonly via: readonly FieldSpec<unknown>[];
}

/** A method with the way to it. */
export interface ResolvedMethod {
  /** The method. */
  readonly method: MethodSpec<unknown>;
  /** The embedded fields to go through, outermost first. */
  readonly via: readonly FieldSpec<unknown>[];
}

/** The fields and methods of an object type. */
export interface StructMembers {
  /** The fields in order, without those of embedded fields. */
  readonly fields: readonly FieldSpec<unknown>[];
  /** All fields by their name in templates. */
  readonly byName: ReadonlyMap<string, ResolvedField>;
  /** All fields by their name in JSON, as far as it is the name of one alone. */
  readonly byJson: ReadonlyMap<string, ResolvedField | undefined>;
  /** All methods by name. */
  readonly methods: ReadonlyMap<string, ResolvedMethod>;
  /** The embedded fields to go through to what gives the object's text; `undefined` when it has none. */
  readonly textVia: readonly FieldSpec<unknown>[] | undefined;
}

/** An object of a described type, to be handed to a template. */
export class GoObject {
  /** Its type. */
  readonly type: StructType;
  /** The object itself; only the type's description reads it. */
  readonly self: unknown;

  /**
   * Creates an object.
   *
   * @param type Its type.
   * @param self The object itself.
   */
  constructor(type: StructType, self: unknown) {
    this.type = type;
    this.self = self;
  }
}

/** A described object type with the way to make objects of it. */
export interface DefinedStruct<T> extends StructType {
  /**
   * Makes an object that templates can look into.
   *
   * @param self The object itself.
   * @returns It, with its type.
   */
  of(self: T): GoObject;
}

/**
 * Describes an object type: what templates see of objects, and nothing else.
 *
 * @typeParam T What its objects are outside of templates.
 * @param spec The description.
 * @returns The type.
 */
export function defineStruct<T>(spec: StructSpec<T>): DefinedStruct<T> {
  const erased: StructSpec<unknown> = spec;
  let members: StructMembers | undefined;
  const type: DefinedStruct<T> = {
    kind: "struct",
    name: spec.name,
    spec: erased,
    members: () => members ??= findMembers(erased),
    of: (self) => new GoObject(type, self),
  };
  return type;
}

/**
 * Reads a field of an object.
 *
 * @param field The field.
 * @param self The object.
 * @returns Its value, as it is outside of templates.
 */
export function readField(field: FieldSpec<unknown>, self: unknown): unknown {
  return field.get === undefined ? ownValue(self, field.json || field.name) : field.get(self);
}

/**
 * Reads an own enumerable property that is plain data; getters and inherited properties give nothing.
 *
 * @param object The object.
 * @param key The property's name.
 * @returns Its value, or `undefined`.
 */
export function ownValue(object: unknown, key: string): unknown {
  if (typeof object !== "object" || object === null) return undefined;
  const property = Object.getOwnPropertyDescriptor(object, key);
  return property?.enumerable === true ? property.value : undefined;
}

/** Gathers the members of a type; those of the type itself hide those of embedded fields. */
function findMembers(spec: StructSpec<unknown>): StructMembers {
  const fields = typeof spec.fields === "function" ? spec.fields() : spec.fields;
  const ownMethods = typeof spec.methods === "function" ? spec.methods() : spec.methods ?? {};
  const byName = new Map<string, ResolvedField>();
  const byJson = new Map<string, ResolvedField | undefined>();
  const methods = new Map<string, ResolvedMethod>();
  let textVia: readonly FieldSpec<unknown>[] | undefined = spec.text === undefined ? undefined : [];
  for (const field of fields) {
    byName.set(field.name, { field, via: [] });
    if (field.json !== undefined && field.json !== false) addJson(byJson, field.json, { field, via: [] });
  }
  for (const [name, method] of Object.entries(ownMethods)) methods.set(name, { method, via: [] });
  if (textVia !== undefined) methods.set("String", { method: textMethod(spec), via: [] });
  for (const embedded of fields) {
    const inner = embedded.isEmbedded === true ? structOf(embedded.type)?.members() : undefined;
    if (inner === undefined) continue;
    for (const [name, { field, via }] of inner.byName) {
      if (!byName.has(name)) byName.set(name, { field, via: [embedded, ...via] });
    }
    for (const [name, found] of inner.byJson) {
      addJson(byJson, name, found && { field: found.field, via: [embedded, ...found.via] });
    }
    for (const [name, { method, via }] of inner.methods) {
      if (!methods.has(name)) methods.set(name, { method, via: [embedded, ...via] });
    }
    if (inner.textVia !== undefined) textVia ??= [embedded, ...inner.textVia];
  }
  return { fields, byName, byJson, methods, textVia };
}

function textMethod(spec: StructSpec<unknown>): MethodSpec<unknown> {
  return { result: goTypes.string, call: (self) => spec.text?.(self) };
}

function addJson(fields: Map<string, ResolvedField | undefined>, name: string, found: ResolvedField | undefined): void {
  fields.set(name, fields.has(name) ? undefined : found);
}

function structOf(type: GoType): StructType | undefined {
  if (type.kind === "pointer") return structOf(type.to);
  return type.kind === "struct" ? type : undefined;
}
