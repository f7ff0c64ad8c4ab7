import { equal, match, ok } from "node:assert/strict";
import { nameOf } from "../../../cli/command.ts";
import { commandsBelow } from "../../../cli/flag_lookup.ts";
import { formatHelp } from "../../../cli/help.ts";
import { regctl } from "../../../cli/regctl/commands.ts";
import { runCli } from "../../support/run_cli.ts";
import { sampleProgram } from "./sample_program.ts";

Deno.test("formatHelp() shows everything that is known of a command", async () => {
  const { stdout } = await runCli(["image", "copy", "--help"], { program: sampleProgram });
  equal(
    stdout,
    `Copies something from here to there.

Usage:
  tool image copy <source> <target> [flags]

Aliases:
  copy, cp

Examples:
  # from a to b
  tool image copy a b

Flags:
  -f, --fast              Hurry
  -h, --help              Show this help
      --label list        Labels
      --limit int         Limit (default 3)
  -p, --platform string   Platform
      --rate float        Rate
      --size uint         Size

Global Flags:
      --exit-codes          Tell failures apart: exit 2 for usage, 3 for not found, 4 for denied, 5 for rate limited, 130 for interrupted
      --host list           Settings of a registry for this run (reg=name,user=u,pass=p,tls=enabled|insecure|disabled)
      --logopt list         Log option: json writes one JSON object per line
      --quiet               Show no progress
      --strict              Fail where regctl only warns or lets pass: unreadable settings, --host and --digest, --require-list
      --user-agent string   User-Agent sent to registries
  -v, --verbosity string    Log level: trace, debug, info, warn or error (default "WARN")

Permissions:
  --allow-net
`,
  );
});

Deno.test("formatHelp() leaves hidden commands out", async () => {
  const { stdout } = await runCli([], { program: sampleProgram });
  ok(!stdout.includes("secret"));
});

Deno.test("formatHelp() colours headings on a terminal only, and not against NO_COLOR", async () => {
  const bold = "\x1b[1mUsage:\x1b[22m";
  ok((await runCli(["tag", "-h"], { program: sampleProgram, isTerminal: true })).stdout.includes(bold));
  ok(!(await runCli(["tag", "-h"], { program: sampleProgram })).stdout.includes(bold));
  const colorless = await runCli(["tag", "-h"], { program: sampleProgram, isTerminal: true, isColorless: true });
  ok(!colorless.stdout.includes(bold));
});

for (const node of commandsBelow(regctl.root)) {
  Deno.test(`regctl ${node.path} has data that help can show`, () => {
    const help = formatHelp(regctl, node);
    match(help, new RegExp(`Usage:\\n  regctl ${node.path}( |\\n)`));
    equal(node.path.split(" ").at(-1), nameOf(node));
    ok(!node.summary.endsWith("."), "summaries have no full stop");
    for (const [name, flag] of Object.entries(node.flags)) {
      match(name, /^[a-z][a-z-]*$/);
      ok(!(name in regctl.globalFlags), `--${name} is a global flag already`);
      ok(!flag.summary.endsWith("."), "summaries have no full stop");
    }
  });
}
