/**
 * What reading and running templates promises beside the dialect itself: errors, streams, limits, functions, safety.
 */

import assert from "node:assert/strict";
import type { LogFields, LogLevel } from "../../../lib/log.ts";
import { parseTemplate, renderTemplate, type RenderTemplateOptions } from "../../../lib/template/template.ts";
import { TemplateError } from "../../../lib/template/template_error.ts";
import { goTypes, listOf } from "../../../lib/template/types.ts";

function failureOf(text: string, data: unknown, options?: RenderTemplateOptions): TemplateError {
  try {
    renderTemplate(text, data, options);
  } catch (error) {
    assert(error instanceof TemplateError, String(error));
    return error;
  }
  throw new assert.AssertionError({ message: `${text.slice(0, 100)} did not fail` });
}

Deno.test("parseTemplate() tells the line of what cannot be read", () => {
  assert.throws(() => parseTemplate("a\nb {{if}}"), (error) => {
    assert(error instanceof TemplateError);
    assert.equal(error.code, "TEMPLATE");
    assert.equal(error.message, "template: out:2: missing value for if");
    assert.deepEqual([error.line, error.column, error.action, error.partial], [2, undefined, "", ""]);
    return true;
  });
  assert.throws(() => parseTemplate("\n{{\n1", { name: "settings" }), {
    message: "template: settings:3: unclosed action started at settings:2",
  });
});

Deno.test("parseTemplate() reads once what is run many times", () => {
  const template = parseTemplate("{{.}}{{$x := .}}{{$x}};");
  assert.deepEqual([template.render(1), template.render("é"), template.render(null)], [
    "11;",
    "éé;",
    "<no value><no value>;",
  ]);
});

Deno.test("toString() writes the template again", () => {
  const text = '{{/* gone */}}a {{- if .x}}1{{else if eq .y "z" | not}}{{range $i, $e := .l}}{{$i}}{{end}}{{end}}' +
    '{{define "T"}}{{(index . 1).a}}{{end}}{{template "T" .}}';
  const written = 'a{{if .x}}1{{else}}{{if eq .y "z" | not}}{{range $i, $e := .l}}{{$i}}{{end}}{{end}}{{end}}' +
    '{{template "T" .}}{{define "T"}}{{(index . 1).a}}{{end}}';
  assert.equal(parseTemplate(text).toString(), written);
});

Deno.test("renderTemplate() tells where it failed and what was printed before", () => {
  const error = failureOf("é\n{{1}} {{index .l 5}} never", { l: [1] });
  assert.equal(
    error.message,
    'template: out:2:8: executing "out" at <index .l 5>: error calling index: index out of range: 5',
  );
  assert.deepEqual([error.line, error.column, error.action], [2, 8, "index .l 5"]);
  assert.equal(error.partial, "é\n1 ");
});

Deno.test("renderTemplate() counts columns in bytes", () => {
  assert.equal(failureOf("éé{{len 1}}", null).column, 6);
});

Deno.test("renderTemplate() streams through write and writeBytes", () => {
  const texts: string[] = [];
  const text = '{{range 3000}}é-{{.}}\n{{end}}{{slice "é" 0 1}}{{slice "é" 1}}';
  assert.equal(renderTemplate(text, null, { write: (piece) => texts.push(piece) }), "");
  const whole = renderTemplate(text, null);
  assert(whole.endsWith("2999\né"));
  assert(texts.length > 1, "all came at once");
  assert.equal(texts.join(""), whole);
  const bytes: number[] = [];
  renderTemplate("{{printf `%s` .}}", new Uint8Array([0xff, 0, 0x61]), { writeBytes: (piece) => bytes.push(...piece) });
  assert.deepEqual(bytes, [0xff, 0, 0x61]);
});

Deno.test("renderTemplate() streams what was printed before an error, too", () => {
  let streamed = "";
  const error = failureOf("before {{len 1}}", null, { write: (piece) => streamed += piece });
  assert.deepEqual([streamed, error.partial], ["before ", ""]);
});

Deno.test("renderTemplate() throws on what write throws", () => {
  const broken = new Error("broken pipe");
  const write = () => {
    throw broken;
  };
  assert.throws(() => renderTemplate("x", null, { write }), broken);
  assert.throws(() => renderTemplate("{{range 9999}}xxxxxxxxx{{end}}", null, { write }), broken);
});

Deno.test("env and file see only what they are given", () => {
  const text = '{{env "HOME"}}|{{file "deno.json"}}|{{time.Now.Year}}';
  assert.equal(renderTemplate(text, null, { now: () => Date.UTC(1999, 0, 2) }), "||1999");
  const options = {
    env: (name: string) => `env ${name}`,
    readFile: (path: string) => `\n file ${path}\n`,
    now: () => 0,
  };
  assert.equal(renderTemplate(text, null, options), "env HOME|file deno.json|1970");
});

Deno.test("file warns of what cannot be read", () => {
  const lines: [LogLevel, string, LogFields | undefined][] = [];
  const logger = {
    isEnabled: () => true,
    log: (level: LogLevel, message: string, fields?: LogFields) => void lines.push([level, message, fields]),
  };
  assert.equal(renderTemplate('[{{file "none"}}]', null, { logger }), "[]");
  assert.deepEqual(lines, [["warn", "file of a template cannot be read", { path: "none" }]]);
});

Deno.test("time uses the local zone that it is given", () => {
  const localZone = (seconds: number) =>
    seconds < 1e9 ? { offsetSeconds: 3600, name: "CET" } : { offsetSeconds: -1800, name: "" };
  const render = (text: string, now: number) => renderTemplate(text, null, { localZone, now: () => now });
  assert.equal(render("{{time.Now}}", 0), "1970-01-01 01:00:00 +0100 CET");
  assert.equal(
    render("{{time.Now}} {{time.Now.UTC.Local}}", 2e12),
    "2033-05-18 03:03:20 -0030 -0030 2033-05-18 03:03:20 -0030 -0030",
  );
  assert.equal(render('{{time.Parse "15:04 MST" "10:00 CET"}}', 0), "0000-01-01 10:00:00 +0100 CET");
  assert.equal(render('{{time.Parse "15:04 -0700" "10:00 +0100"}}', 0), "0000-01-01 10:00:00 +0100 CET");
});

Deno.test("functions can be added and are checked like the others", () => {
  const functions = {
    repeat: {
      params: [goTypes.string, goTypes.int],
      result: goTypes.string,
      call: (text: unknown, count: unknown) => String(text).repeat(Number(count)),
    },
    words: { variadic: goTypes.any, result: listOf(goTypes.string), call: (...all: unknown[]) => all.map(String) },
    fails: {
      result: goTypes.any,
      call: () => {
        throw new Error("é is not well");
      },
    },
  };
  const render = (text: string) => renderTemplate(text, { n: 2 }, { functions });
  assert.equal(
    render('{{repeat "ab" .n}} {{3 | repeat "x"}} {{words 1 "b" | len}} {{index (words "é") 0}}'),
    "abab xxx 2 é",
  );
  const message = (text: string) => failureOf(text, { n: 2 }, { functions }).message.replace(/^.*>: /, "");
  assert.equal(message('{{repeat "a"}}'), "wrong number of args for repeat: want 2 got 1");
  assert.equal(message("{{repeat .n 1}}"), "wrong type for value; expected string; got int");
  assert.equal(message("{{fails}}"), "error calling fails: é is not well");
  assert.throws(() => parseTemplate("{{repeat 1}}"), /function "repeat" not defined/);
});

Deno.test("join takes lists of strings of any origin, default empty lists", () => {
  assert.equal(renderTemplate('{{join . "+"}}', ["a", "b"]), "a+b");
  assert.equal(failureOf('{{join . "+"}}', ["a", 1]).message.endsWith("expected []string; got []interface {}"), true);
  const text = '{{default "d" .l}} {{default "d" .m}} {{default "d" .f}} {{default "d" .n}}';
  assert.equal(renderTemplate(text, { l: [], m: {}, f: [0], n: null }), "d d [0] d");
});

Deno.test("title raises the first letter of each word", () => {
  assert.equal(renderTemplate("{{title .}}", "ab-cd ef_gh é1x"), "Ab-Cd Ef_gh É1x");
});

Deno.test("renderTemplate() takes generic data as whole numbers and floats", () => {
  const text = "{{range .}}{{printf `%T ` .}}{{end}}";
  assert.equal(renderTemplate(text, [1, 1.5, 2 ** 53, 1e21, 5n, -0]), "int float64 int float64 int int ");
  assert.equal(renderTemplate("{{.}}", new Map<unknown, unknown>([[10, "b"], [9, "a"]])), "map[9:a 10:b]");
  assert.equal(renderTemplate("{{index . 9}}{{.}}", new Map([[9, "a"]])), "amap[9:a]");
  assert.equal(renderTemplate("{{.a}} {{.u}}", new Map<string, unknown>([["a", 1], ["u", undefined]])), "1 <no value>");
  assert.equal(renderTemplate("{{.u}} {{len .}}", { u: undefined }), "<no value> 0");
});

const hostileNames = [
  "constructor",
  "__proto__",
  "prototype",
  "toString",
  "valueOf",
  "hasOwnProperty",
  "__defineGetter__",
  "__lookupGetter__",
  "length",
  "at",
  "get",
  "keys",
  "then",
  "self",
  "kind",
  "type",
  "call",
];

Deno.test("templates reach nothing of the host by any name", () => {
  for (const name of hostileNames) {
    for (const data of [{}, new Map(), Object.create(null)]) {
      const shown = renderTemplate(`{{.${name}}}|{{index . "${name}"}}|{{len .}}|{{json .}}`, data);
      assert.equal(shown, "<no value>|<no value>|0|{}\n", name);
    }
    for (const data of [[], "text", 1, 1.5, true]) {
      assert.match(failureOf(`{{.${name}}}`, data).message, new RegExp(`can't evaluate field ${name} in type `));
    }
    if (name !== "call") assert.throws(() => parseTemplate(`{{${name} 1}}`), /not defined/);
    assert.match(failureOf(`{{template "${name}"}}`, {}).message, /not defined/);
    assert.equal(renderTemplate(`{{$${name} := 1}}{{$${name}}}`, {}), "1");
    assert.match(failureOf(`{{time.${name}}}`, {}).message, /can't evaluate field/);
  }
  assert.equal(
    renderTemplate("{{.__proto__.x}} {{.constructor}}", JSON.parse('{"__proto__":{"x":1},"constructor":2}')),
    "1 2",
  );
});

Deno.test("templates see data alone: no getters, inherited properties, functions or instances of classes", () => {
  const inherited = Object.create({ inherited: 1 });
  assert.match(failureOf("{{.inherited}}", inherited).message, /cannot be used in a template/);
  const hidden = Object.defineProperty({ seen: 1 }, "hidden", { value: 2, enumerable: false });
  const getter = {
    get computed(): never {
      throw new Error("was read");
    },
    [Symbol.iterator]: 1,
  };
  assert.equal(renderTemplate("{{.}} {{.hidden}}", hidden), "map[seen:1] <no value>");
  assert.equal(renderTemplate("{{.}} {{.computed}} {{json .}}", getter), "map[] <no value> {}\n");
  for (const value of [() => 1, Symbol("s"), new Date(), /x/, Promise.resolve(), new Set(), new (class A {})()]) {
    assert.match(failureOf("{{.v}}", { v: value }).message, /cannot be used in a template/);
  }
});

Deno.test("renderTemplate() ends what runs for ever", () => {
  const limited = (text: string, data?: unknown) =>
    failureOf(text, data, { maxSteps: 20_000, maxOutput: 50_000 }).message;
  assert.match(limited("{{range 9000000000000000000}}{{end}}"), /runs for more than 20000 steps/);
  assert.match(limited("{{range 1000}}{{range 1000}}{{end}}{{end}}"), /runs for more than 20000 steps/);
  assert.match(limited('{{range 100}}{{printf "%1000d" .}}{{end}}'), /prints more than 50000 bytes/);
  assert.match(limited('{{$x := "ab"}}{{range 99}}{{$x = print $x $x}}{{end}}'), /text is longer than 50000 bytes/);
  assert.match(limited('{{$x := "&"}}{{range 99}}{{$x = html $x $x}}{{end}}'), /text is longer than 50000 bytes/);
  assert.match(limited('{{printf "%900000d" 1}}'), /text is longer than 50000 bytes/);
  assert.match(limited('{{printf "%40000d" .}}', [1, 2]), /text is longer than 50000 bytes/);
  assert.match(limited("{{.}}", new Array(30_000).fill(1)), /runs for more than 20000 steps/);
  const cyclic: unknown[] = [];
  cyclic.push(cyclic, cyclic);
  for (const text of ["{{.}}", "{{json .}}", "{{eq . .}}", "{{html .}}"]) {
    assert.match(failureOf(text, cyclic).message, /nested deeper than 1000 levels/);
  }
});

Deno.test("renderTemplate() does not overflow the stack", () => {
  const depth = 60_000;
  const nested = (open: string) => `${open.repeat(depth)}x${"{{end}}".repeat(depth)}`;
  assert.equal(renderTemplate(nested("{{if 1}}"), null), "x");
  assert.equal(renderTemplate(nested("{{range 1}}"), null), "x");
  assert.equal(renderTemplate(nested("{{with $x := 1}}"), null), "x");
  assert.equal(renderTemplate(`{{if 0}}${"{{else if 0}}".repeat(depth)}{{else}}z{{end}}`, null), "z");
  assert.equal(parseTemplate(nested("{{if 1}}")).toString(), nested("{{if 1}}"));
  assert.match(failureOf("{{if 1}}".repeat(130_000), null).message, /unexpected EOF/);
  assert.match(failureOf("{{if}}".repeat(130_000), null).message, /missing value for if/);
  assert.match(failureOf(`{{${"(".repeat(500_000)}`, null).message, /max expression depth exceeded/);
  assert.equal(renderTemplate(`{{${"(print ".repeat(249)}.${")".repeat(249)}}}`, "x"), "x");
  const recursive = '{{define "r"}}{{if 1}}{{template "r" .}}{{end}}{{end}}{{template "r"}}';
  assert.match(
    failureOf(recursive, null).message,
    /at <{{template "r" .}}>: exceeded maximum template depth \(100000\)/,
  );
  const counting =
    '{{define "r"}}{{if gt (len .) 1}}{{template "r" (slice . 1)}}{{else}}end{{end}}{{end}}{{template "r" .}}';
  assert.equal(renderTemplate(counting, "x".repeat(50_000)), "end");
});
