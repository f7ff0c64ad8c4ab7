/**
 * Values as text, as Go's package fmt prints them for a verb (spec "Printing").
 *
 * @module
 */

import { type Budget, valueDepthLimit, ValueError } from "./budget.ts";
import { bytesToByteText, type ByteText } from "./byte_text.ts";
import { basicText, type Flags, hexBytes, integerText, pad, plainFlags } from "./format_basic.ts";
import { goTypes } from "./types.ts";
import {
  byteAt,
  type BytesValue,
  intValue,
  type ListValue,
  type MapValue,
  type StructValue,
  typeName,
} from "./values.ts";
import type { Value } from "./values.ts";
import { readField } from "./struct_type.ts";
import { ownText, wrap } from "./wrap.ts";

/** The verbs for which the text of a value's own type is used. */
const textVerbs = new Set(["v", "s", "x", "X", "q"]);

/** Prints values for verbs. */
export class Formatter {
  readonly #budget: Budget;
  /** How many bytes have been made. */
  #length = 0;
  /** Whether a mismatch is being described; own texts do not count then. */
  #isDescribing = false;

  /**
   * Creates a formatter.
   *
   * @param budget What the printing may cost.
   */
  constructor(budget: Budget) {
    this.#budget = budget;
  }

  /**
   * Prints a value as `print` and `%v` do.
   *
   * @param value The value.
   * @returns The text.
   */
  plain(value: Value): ByteText {
    const isPlain = value.kind === "string" && value.type === goTypes.string;
    return isPlain ? this.#counted(value.value) : this.verb(value, "v", plainFlags);
  }

  /**
   * Prints a value for a verb.
   *
   * @param value The value.
   * @param verb The verb.
   * @param flags The verb's flags.
   * @returns The text; a verb that does not fit gives a text that says so.
   */
  verb(value: Value, verb: string, flags: Flags): ByteText {
    if (value.kind === "nil" || value.kind === "missing") {
      return verb === "v" || verb === "T" ? pad("<nil>", flags) : `%!${verb}(<nil>)`;
    }
    if (verb === "T") return basicText(typeName(value), "s", flags) ?? "";
    return this.#print(value, verb, flags, 0);
  }

  /**
   * Describes a value with its type, as texts about mismatches do.
   *
   * @param value The value.
   * @param flags The flags of the verb.
   * @returns The text, such as `int=1`.
   */
  described(value: Value, flags: Flags = plainFlags): ByteText {
    if (value.kind === "nil" || value.kind === "missing") return "<nil>";
    return `${typeName(value)}=${this.#print(value, "v", flags, 0)}`;
  }

  #mismatch(value: Value, verb: string, flags: Flags): ByteText {
    const wasDescribing = this.#isDescribing;
    this.#isDescribing = true;
    try {
      return `%!${verb}(${this.described(value, flags)})`;
    } finally {
      this.#isDescribing = wasDescribing;
    }
  }

  #print(value: Value, verb: string, flags: Flags, depth: number): ByteText {
    this.#budget.step();
    // Quoting and hex make more of a text: a bound before keeps it from being made at all.
    if (value.kind === "string" && verb !== "v" && verb !== "s") this.#budget.text(0, value.value.length * 2);
    if (depth > valueDepthLimit) throw new ValueError(`value is nested deeper than ${valueDepthLimit} levels`);
    if (!this.#isDescribing && textVerbs.has(verb)) {
      const text = flags.isGo && verb === "v" ? goText(value) : ownText(value);
      if (text !== undefined) {
        return this.#counted(flags.isGo && verb === "v" ? text : basicText(text, verb, flags)) ?? "";
      }
    }
    switch (value.kind) {
      case "nil":
      case "missing":
        return flags.isGo ? "interface {}(nil)" : "<nil>";
      case "nilPointer":
        return this.#nilPointer(value, verb, flags, depth);
      case "list":
        return this.#list(value, verb, flags, depth);
      case "bytes":
        return this.#bytes(value, verb, flags, depth);
      case "map":
        return this.#map(value, verb, flags, depth);
      case "struct":
        return this.#struct(value, verb, flags, depth);
      default:
        return this.#counted(basicText(value, verb, flags)) ?? this.#mismatch(value, verb, flags);
    }
  }

  /** Counts what is made as it is made: widths can make much of little. */
  #counted<T extends ByteText | undefined>(text: T): T {
    const length = text?.length ?? 0;
    this.#length += length;
    this.#budget.text(length, this.#length);
    return text;
  }

  #nilPointer(value: Value & { kind: "nilPointer" }, verb: string, flags: Flags, depth: number): ByteText {
    if (verb === "v") {
      if (flags.isGo) return `(${value.type.name})(nil)`;
      return depth === 0 ? pad("<nil>", flags) : "<nil>";
    }
    const { to } = value.type;
    const hasText = to.kind === "struct" && to.members().textVia !== undefined;
    if (hasText && textVerbs.has(verb) && !this.#isDescribing) return "<nil>";
    if ("bodxX".includes(verb)) return integerText(intValue(0), verb, flags) ?? "0";
    return this.#mismatch(value, verb, flags);
  }

  #list(value: ListValue, verb: string, flags: Flags, depth: number): ByteText {
    if (flags.isGo && value.isNil) return `${value.type.name}(nil)`;
    const parts: ByteText[] = [];
    for (let index = 0; index < value.length; index++) {
      parts.push(this.#print(value.at(index), verb, flags, depth + 1));
    }
    return flags.isGo ? `${value.type.name}{${parts.join(", ")}}` : `[${parts.join(" ")}]`;
  }

  #bytes(value: BytesValue, verb: string, flags: Flags, depth: number): ByteText {
    const { value: bytes } = value;
    if (verb === "s" || verb === "q" || verb === "x" || verb === "X") {
      return this.#counted(basicText(bytesToByteText(bytes ?? new Uint8Array()), verb, flags)) ?? "";
    }
    const name = depth === 0 ? "[]byte" : value.type.name;
    if (flags.isGo && bytes === undefined) return `${name}(nil)`;
    if (flags.isGo) return `${name}{${hexBytes(bytes ?? new Uint8Array()).join(", ")}}`;
    const parts: ByteText[] = [];
    for (let index = 0; index < (bytes?.length ?? 0); index++) {
      parts.push(this.#print(byteAt(value, index), verb, flags, depth + 1));
    }
    return `[${parts.join(" ")}]`;
  }

  #map(value: MapValue, verb: string, flags: Flags, depth: number): ByteText {
    if (flags.isGo && value.isNil) return `${value.type.name}(nil)`;
    const parts = value.keys().map((key) => {
      const entry = this.#print(value.get(key) ?? { kind: "nil" }, verb, flags, depth + 1);
      return `${this.#print(key, verb, flags, depth + 1)}:${entry}`;
    });
    return flags.isGo ? `${value.type.name}{${parts.join(", ")}}` : `map[${parts.join(" ")}]`;
  }

  #struct(value: StructValue, verb: string, flags: Flags, depth: number): ByteText {
    const isNamed = flags.isGo || flags.isNamed;
    const parts = value.type.members().fields.map((field) => {
      const text = this.#print(wrap(readField(field, value.self), field.type), verb, flags, depth + 1);
      return isNamed ? `${field.name}:${text}` : text;
    });
    // Go prints an address for a pointer inside of another value, which tells nobody anything.
    const sign = value.isPointer && (depth === 0 || flags.isGo) ? "&" : "";
    return flags.isGo ? `${sign}${value.type.name}{${parts.join(", ")}}` : `${sign}{${parts.join(" ")}}`;
  }
}

function goText(value: Value): ByteText | undefined {
  return value.kind === "struct" ? value.type.spec.goText?.(value.self) : undefined;
}
