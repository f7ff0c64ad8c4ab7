/** The own client against `registry serve` with logins, where how both play together counts. */

import assert from "node:assert/strict";
import { runCli } from "../support/run_cli.ts";
import { basic, bcryptOfPw, push, serve, type Served, withFolder } from "../support/served_command.ts";

const alice = ",user=alice,pass=pw";
const pushed = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

async function tokenOf({ ask }: Served, scope: string): Promise<string> {
  const login = { headers: { authorization: `Basic ${btoa("alice:pw")}` } };
  return (JSON.parse((await ask("GET", `/token?scope=${scope}`, login)).text) as { token: string }).token;
}

/** Serves with tokens and the user `alice`, and gives what runs commands with or without her login. */
async function serveTokens(
  args: readonly string[],
  use: (
    served: Served,
    run: (login: string, argv: readonly string[], stdin?: string) => Promise<string>,
  ) => Promise<void>,
): Promise<string> {
  let log = "";
  await withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/users`, `alice:${bcryptOfPw}\n`);
    const auth = ["--auth", "token", "--htpasswd", `${folder}/users`, "--verbosity", "info"];
    const { stderr } = await serve([...auth, ...args], async (served) => {
      const name = served.url.replace("http://", "");
      await use(served, async (login, argv, stdin = "") => {
        const host = `reg=${name},tls=disabled${login}`;
        const line = ["--host", host, ...argv.map((arg) => arg.replace("REG", name))];
        const { code, stdout, stderr } = await runCli(line, { stdin });
        assert.equal(code, 0, stderr);
        return stdout;
      });
    });
    log = stderr;
  });
  return log;
}

Deno.test("registry serve --quirk expire-tokens ends tokens early, and a client asks for new ones", async () => {
  const log = await serveTokens(["--quirk", "expire-tokens=2"], async (served, run) => {
    const scope = "repository:app:pull,push";
    const token = await tokenOf(served, scope);
    for (const status of [201, 201, 401, 401]) {
      assert.equal(await push(served, "app", "content", pushed(token)), status);
    }
    const digest = (await run(alice, ["blob", "put", "REG/app"], "other")).trim();
    assert.equal(await run(alice, ["blob", "get", "REG/app", digest]), "other");
  });
  assert.match(log, /path=\/v2\/app\/blobs\/uploads\/\S* .*status=401/);
});

Deno.test("regctl repo ls lists what its login may see, though some of it is public", async () => {
  await serveTokens(["--anonymous-pull"], async (served, run) => {
    for (const name of ["one", "two"]) {
      assert.equal(await push(served, name, "x", pushed(await tokenOf(served, `repository:${name}:pull,push`))), 201);
    }
    assert.equal(await run(alice, ["repo", "ls", "REG"]), "one\ntwo\n");
    assert.equal(await run("", ["repo", "ls", "REG"]), "one\ntwo\n");
  });
});

/** Runs a test with a clock that goes on when it is told to, beside the time that passes. */
async function withClock(body: (forward: (ms: number) => void) => Promise<void>): Promise<void> {
  const { now } = Date;
  let ahead = 0;
  Date.now = () => now() + ahead;
  try {
    await body((ms) => void (ahead += ms));
  } finally {
    Date.now = now;
  }
}

Deno.test("registry serve keeps rules and users while their files are emptied or cut, and says how to remove rules", () =>
  withFolder((folder) =>
    withClock(async (forward) => {
      const [config, users] = [`${folder}/serve.yaml`, `${folder}/users`];
      const header = `auth: htpasswd\nhtpasswd: ${users}\n`;
      const write = async (file: string, text: string) => {
        await Deno.writeTextFile(file, text);
        forward(10_000);
      };
      await write(users, `alice:${bcryptOfPw}\nbob:${bcryptOfPw}\n`);
      await write(config, `${header}rules:\n  - { repository: '**', users: [alice], allow: [pull, push] }\n`);
      const { stderr } = await serve(["--config", config], async (served) => {
        const pushAs = (user: string) => push(served, "app", "x", basic(`${user}:pw`));
        assert.deepEqual([await pushAs("alice"), await pushAs("bob")], [201, 403]);
        for (const cut of ["", header]) {
          await write(config, cut);
          assert.deepEqual([await pushAs("bob"), await pushAs("alice")], [403, 201], cut);
        }
        await write(users, "");
        assert.deepEqual([await pushAs("bob"), await pushAs("alice")], [403, 201]);
        await write(config, `${header}rules: []\n`);
        assert.equal(await pushAs("bob"), 201);
      });
      assert.match(stderr, /serve\.yaml: the file is empty, .*write `rules: \[\]`/);
      assert.match(stderr, /serve\.yaml: rules: the section is gone, .*write `rules: \[\]`/);
      assert.match(stderr, /users: the file has no users any more/);
    })
  ));

Deno.test("registry serve refuses a file with rules that nobody would be held to", () =>
  withFolder(async (folder) => {
    const file = `${folder}/serve.yaml`;
    const rule = "[{ repository: '**', anonymous: true, allow: [pull] }]";
    for (const auth of ["", "auth: none\n"]) {
      await Deno.writeTextFile(file, `${auth}rules: ${rule}\n`);
      const serving = serve(["--config", file], () => Promise.resolve());
      await assert.rejects(serving, /serve\.yaml:\d:1: rules: rules need logins: set auth to htpasswd or token/);
    }
    await Deno.writeTextFile(`${folder}/users`, `alice:${bcryptOfPw}\n`);
    const flags = ["--auth", "htpasswd", "--htpasswd", `${folder}/users`];
    await serve(["--config", file, ...flags], async (served) => {
      assert.equal(await push(served, "app", "x", basic("alice:pw")), 403);
    });
    await Deno.writeTextFile(file, "rules: []\n");
    await serve(["--config", file], async (served) => assert.equal(await push(served, "app", "x"), 201));
  }));
