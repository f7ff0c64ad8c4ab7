/**
 * Finds what a name after a dot stands for (spec "Values and field access").
 *
 * @module
 */

import { ValueError } from "./budget.ts";
import { type ByteText, fromByteText } from "./byte_text.ts";
import { readField } from "./struct_type.ts";
import type { Clock } from "./time.ts";
import type { MethodSpec } from "./types.ts";
import { type MapValue, missing, stringValue, type StructValue, typeName, type Value } from "./values.ts";
import { followEmbedded, unwrap, wrap } from "./wrap.ts";

/** What a name stands for: a value, or a method still to be called. */
export type Member =
  | { readonly kind: "value"; readonly value: Value }
  | {
    readonly kind: "method";
    readonly method: MethodSpec<unknown>;
    readonly self: unknown;
  };

/**
 * Finds a field, method or key of a value.
 *
 * @param receiver The value.
 * @param name The name.
 * @param hasArguments Whether arguments are given, which only methods take.
 * @returns What was found; the missing value for an absent key.
 * @throws {ValueError} When values of that type have no such field.
 */
export function findMember(receiver: Value, name: ByteText, hasArguments: boolean): Member {
  switch (receiver.kind) {
    case "missing":
      return { kind: "value", value: missing };
    case "nil":
      throw new ValueError(`nil pointer evaluating interface {}.${name}`);
    case "nilPointer": {
      const { to } = receiver.type;
      const members = to.kind === "struct" ? to.members() : undefined;
      const key = fromByteText(name);
      const isKnown = members?.byName.has(key) || members?.methods.has(key) ||
        members?.byJson.get(key) !== undefined;
      if (isKnown) throw new ValueError(`nil pointer evaluating ${receiver.type.name}.${name}`);
      return unknown(receiver, name);
    }
    case "struct":
      return structMember(receiver, name, hasArguments);
    case "map":
      return receiver.type.key.kind === "string" ? mapMember(receiver, name, hasArguments) : unknown(receiver, name);
    case "list":
    case "bytes":
      return unknown(receiver, name);
    default: {
      const method = receiver.type.methods.get(fromByteText(name));
      return method === undefined ? unknown(receiver, name) : { kind: "method", method, self: unwrap(receiver) };
    }
  }
}

function unknown(receiver: Value, name: ByteText): never {
  const type = receiver.isBoxed === true ? "interface {}" : typeName(receiver);
  throw new ValueError(`can't evaluate field ${name} in type ${type}`);
}

function mapMember(map: MapValue, name: ByteText, hasArguments: boolean): Member {
  if (hasArguments) throw new ValueError(`${name} is not a method but has arguments`);
  return { kind: "value", value: map.get(stringValue(name)) ?? missing };
}

/** Finds a method, then a field, then a field by its name in JSON. */
function structMember(receiver: StructValue, name: ByteText, hasArguments: boolean): Member {
  const members = receiver.type.members();
  const key = fromByteText(name);
  const method = members.methods.get(key);
  if (method !== undefined) {
    const self = inside(receiver, method.via, name);
    return { kind: "method", method: method.method, self };
  }
  const found = members.byName.get(key) ?? members.byJson.get(key);
  if (found === undefined) return unknown(receiver, name);
  if (hasArguments) throw new ValueError(`${name} has arguments but cannot be invoked as function`);
  const { field, via } = found;
  return { kind: "value", value: wrap(readField(field, inside(receiver, via, name)), field.type) };
}

function inside(receiver: StructValue, via: Parameters<typeof followEmbedded>[1], name: ByteText): unknown {
  const inner = followEmbedded(receiver.self, via);
  if (inner === undefined) throw new ValueError(`nil pointer evaluating ${typeName(receiver)}.${name}`);
  return inner.self;
}

/**
 * Calls a method.
 *
 * @param method The method.
 * @param self The object.
 * @param args The arguments.
 * @param clock The clock of the run.
 * @returns The result.
 */
export function callMethod(
  method: MethodSpec<unknown>,
  self: unknown,
  args: readonly Value[],
  clock: Clock,
): Value {
  const given = args.map(unwrap);
  return wrap(method.call(self, ...given, ...(method.usesClock === true ? [clock] : [])), method.result);
}
