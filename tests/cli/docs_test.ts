import { equal } from "node:assert/strict";
import { formatPages, writeCommand } from "../../cli/docs/pages.ts";
import { markdownTable, markdownText } from "../../cli/docs/markdown.ts";

for (const [path, text] of formatPages()) {
  Deno.test(`${path} is what the commands and settings say`, async () => {
    const found = await Deno.readTextFile(new URL(`../../${path}`, import.meta.url)).catch(() => "");
    equal(found === text, true, `${path} is out of date: run ${writeCommand}`);
  });

  Deno.test(`${path} is left alone by the formatter`, async () => {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["fmt", "--ext", "md", "--config", new URL("../../deno.json", import.meta.url).pathname, "-"],
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const writer = child.stdin.getWriter();
    const writing = writer.write(new TextEncoder().encode(text)).then(() => writer.close());
    const [{ stdout }] = await Promise.all([child.output(), writing]);
    equal(new TextDecoder().decode(stdout), text);
  });
}

Deno.test("markdownTable() aligns columns and escapes bars", () => {
  equal(markdownTable(["a", "long"], [["x|y", ""]]), "| a    | long |\n| ---- | ---- |\n| x\\|y |      |\n");
});

Deno.test("markdownText() puts what Markdown would read into code", () => {
  equal(markdownText("tags of it (sha256-<hex>.*), set"), "tags of it `(sha256-<hex>.*),` set");
});
