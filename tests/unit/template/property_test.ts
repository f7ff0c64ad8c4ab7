/**
 * What must hold for any template: random ones, from a fixed seed.
 */

import assert from "node:assert/strict";
import { parseTree } from "../../../lib/template/parser.ts";
import { printTree } from "../../../lib/template/print.ts";
import { fromByteText } from "../../../lib/template/byte_text.ts";
import { hasFunction } from "../../../lib/template/functions/function_table.ts";
import type { TemplateTree } from "../../../lib/template/nodes.ts";
import { renderTemplate } from "../../../lib/template/template.ts";
import { TemplateError } from "../../../lib/template/template_error.ts";

/** Gives numbers from 0 up to but without 1, the same ones every time. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

class Generator {
  readonly #next: () => number;

  constructor(seed: number) {
    this.#next = randomNumbers(seed);
  }

  below(count: number): number {
    return Math.floor(this.#next() * count);
  }

  pick(from: readonly string[]): string {
    return from[this.below(from.length)] ?? "";
  }

  chance(of: number): boolean {
    return this.#next() < of;
  }

  operand(depth: number): string {
    if (depth < 3 && this.chance(0.2)) return `(${this.pipeline(depth + 1)})${this.pick(["", "", ".f", ".f.g"])}`;
    return this.pick([
      ".",
      ".a",
      ".a.b",
      "$",
      "$x",
      "$x.y",
      "1",
      "-2.5",
      "0x1F",
      "'é'",
      '"s\\n"',
      "`r}}w`",
      "true",
      "nil",
      "time.Now",
      "len",
    ]);
  }

  pipeline(depth = 0): string {
    const name = () => this.pick(["print", "index", "eq", "and", "printf `%v`", "json", "slice"]);
    const command = () => `${name()} ${Array.from({ length: this.below(3) }, () => this.operand(depth)).join(" ")}`;
    const first = this.chance(0.4) ? this.operand(depth) : command();
    return [first, ...Array.from({ length: this.below(3) }, command)].join(" | ");
  }

  action(inside: string): string {
    return `{{${this.pick(["", "", "- "])}${inside}${this.pick(["", "", " -"])}}}`;
  }

  body(depth: number): string {
    return Array.from({ length: this.below(5) }, () => this.statement(depth)).join("");
  }

  statement(depth: number): string {
    const kind = this.pick([
      "text",
      "text",
      "action",
      "action",
      "declare",
      "if",
      "with",
      "range",
      "template",
      "comment",
    ]);
    switch (kind) {
      case "text":
        return this.pick(["a", " b ", "\n", "}}", "{", " {", "{ ", "é"]);
      case "comment":
        return this.action("/* { */");
      case "declare":
        return this.action(`$x ${this.pick([":=", "="])} ${this.pipeline()}`);
      case "template":
        return this.action(`template "T" ${this.pick(["", ".", "1"])}`);
      case "action":
        return this.action(this.pipeline());
    }
    if (depth > 3) return "";
    const declared = kind === "range" ? this.pick(["", "$x := ", "$i, $x := "]) : this.pick(["", "$x := "]);
    const body = this.body(depth + 1) + (kind === "range" ? this.pick(["", "{{break}}", "{{continue}}"]) : "");
    const chained = kind !== "range" && this.chance(0.3)
      ? `{{else ${kind} ${this.pipeline()}}}${this.body(depth + 1)}`
      : "";
    const otherwise = this.chance(0.3) ? `{{else}}${this.body(depth + 1)}` : "";
    return this.action(`${kind} ${declared}${this.pipeline()}`) + body + chained + otherwise + this.action("end");
  }

  template(): string {
    const definition = `{{define "T"}}${this.body(2).replaceAll(/\{\{-? ?template[^}]*\}\}/g, "")}{{end}}`;
    return `{{$x := 1}}${this.body(0)}${definition}${this.body(1)}`;
  }
}

function parse(text: string): TemplateTree {
  return parseTree(text, { name: "out", hasFunction: (name) => hasFunction(name, {}) });
}

/** Shows a tree without the places of its nodes. */
function shape(tree: TemplateTree): string {
  return JSON.stringify([...tree.bodies], (key, value) => {
    return key === "at" ? undefined : typeof value === "bigint" ? String(value) : value;
  });
}

Deno.test("printTree() gives text that parseTree() reads as the same tree", () => {
  const generator = new Generator(1);
  let read = 0;
  for (let round = 0; round < 2000; round++) {
    const text = generator.template();
    let tree: TemplateTree;
    try {
      tree = parse(text);
    } catch (error) {
      // Some come out wrong, such as a brace before an action.
      assert(error instanceof TemplateError, text);
      continue;
    }
    read++;
    const printed = fromByteText(printTree(tree));
    const again = parse(printed);
    assert.equal(shape(again), shape(tree), `${JSON.stringify(text)} printed as ${JSON.stringify(printed)}`);
    assert.equal(fromByteText(printTree(again)), printed);
  }
  assert(read > 500, `only ${read} could be read`);
});

Deno.test("printTree() keeps braces and neighbouring texts apart", () => {
  const texts = [
    "{ {{- .}}",
    "{{/**/}}{",
    "a{{/**/}}b",
    "{{/**/ -}} { {{- /**/}}{x",
    "{ {{- define `T`}}{ {{- 1}}{{end}}",
    "}}{{1}}}}",
  ];
  for (const text of texts) {
    const tree = parse(text);
    assert.equal(shape(parse(fromByteText(printTree(tree)))), shape(tree), text);
  }
});

const data = { a: { b: [1, "x", null] }, l: [1, 2], n: null, s: "é", f: 1.5, m: { k: "v" } };

function runOrFail(text: string): void {
  try {
    renderTemplate(text, data, { maxSteps: 5_000, maxOutput: 20_000, now: () => 0 });
  } catch (error) {
    if (!(error instanceof TemplateError)) throw new Error(`${JSON.stringify(text)} threw`, { cause: error });
    const { cause } = error;
    assert(!(cause instanceof TypeError || cause instanceof ReferenceError), `${JSON.stringify(text)}: ${cause}`);
  }
}

Deno.test("renderTemplate() gives text or a TemplateError for any template", () => {
  const generator = new Generator(2);
  for (let round = 0; round < 2000; round++) runOrFail(generator.template());
});

const soup = [
  ..."{{ }} {{- -}} ( ) | := = $ $x . .a .b 1 1.5 -3 0x \"a\" `b` 'c' \" ' ` , /* */ {{/* - + _ é € \\ @ % \0".split(
    " ",
  ),
  ..."if else end range with define template block break continue nil true false print printf index slice".split(" "),
  ...'json html default split time.Now time.Parse and or not eq lt len call "%*d" "%[2]v" "2006" {{end}} {{else}}'
    .split(" "),
  "{{if 1}}",
  "{{range .l}}",
  '{{define "T"}}',
  '{{template "T" .}}',
  " ",
  "\n",
];

Deno.test("renderTemplate() gives text or a TemplateError for any soup of tokens", () => {
  const generator = new Generator(3);
  for (let round = 0; round < 6000; round++) {
    const pieces = Array.from({ length: 1 + generator.below(16) }, () => generator.pick(soup));
    runOrFail(pieces.join(generator.pick(["", " "])));
    runOrFail(`{{${pieces.join(" ")}}}`);
  }
});

Deno.test("renderTemplate() gives text or a TemplateError for any characters", () => {
  const generator = new Generator(4);
  for (let round = 0; round < 3000; round++) {
    const codes = Array.from({ length: generator.below(20) }, () => {
      return generator.chance(0.7) ? 0x20 + generator.below(0x60) : generator.below(0x10000);
    });
    runOrFail(`{{${String.fromCharCode(...codes)}}}`);
    runOrFail(`{{printf \`${String.fromCharCode(...codes).replaceAll("`", "%")}\` 1 "a" .l 2.5}}`);
    runOrFail(`{{time.Parse \`${String.fromCharCode(...codes).replaceAll("`", "2")}\` "2006-01-02T15:04:05"}}`);
  }
});
