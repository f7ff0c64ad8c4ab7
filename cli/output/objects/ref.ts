/**
 * References, as templates see them.
 *
 * @module
 */

import type { Reference } from "../../../lib/reference/reference.ts";
import { type DefinedStruct, defineStruct, type FieldSpec, type GoObject } from "../../../lib/template/struct_type.ts";
import { goTypes, type MethodSpec } from "../../../lib/template/types.ts";

/** The parts of a reference; empty where it has none. */
interface RefParts {
  readonly Scheme: string;
  readonly Reference: string;
  readonly Registry: string;
  readonly Repository: string;
  readonly Tag: string;
  readonly Digest: string;
  readonly Path: string;
}

const names = ["Scheme", "Reference", "Registry", "Repository", "Tag", "Digest", "Path"] as const;

/** A reference. */
export const refType: DefinedStruct<RefParts> = defineStruct<RefParts>({
  name: "ref.Ref",
  fields: names.map((name): FieldSpec<RefParts> => ({ name, type: goTypes.string, json: name })),
  methods: refMethods,
});

function refMethods(): Readonly<Record<string, MethodSpec<RefParts>>> {
  const { string, bool } = goTypes;
  const changed = (change: (ref: RefParts, text: string) => RefParts): MethodSpec<RefParts> => ({
    params: [string],
    result: refType,
    call: (ref, text) => named(change(ref, String(text))),
  });
  return {
    CommonName: { result: string, call: commonName },
    IsSet: { result: bool, call: (ref) => ref.Scheme === "ocidir" ? hasRepository(ref) : isComplete(ref) },
    IsSetRepo: { result: bool, call: hasRepository },
    IsZero: { result: bool, call: (ref) => names.every((name) => !ref[name]) },
    SetTag: changed((ref, Tag) => ({ ...ref, Tag, Digest: "" })),
    SetDigest: changed((ref, Digest) => ({ ...ref, Tag: "", Digest })),
    AddDigest: changed((ref, Digest) => ({ ...ref, Digest })),
    ToReg: { result: refType, call: toRegistry },
  };
}

/**
 * Makes the parts of a reference, for fields of type {@linkcode refType}.
 *
 * @param ref The reference.
 * @returns Its parts.
 */
export function refParts(ref: Reference): RefParts {
  const isRegistry = ref.scheme === "reg";
  return {
    Scheme: ref.scheme,
    Reference: ref.reference,
    Registry: isRegistry ? ref.registry : "",
    Repository: isRegistry ? ref.repository : "",
    Tag: ref.tag,
    Digest: ref.digest,
    Path: isRegistry ? "" : ref.path,
  };
}

/**
 * Makes the object of a reference.
 *
 * @param ref The reference.
 * @returns The object.
 */
export function refObject(ref: Reference): GoObject {
  return refType.of(refParts(ref));
}

function hasRepository(ref: RefParts): boolean {
  return ref.Scheme === "ocidir" ? Boolean(ref.Path) : Boolean(ref.Registry && ref.Repository);
}

function isComplete(ref: RefParts): boolean {
  return hasRepository(ref) && Boolean(ref.Tag || ref.Digest);
}

function commonName(ref: RefParts): string {
  if (!hasRepository(ref)) return "";
  const place = ref.Scheme === "ocidir" ? `ocidir://${ref.Path}` : `${ref.Registry}/${ref.Repository}`;
  return place + (ref.Tag ? `:${ref.Tag}` : "") + (ref.Digest ? `@${ref.Digest}` : "");
}

function named(ref: RefParts): RefParts {
  return { ...ref, Reference: commonName(ref) };
}

/** Gives the reference that a layout would have in a registry on this machine. */
function toRegistry(ref: RefParts): RefParts {
  if (ref.Scheme !== "ocidir") return ref;
  const parts: string[] = [];
  for (const part of ref.Path.toLowerCase().split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part.replaceAll(/[^a-z0-9]+/g, "-"));
  }
  return { ...ref, Scheme: "reg", Registry: "localhost", Repository: parts.join("/") };
}
