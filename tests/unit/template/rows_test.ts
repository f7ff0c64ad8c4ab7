/**
 * The rows of the specification, and those whose answers of Go's text/template were recorded.
 */

import assert from "node:assert/strict";
import { renderTemplate } from "../../../lib/template/template.ts";
import { TemplateError } from "../../../lib/template/template_error.ts";
import { readAnswer, recorded, rows, runRow } from "../../fixtures/template/rows.ts";

type TableRow = [template: string, data: unknown, expected: string | { error: string; partial?: string }];

const table = Deno.readTextFileSync(new URL("../../fixtures/template/table.jsonl", import.meta.url)).trimEnd()
  .split("\n");

/** Rows that fail in Go and are better here. */
const better: Readonly<Record<string, string>> = {
  '{{join . ","}}': "a,b",
  '{{default "d" .l}}': "d",
  '{{title "a"}}': "A",
};

Deno.test("renderTemplate() gives what the table of the specification says", () => {
  assert.equal(table.length, 123);
  for (const line of table) {
    const [text, data, given]: TableRow = JSON.parse(line);
    const expected = better[text] ?? given;
    if (typeof expected === "string") assert.equal(renderTemplate(text, data), expected, line);
    else {
      assert.throws(() => renderTemplate(text, data), (error) => {
        assert(error instanceof TemplateError, line);
        assert(error.message.includes(expected.error), `${line}: ${error.message}`);
        assert.equal(error.partial, expected.partial ?? "", line);
        return true;
      });
    }
  }
});

Deno.test("renderTemplate() gives what Go's text/template gave for every recorded row", () => {
  assert(rows.length >= 100);
  assert.equal(recorded.length, rows.length);
  for (const [index, row] of rows.entries()) {
    assert.deepEqual(runRow(row), readAnswer(recorded[index] ?? ""), row);
  }
});
