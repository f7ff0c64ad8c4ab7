/**
 * Lists of tags and repositories, as templates see them.
 *
 * @module
 */

import { type DefinedStruct, defineStruct, type GoObject } from "../../../lib/template/struct_type.ts";
import { timeType } from "../../../lib/template/time.ts";
import { goTypes, listOf, mapOf, type MethodSpec, pointerTo } from "../../../lib/template/types.ts";
import type { NameList } from "../name_list.ts";
import { headersData, headersType } from "./headers.ts";
import { ociIndexBody } from "./manifest_bodies.ts";

const { any, bool, bytes, int64, string } = goTypes;
const strings = listOf(string);

interface ListFacts extends NameList {
  /** What the document says. */
  readonly body: Readonly<Record<string, unknown>>;
  /** Where the list was asked for. */
  readonly url?: URL | undefined;
}

const listMethods: Readonly<Record<string, MethodSpec<ListFacts>>> = {
  GetOrig: { result: any, call: () => undefined },
  RawBody: { result: bytes, call: ({ document }) => document },
  RawHeaders: { result: headersType, call: ({ headers }) => headersData(headers) },
};

const urlType: DefinedStruct<URL> = defineStruct<URL>({
  name: "url.URL",
  fields: [
    { name: "Scheme", type: string, get: ({ protocol }) => protocol.slice(0, -1) },
    { name: "Opaque", type: string, get: () => "" },
    { name: "User", type: any, get: () => null },
    { name: "Host", type: string, get: ({ host }) => host },
    { name: "Path", type: string, get: ({ pathname }) => pathname },
    { name: "Fragment", type: string, get: () => "" },
    { name: "RawQuery", type: string, get: ({ search }) => search.slice(1) },
    { name: "RawPath", type: string, get: () => "" },
    { name: "RawFragment", type: string, get: () => "" },
    { name: "ForceQuery", type: bool, get: () => false },
    { name: "OmitHost", type: bool, get: () => false },
  ],
  text: ({ href }) => href,
});

/** What Google's registries say of each manifest. */
const googleManifest = defineStruct({
  name: "tag.GCRManifestInfo",
  fields: [
    { name: "Size", type: int64, json: "imageSizeBytes", get: (info) => Number(partOf(info, "imageSizeBytes") ?? 0) },
    { name: "MediaType", type: string, json: "mediaType" },
    { name: "Created", type: timeType, json: "timeCreatedMs", get: (info) => dateOf(info, "timeCreatedMs") },
    { name: "Uploaded", type: timeType, json: "timeUploadedMs", get: (info) => dateOf(info, "timeUploadedMs") },
    { name: "Tags", type: strings, json: "tag" },
  ],
});

function partOf(info: unknown, key: string): unknown {
  return typeof info === "object" && info !== null ? Object.getOwnPropertyDescriptor(info, key)?.value : undefined;
}

function dateOf(info: unknown, key: string): Date {
  return new Date(Number(partOf(info, key) ?? 0));
}

const tagListType = defineStruct<ListFacts>({
  name: "*tag.List",
  fields: [
    { name: "Name", type: string, json: "name", get: ({ body }) => textOf(body["name"]) },
    { name: "Tags", type: strings, json: "tags", get: ({ names }) => names },
    { name: "Children", type: strings, json: "child", get: ({ body }) => body["child"] },
    { name: "Manifests", type: mapOf(string, googleManifest), get: ({ body }) => recordOf(body["manifest"]) },
    { name: "Index", type: ociIndexBody, get: ({ body }) => Array.isArray(body["manifests"]) ? body : {} },
  ],
  methods: {
    ...listMethods,
    GetTags: { result: strings, call: ({ names }) => names },
    GetURL: { result: pointerTo(urlType), call: ({ url }) => url },
  },
  json: ({ document }) => new TextDecoder().decode(document),
  pretty: formatNames,
});

const repoListType = defineStruct<ListFacts>({
  name: "*repo.RepoList",
  fields: [{ name: "Repositories", type: strings, json: "repositories", get: ({ names }) => names }],
  methods: { ...listMethods, GetRepos: { result: strings, call: ({ names }) => names } },
  json: ({ document }) => new TextDecoder().decode(document),
  pretty: formatNames,
});

function formatNames({ names }: ListFacts): string {
  return names.map((name) => `${name}\n`).join("");
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function recordOf(value: unknown): unknown {
  return typeof value === "object" && !Array.isArray(value) ? value : undefined;
}

/**
 * Makes the object of a list of tags.
 *
 * @param list The list.
 * @param url Where it was asked for; nowhere when it is that of a layout.
 * @returns The object.
 */
export function tagListObject(list: NameList, url?: URL): GoObject {
  return tagListType.of({ ...list, body: bodyOf(list), url });
}

/**
 * Makes the object of a list of repositories.
 *
 * @param list The list.
 * @returns The object.
 */
export function repoListObject(list: NameList): GoObject {
  return repoListType.of({ ...list, body: bodyOf(list) });
}

function bodyOf({ document }: NameList): Readonly<Record<string, unknown>> {
  const body: unknown = JSON.parse(new TextDecoder().decode(document));
  return typeof body === "object" && body !== null ? { ...body } : {};
}
