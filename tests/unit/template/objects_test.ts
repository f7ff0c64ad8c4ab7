/**
 * Described objects: what the dialect shows of them beyond what Go does, and what it hides.
 */

import assert from "node:assert/strict";
import { defineStruct } from "../../../lib/template/struct_type.ts";
import { renderTemplate } from "../../../lib/template/template.ts";
import { timeType } from "../../../lib/template/time.ts";
import { GoTime, utc } from "../../../lib/template/time_value.ts";
import { defineNamed, goTypes, listOf, mapOf, pointerTo } from "../../../lib/template/types.ts";

const { any, bytes, int64, string } = goTypes;

const digestType = defineNamed<string>({
  name: "digest.Digest",
  kind: "string",
  text: (digest) => digest,
  methods: { Algorithm: { result: string, call: (digest) => digest.split(":")[0] } },
});

const tlsType = defineNamed<number>({
  name: "config.TLSConf",
  kind: "int",
  json: (tls) => tls === 3 ? '"disabled"' : undefined,
});

const platformType = defineStruct<{ readonly os?: string; readonly "os.version"?: string }>({
  name: "platform.Platform",
  fields: [{ name: "OS", json: "os", type: string }, { name: "OSVersion", json: "os.version", type: string }],
  text: ({ os }) => os ?? "unknown",
});

const descriptorType = defineStruct<Readonly<Record<string, unknown>>>({
  name: "descriptor.Descriptor",
  fields: [
    { name: "MediaType", json: "mediaType", type: string },
    { name: "Digest", json: "digest", type: digestType },
    { name: "Size", json: "size", type: int64 },
    { name: "Annotations", json: "annotations", type: mapOf(string, string), isOmittedEmpty: true },
    { name: "Data", json: "data", type: bytes, isOmittedEmpty: true },
    { name: "Platform", json: "platform", type: pointerTo(platformType), isOmittedEmpty: true },
  ],
});

const document = '{ "layers": [ ], "unknown": 1.0,\n "size": 12345678901234567890, "mediaType":"m" , "html": "<>&" }';

const manifestType = defineStruct<{ readonly config: Readonly<Record<string, unknown>> }>({
  name: "manifest.ociManifest",
  fields: [
    { name: "Config", json: "config", type: descriptorType, isEmbedded: true },
    { name: "Extra", json: "config2", type: descriptorType, get: () => undefined },
    { name: "Layers", type: listOf(descriptorType), get: () => undefined },
  ],
  methods: {
    SetSize: {
      params: [int64],
      result: any,
      call: (manifest, size) => ({ size, was: manifest.config["size"] }),
    },
    GetLayers: { result: listOf(pointerTo(descriptorType)), call: ({ config }) => [config, undefined] },
  },
  json: () => document,
  pretty: () => "Name: é\n",
});

const config = {
  mediaType: "m",
  digest: "sha256:00",
  size: 7,
  platform: { os: "linux" },
  data: "aGk=",
  hidden: "secret",
};
const manifest = manifestType.of({ config });
const descriptor = descriptorType.of(config);

Deno.test("fields have their Go name, and their JSON name where that is the name of one", () => {
  assert.equal(
    renderTemplate("{{.MediaType}} {{.mediaType}} {{.digest.Algorithm}} {{.platform.os}}", descriptor),
    "m m sha256 linux",
  );
  assert.equal(renderTemplate("{{.config.size}} {{.Size}} {{.size}}", manifest), "7 7 7");
  for (const name of ["hidden", "Hidden", "size2", "self", "spec", "constructor", "__proto__", "toString", "members"]) {
    assert.throws(
      () => renderTemplate(`{{.${name}}}`, descriptor),
      new RegExp(`can't evaluate field ${name} in type descriptor.Descriptor`),
    );
  }
});

Deno.test("a JSON name of two fields is the name of none", () => {
  const type = defineStruct<unknown>({
    name: "main.Twice",
    fields: [{ name: "A", json: "x", type: string }, { name: "B", json: "x", type: string }],
  });
  assert.throws(() => renderTemplate("{{.x}}", type.of({ x: "1" })), /can't evaluate field x in type main.Twice/);
});

Deno.test("fields without data have the zero value of their type", () => {
  const text =
    "{{.MediaType}}|{{.Digest}}|{{.Size}}|{{.Annotations}}|{{.Annotations.a}}|{{.Data}}|{{.Platform}}|{{json .}}";
  const json = '{"mediaType":"","digest":"","size":0}\n';
  assert.equal(renderTemplate(text, descriptorType.of({})), `||0|map[]|<no value>|[]|<nil>|${json}`);
  assert.equal(renderTemplate("{{.Extra.Size}} {{.Extra.Platform}} {{len .Layers}}", manifest), "0 <nil> 0");
});

Deno.test("an object's own JSON text is spaced anew, and nothing else of it changes", () => {
  const compact = '{"layers":[],"unknown":1.0,"size":12345678901234567890,"mediaType":"m","html":"<>&"}';
  const pretty =
    '{\n  "layers": [],\n  "unknown": 1.0,\n  "size": 12345678901234567890,\n  "mediaType": "m",\n  "html": "<>&"\n}\n';
  assert.equal(renderTemplate("{{json .}}", manifest), `${compact}\n`);
  assert.equal(renderTemplate("{{jsonPretty .}}", manifest), pretty);
  assert.equal(renderTemplate("{{json .a}}", { a: [manifest] }), `[${compact}]\n`);
});

Deno.test("an object's own JSON text must be JSON, and not too deep", () => {
  const type = defineStruct<string>({ name: "main.Raw", fields: [], json: (text) => text });
  assert.throws(() => renderTemplate("{{json .}}", type.of('{"a":')), /error calling json: /);
  assert.throws(() => renderTemplate("{{json .}}", type.of("[".repeat(2000) + "]".repeat(2000))), /deeper than 1000/);
  assert.equal(renderTemplate("{{json .}}", type.of('[ "a\\" ] , {" , {} ]')), '["a\\" ] , {",{}]\n');
});

Deno.test("printPretty prints the human view where there is one", () => {
  assert.equal(renderTemplate("{{printPretty .}}", manifest), "Name: é\n");
  assert.equal(
    renderTemplate("{{printPretty .}}", platformType.of({ os: "x" })),
    '{\n  "os": "x",\n  "os.version": ""\n}\n',
  );
});

Deno.test("pointers inside of other values print what they point to", () => {
  assert.equal(renderTemplate("{{.GetLayers}}", manifest), "[{m sha256:00 7 map[] [104 105] linux} <nil>]");
  assert.equal(
    renderTemplate("{{index .GetLayers 0}} {{(index .GetLayers 0).Size}}", manifest),
    "{m sha256:00 7 map[] [104 105] linux} 7",
  );
});

Deno.test("named strings pass for strings", () => {
  assert.equal(
    renderTemplate('{{upper .Digest}} {{split .Digest ":"}} {{printf .Digest}} {{env .Digest}}', descriptor),
    "SHA256:00 [sha256 00] sha256:00 ",
  );
});

Deno.test("named numbers print as numbers and have a JSON text of their own", () => {
  const type = defineStruct<unknown>({ name: "config.Host", fields: [{ name: "TLS", json: "tls", type: tlsType }] });
  assert.equal(renderTemplate("{{.TLS}} {{eq .TLS 3}} {{json .}}", type.of({ tls: 3 })), '3 true {"tls":"disabled"}\n');
  assert.equal(renderTemplate("{{.TLS}} {{json .}}", type.of({})), '0 {"tls":0}\n');
});

Deno.test("methods get plain data and give typed values", () => {
  assert.equal(renderTemplate("{{.SetSize 9}} {{(.SetSize 9).was}}", manifest), "map[size:9 was:7] 7");
  assert.throws(() => renderTemplate('{{.SetSize "9"}}', manifest), /expected integer; found "9"/);
});

Deno.test("objects can be made within data and come out of it", () => {
  assert.equal(renderTemplate("{{range .}}{{.Size}}{{end}}", [descriptor, descriptor]), "77");
  assert.equal(
    renderTemplate("{{.t.Year}} {{.t}}", { t: timeType.of(new GoTime(1577934245n * 1_000_000_000n, utc)) }),
    "2020 2020-01-02 03:04:05 +0000 UTC",
  );
});

Deno.test("times are read of texts and dates; without one they are the zero time", () => {
  const type = defineStruct<unknown>({
    name: "main.Times",
    fields: [
      { name: "Created", json: "created", type: pointerTo(timeType) },
      { name: "Plain", json: "plain", type: timeType },
    ],
  });
  const text = "{{.Created}} {{.Plain}} {{json .}}{{.Plain.IsZero}} {{default `none` .Plain}}";
  assert.equal(
    renderTemplate(text, type.of({ created: "2021-01-01T00:00:00Z", plain: new Date(0) })),
    '2021-01-01 00:00:00 +0000 UTC 1970-01-01 00:00:00 +0000 UTC {"created":"2021-01-01T00:00:00Z","plain":"1970-01-01T00:00:00Z"}\n' +
      "false 1970-01-01 00:00:00 +0000 UTC",
  );
  assert.equal(
    renderTemplate(text, type.of({})),
    '<nil> 0001-01-01 00:00:00 +0000 UTC {"created":null,"plain":"0001-01-01T00:00:00Z"}\ntrue none',
  );
  assert.throws(() => renderTemplate("{{.Plain}}", type.of({ plain: "soon" })), /parsing time "soon"/);
});

Deno.test("data that does not fit its type is told of", () => {
  assert.throws(
    () => renderTemplate("{{.Size}}", descriptorType.of({ size: "big" })),
    /string does not fit type int64/,
  );
  assert.throws(
    () => renderTemplate("{{.Platform}}", descriptorType.of({ platform: manifest })),
    /does not fit type platform.Platform/,
  );
});
