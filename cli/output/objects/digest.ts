/**
 * Digests, as templates see them.
 *
 * @module
 */

import { type Digest, digestAlgorithms, parseDigest } from "../../../lib/oci/digest.ts";
import { type DefinedStruct, defineStruct } from "../../../lib/template/struct_type.ts";
import { defineNamed, goTypes, type MethodSpec, pointerTo, type ScalarType } from "../../../lib/template/types.ts";

/** An error that a method gives instead of failing; prints its text, or `<nil>`. */
const errorType: DefinedStruct<string> = defineStruct<string>({
  name: "error",
  fields: [],
  text: (message) => message,
});

/** The algorithm of a digest. */
export const algorithmType: ScalarType = defineNamed<string>({
  name: "digest.Algorithm",
  kind: "string",
  methods: {
    Available: { result: goTypes.bool, call: (algorithm) => digestAlgorithms.has(algorithm) },
    Size: { result: goTypes.int, call: (algorithm) => (digestAlgorithms.get(algorithm) ?? 0) / 2 },
    String: { result: goTypes.string, call: (algorithm) => algorithm },
  },
});

const methods: Readonly<Record<string, MethodSpec<string>>> = {
  Algorithm: { result: algorithmType, call: (digest) => digest.slice(0, colonOf(digest)) },
  Encoded: { result: goTypes.string, call: (digest) => digest.slice(colonOf(digest) + 1) },
  Hex: { result: goTypes.string, call: (digest) => digest.slice(colonOf(digest) + 1) },
  String: { result: goTypes.string, call: (digest) => digest },
  Validate: { result: pointerTo(errorType), call: failureOf },
};

/** A digest: text with methods. */
export const digestType: ScalarType = defineNamed<string>({ name: "digest.Digest", kind: "string", methods });

/** A digest that is the whole result. */
const digestResultType: DefinedStruct<string> = defineStruct<string>({
  name: "digest.Digest",
  fields: [],
  methods,
  text: (digest) => digest,
  json: (digest) => JSON.stringify(digest),
});

/**
 * Makes the object of a digest.
 *
 * @param digest The digest.
 * @returns The object.
 */
export function digestObject(digest: Digest): ReturnType<typeof digestResultType.of> {
  return digestResultType.of(digest);
}

function colonOf(digest: string): number {
  const colon = digest.indexOf(":");
  if (colon < 0) throw new Error(`no ':' separator in digest "${digest}"`);
  return colon;
}

function failureOf(digest: string): string | undefined {
  try {
    parseDigest(digest);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
