import { deepEqual, equal, match } from "node:assert/strict";
import { formatPages, writeCommand } from "../../cli/docs/pages.ts";
import { runCli } from "../support/run_cli.ts";
import { sampleProgram } from "../unit/cli/sample_program.ts";
import { regctl } from "../../cli/regctl/commands.ts";
import { cliDocCommand } from "../../cli/docs/command.ts";
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

const documented = {
  ...sampleProgram,
  root: { ...sampleProgram.root, commands: [...sampleProgram.root.commands, cliDocCommand(() => sampleProgram)] },
};

Deno.test("cli-doc lists commands, hidden ones if wanted", async () => {
  const listed = (await runCli(["cli-doc", "--list"], { program: documented })).stdout.trimEnd().split("\n");
  deepEqual(listed.slice(0, 3), ["tool", "tool image", "tool image copy"]);
  equal(listed.includes("tool secret"), false);
  match((await runCli(["cli-doc", "--list", "--hidden"], { program: documented })).stdout, /^tool secret$/m);
  match((await runCli(["cli-doc", "--list"])).stdout, /^regctl tag ls$/m);
});

Deno.test("cli-doc prints the documentation of a command, a group and the program", async () => {
  match((await runCli(["cli-doc", "image", "cp"], { program: documented })).stdout, /^### tool image copy\n/);
  match((await runCli(["cli-doc", "image"], { program: documented })).stdout, /^### tool image\n.*tool image many/s);
  match((await runCli(["cli-doc"])).stdout, new RegExp(`^### ${regctl.name}\n`));
  match((await runCli(["cli-doc", "bogus"])).stderr, /^unknown command "bogus" for "regctl"/);
});
