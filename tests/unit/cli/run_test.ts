import { deepEqual, equal, match } from "node:assert/strict";
import type { Command, Program } from "../../../cli/command.ts";
import { HttpError, RegkitError } from "../../../lib/errors.ts";
import { runCli } from "../../support/run_cli.ts";
import { sampleProgram } from "./sample_program.ts";

const run = (...argv: readonly string[]) => runCli(argv, { program: sampleProgram });

/** A program of one command that throws. */
function failing(error: unknown): Program {
  const only: Command = {
    kind: "command",
    path: "fail",
    summary: "Fail",
    args: [],
    flags: {},
    permissions: [],
    load: () => Promise.resolve({ run: () => Promise.reject(error) }),
  };
  return { ...sampleProgram, root: { kind: "group", path: "", summary: "", commands: [only] } };
}

Deno.test("runLine() gives a command its arguments and every flag a value of its kind", async () => {
  const { code, stdout, stderr } = await run("image", "copy", "a", "b", "--label=x", "--label", "y", "-pz", "-p", "w");
  equal(stderr, "");
  equal(code, 0);
  const { args, flags, given } = JSON.parse(stdout);
  deepEqual(args, ["a", "b"]);
  deepEqual(given, ["label", "platform"]);
  const { fast, platform, limit, size, rate, label } = flags;
  deepEqual({ fast, platform, limit, size, rate, label }, {
    fast: false,
    platform: "w",
    limit: 3,
    size: 0,
    rate: 0,
    label: ["x", "y"],
  });
});

Deno.test("runLine() gives the exit code that a command returns", async () => {
  deepEqual(await run("tag").then(({ code, stdout, stderr }) => [code, stdout, stderr]), [7, "", ""]);
});

const counts: readonly (readonly [argv: readonly string[], message: string])[] = [
  [["image", "copy"], "accepts 2 arg(s), received 0"],
  [["image", "copy", "a", "b", "c"], "accepts 2 arg(s), received 3"],
  [["image", "ls", "a", "b"], "accepts between 0 and 1 arg(s), received 2"],
  [["image", "many"], "requires at least 1 arg(s), only received 0"],
  [["tag", "x"], "accepts 0 arg(s), received 1"],
];

for (const [argv, message] of counts) {
  Deno.test(`runLine() counts the arguments of ${JSON.stringify(argv.join(" "))}`, async () => {
    const { code, stdout, stderr } = await run(...argv);
    deepEqual([code, stdout], [1, ""]);
    equal(stderr.split("\n")[0], message);
    match(stderr.split("\n")[1] ?? "", /^Usage: tool (image \w+ [<[]|tag )/);
  });
}

Deno.test("runLine() checks flags, then help, then the count, then the log level", async () => {
  match((await run("image", "copy", "--x", "--help")).stderr, /^unknown flag: --x\n/);
  equal((await run("image", "copy", "-vnone", "--help")).code, 0);
  match((await run("image", "copy", "-vnone")).stderr, /^accepts 2/);
  match((await run("image", "copy", "-vnone", "a", "b")).stderr, /^unable to parse verbosity none: /);
});

Deno.test("runLine() prints the help of a group alone, and of one with help wanted", async () => {
  const bare = await run("image");
  deepEqual([bare.code, bare.stderr], [0, ""]);
  match(bare.stdout, /Available Commands:\n {2}copy /);
  equal((await run("help", "image")).stdout, bare.stdout);
  equal((await run("image", "-h")).stdout, bare.stdout);
  match((await run()).stdout, /Available Commands:\n {2}image .*\n {2}tag /);
});

Deno.test("runLine() prints an error and a tip on lines of their own", async () => {
  const error = new RegkitError("NOT_FOUND", "no such thing", { tip: "Look elsewhere" });
  const { code, stdout, stderr } = await runCli(["fail"], { program: failing(error) });
  deepEqual([code, stdout, stderr], [1, "", "no such thing\nLook elsewhere\n"]);
});

Deno.test("runLine() says what was being done, on which side, and what the registry said", async () => {
  const error = new HttpError("NOT_FOUND", "request failed: not found [http 404]", {
    status: 404,
    method: "GET",
    url: "https://registry.example.org/v2/app/manifests/v1",
    body: '{"errors":[]}',
    op: "get manifest registry.example.org/app:v1",
    side: "source",
  });
  const { stderr } = await runCli(["fail"], { program: failing(error) });
  equal(
    stderr,
    "failed to get manifest registry.example.org/app:v1 (source): request failed: not found [http 404]: " +
      '{"errors":[]}\n',
  );
});

Deno.test("runLine() does not let a registry's text steer the terminal", async () => {
  const { stderr } = await runCli(["fail"], { program: failing(new RegkitError("DENIED", "no\x1b[2J\r way")) });
  equal(stderr, "no\\u001b[2J\\u000d way\n");
});

Deno.test("runLine() tells how to speak to a registry without TLS", async () => {
  const error = new RegkitError("TLS", "http: server gave HTTP response to HTTPS client");
  const { stderr } = await runCli(["fail"], { program: failing(error) });
  match(stderr, /\nTry updating your registry with "regctl registry set --tls disabled <registry>"\n$/);
});

Deno.test("runLine() prints nothing for an empty error", async () => {
  const { code, stderr } = await runCli(["fail"], { program: failing(new RegkitError("ABORTED", "")) });
  deepEqual([code, stderr], [1, ""]);
});

Deno.test("runLine() ends without a word when the reader of its output goes away", async () => {
  const { code, stderr } = await runCli(["image"], { program: sampleProgram, closesAfter: 10 });
  deepEqual([code, stderr], [141, ""]);
});
