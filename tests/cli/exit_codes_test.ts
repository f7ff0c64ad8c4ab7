import { deepEqual, equal, match } from "node:assert/strict";
import { command, type Program } from "../../cli/command.ts";
import { globalFlags } from "../../cli/flags/global.ts";
import { type ErrorCode, RegkitError } from "../../lib/errors.ts";
import { regctlMain } from "../support/processes.ts";
import { runCli } from "../support/run_cli.ts";
import { createTestClient } from "../support/test_client.ts";
import { createFakeSystem } from "../unit/settings/fake_system.ts";

/** A program whose one command throws. */
function failing(error: unknown): Program {
  const only = command({
    path: "fail",
    summary: "Fail",
    args: [],
    flags: {},
    permissions: [],
    load: () => Promise.resolve({ run: () => Promise.reject(error) }),
  });
  return { name: "tool", globalFlags, root: { kind: "group", path: "", summary: "", commands: [only] } };
}

async function exitCode(error: unknown, ...flags: readonly string[]): Promise<number> {
  return (await runCli(["fail", ...flags], { program: failing(error) })).code;
}

const codes: readonly (readonly [ErrorCode, number])[] = [
  ["INVALID_ARGUMENT", 2],
  ["INVALID_REFERENCE", 2],
  ["INVALID_PLATFORM", 2],
  ["INVALID_DIGEST", 2],
  ["NOT_FOUND", 3],
  ["UNAUTHORIZED", 4],
  ["DENIED", 4],
  ["CREDENTIALS", 4],
  ["RATE_LIMITED", 5],
  ["ABORTED", 130],
  ["DIGEST_MISMATCH", 1],
  ["INVALID_SETTINGS", 1],
  ["TRANSPORT", 1],
];

for (const [code, wanted] of codes) {
  Deno.test(`--exit-codes ends with ${wanted} for ${code}, and without it the exit code is 1`, async () => {
    const error = new RegkitError(code, "no");
    deepEqual([await exitCode(error), await exitCode(error, "--exit-codes")], [1, wanted]);
  });
}

Deno.test("--exit-codes takes several failures of one kind for that kind", async () => {
  const missing = () => new RegkitError("NOT_FOUND", "no");
  equal(await exitCode(new AggregateError([missing(), missing()]), "--exit-codes"), 3);
  equal(await exitCode(new AggregateError([missing(), new RegkitError("DENIED", "no")]), "--exit-codes"), 1);
  equal(await exitCode(new SuppressedError(new RegkitError("IO", "later"), missing()), "--exit-codes"), 3);
});

Deno.test("--exit-codes ends with 1 for what has no code, and with 4 for a permission that the runtime lacks", async () => {
  equal(await exitCode(new TypeError("bug"), "--exit-codes"), 1);
  equal(await exitCode(new Deno.errors.NotCapable("needs --allow-net"), "--exit-codes"), 4);
});

Deno.test("--exit-codes counts wherever it stands, in lines that cannot be read, too", async () => {
  const run = async (...argv: readonly string[]) =>
    (await runCli(argv, { hooks: { client: createTestClient() } })).code;
  const missing = "registry.example.org/app:v1";
  deepEqual(await run("--exit-codes", "manifest", "get", missing), 3);
  deepEqual(await run("manifest", "get", missing, "--exit-codes=true"), 3);
  deepEqual(await run("manifest", "get", missing, "--exit-codes=false"), 1);
  deepEqual(await run("manifest", "get", "--exit-codes", "--", missing), 3);
  deepEqual(await run("manifest", "get", "--", missing, "--exit-codes"), 1);
  deepEqual(await run("bogus", "--exit-codes"), 2);
  deepEqual(await run("tag", "ls", "--exit-codes"), 2);
  deepEqual(await run("tag", "ls", "Bad Ref", "--exit-codes"), 2);
  deepEqual(await run("tag", "ls", missing, "--limit=x", "--exit-codes"), 2);
  deepEqual(await run("tag", "ls", missing, "-vnone", "--exit-codes"), 2);
});

Deno.test("--host that cannot be read is a usage error with --strict, and warned of without", async () => {
  const bad = ["reg=a,tls=bogus", "tls=disabled", 'reg="a', "reg=a/b"];
  for (const host of bad) {
    for (const line of [["tag", "ls", "a.example/b"], ["tag", "ls", "ocidir://b"], ["version"]]) {
      const { code, stdout, stderr } = await runCli([...line, "--strict", "--exit-codes", "--host", host]);
      deepEqual([code, stdout, stderr.startsWith('invalid value for "--host" flag: ')], [2, "", true], host);
    }
    const { code, stderr } = await runCli(["version", "--host", host]);
    equal(code, 0);
    match(stderr, /level=WARN msg="Ignoring a --host that cannot be read"/);
  }
});

Deno.test("REGKIT_EXIT_CODES and the settings file ask for exit codes, the flag before the variable before the file", async () => {
  const program = failing(new RegkitError("NOT_FOUND", "no"));
  const settings = (text: string) => createFakeSystem({ env: { REGCTL_CONFIG: "/c" }, files: { "/c": text } });
  const run = async (flags: readonly string[], variable: string, text: string) => {
    const hooks = { settings: settings(text) };
    return (await runCli(["fail", ...flags], { program, env: { REGKIT_EXIT_CODES: variable }, hooks })).code;
  };
  equal(await run([], "", "{}"), 1);
  equal(await run([], "1", "{}"), 3);
  equal(await run([], "maybe", "{}"), 1);
  equal(await run([], "", '{"exitCodes":true}'), 3);
  equal(await run([], "", '{"exitCodes":"true"}'), 1);
  equal(await run([], "0", '{"exitCodes":true}'), 1);
  equal(await run(["--exit-codes"], "0", "{}"), 3);
  equal(await run(["--exit-codes=false"], "1", '{"exitCodes":true}'), 1);
  // A file that cannot be read is no reason to hide the failure.
  equal(await run([], "", "{"), 1);
});

Deno.test("exitCodes of the settings file is read only when a command fails, and kept when the file is changed", async () => {
  const system = createFakeSystem({ env: { REGCTL_CONFIG: "/c" }, files: { "/c": '{"exitCodes":true}' } });
  const { code } = await runCli(["config", "set", "--blob-limit", "5"], { hooks: { settings: system } });
  equal(code, 0);
  deepEqual(JSON.parse(await system.readTextFile("/c")), { blobLimit: 5, exitCodes: true });
  const unread = { ...system, readTextFile: () => Promise.reject(new TypeError("read")) };
  deepEqual(await runCli(["version"], { hooks: { settings: unread } }).then(({ code, stderr }) => [code, stderr]), [
    0,
    "",
  ]);
});

Deno.test("config set --default-exit-codes stores the setting, config get shows it, and =false takes it back", async () => {
  const system = createFakeSystem({ env: { REGCTL_CONFIG: "/c" }, files: { "/c": '{"later":1}' } });
  const run = (...argv: readonly string[]) => runCli(argv, { hooks: { settings: system } });
  equal((await run("config", "set", "--default-exit-codes")).code, 0);
  deepEqual(JSON.parse(await system.readTextFile("/c")), { later: 1, exitCodes: true });
  deepEqual(JSON.parse((await run("config", "get")).stdout), { exitCodes: true });
  equal((await run("tag", "ls")).code, 2);
  equal((await run("config", "set", "--default-exit-codes=false")).code, 0);
  deepEqual(JSON.parse(await system.readTextFile("/c")), { later: 1 });
});

Deno.test({
  name: "--exit-codes ends with 130 at the first interrupt",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const folder = await Deno.makeTempDir();
    try {
      const child = new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--quiet", regctlMain, "--exit-codes", "blob", "put", `ocidir://${folder}/layout`],
        stdin: "piped",
        stdout: "null",
        stderr: "null",
      }).spawn();
      const writer = child.stdin.getWriter();
      // More than a pipe holds: once it is written, the command is reading and listens to signals.
      await writer.write(new Uint8Array(4 * 1024 * 1024));
      child.kill("SIGINT");
      equal((await child.status).code, 130);
      await writer.abort().catch((error) => equal(error instanceof Deno.errors.BrokenPipe, true, String(error)));
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
