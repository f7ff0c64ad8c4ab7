/**
 * Compares the template dialect with Go's own text/template, where Go is installed.
 */

import assert from "node:assert/strict";
import { readAnswer, recorded, rows, runRow } from "../fixtures/template/rows.ts";

const oracle = new URL("../fixtures/template/oracle.go", import.meta.url).pathname;

async function hasGo(): Promise<boolean> {
  try {
    return (await new Deno.Command("go", { args: ["version"], stdout: "null", stderr: "null" }).output()).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function askGo(lines: readonly string[]): Promise<string[]> {
  const folder = await Deno.makeTempDir();
  try {
    const binary = `${folder}/oracle`;
    const built = await new Deno.Command("go", { args: ["build", "-o", binary, oracle] }).output();
    assert(built.success, new TextDecoder().decode(built.stderr));
    await Deno.writeTextFile(`${folder}/rows`, `${lines.join("\n")}\n`);
    const script = 'exec "$0" < "$1"';
    const answers = await new Deno.Command("sh", { args: ["-c", script, binary, `${folder}/rows`] }).output();
    assert(answers.success, new TextDecoder().decode(answers.stderr));
    return new TextDecoder().decode(answers.stdout).trimEnd().split("\n");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const isInstalled = await hasGo();
const note = isInstalled ? "" : " (skipped: go is not installed)";

Deno.test(`renderTemplate() gives for every row what Go's text/template gives${note}`, {
  ignore: !isInstalled,
}, async () => {
  const answers = await askGo(rows);
  assert.equal(answers.length, rows.length);
  for (const [index, row] of rows.entries()) {
    assert.deepEqual(runRow(row), readAnswer(answers[index] ?? ""), row);
  }
});

Deno.test(`recorded.jsonl is what Go's text/template gives today${note}`, { ignore: !isInstalled }, async () => {
  const answers = await askGo(rows);
  for (const [index, answer] of answers.entries()) {
    assert.deepEqual(readAnswer(recorded[index] ?? ""), readAnswer(answer), rows[index]);
  }
});
