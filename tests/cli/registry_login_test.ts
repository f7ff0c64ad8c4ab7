import assert from "node:assert/strict";
import { systemClock } from "../../lib/schedule/clock.ts";
import { runCli, type RunOptions } from "../support/run_cli.ts";
import { createFakeSystem, type FakeSystem } from "../unit/settings/fake_system.ts";

function createSystem(regctl: unknown = {}): FakeSystem {
  return createFakeSystem({
    home: "/h",
    env: { REGCTL_CONFIG: "/c" },
    files: { "/c": JSON.stringify(regctl) },
  });
}

function hostsOf(system: FakeSystem): unknown {
  return JSON.parse(String(system.files.get("/c"))).hosts;
}

async function login(system: FakeSystem, args: readonly string[], options: RunOptions = {}) {
  return await runCli(["registry", "login", ...args], { ...options, clock: systemClock, hooks: { settings: system } });
}

/** A registry that knows one user, as `localhost:port`. */
async function withRegistry(test: (name: string, requests: string[]) => Promise<void>): Promise<void> {
  const requests: string[] = [];
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const authorization = request.headers.get("authorization");
    requests.push(`${request.method} ${new URL(request.url).pathname} ${authorization === null ? "-" : "with login"}`);
    if (authorization === `Basic ${btoa("me:s3cret")}`) return new Response("{}");
    return new Response("denied", { status: 401, headers: { "www-authenticate": 'Basic realm="test"' } });
  });
  await test(`localhost:${server.addr.port}`, requests);
}

Deno.test("registry login checks the login and then stores it", async () => {
  await withRegistry(async (name, requests) => {
    const system = createSystem({ hosts: { [name]: { tls: "disabled" } } });
    const { code, stdout, stderr } = await login(system, [name, "-u", "me", "-p", "s3cret", "-v", "info"]);
    assert.match(stderr, /^time=\S+ level=INFO msg="Credentials set" registry=localhost:\d+\n$/);
    assert.deepEqual([code, stdout], [0, ""]);
    assert.equal(requests.at(-1), "GET /v2/ with login");
    assert.deepEqual(hostsOf(system), { [name]: { tls: "disabled", user: "me", pass: "s3cret" } });
  });
});

Deno.test("registry login keeps no login that the registry refused, and leaves the old one", async () => {
  await withRegistry(async (name) => {
    const regctl = { hosts: { [name]: { tls: "disabled", user: "me", pass: "s3cret" } } };
    const system = createSystem(regctl);
    const { code, stderr } = await login(system, [name, "-u", "me", "-p", "wr0ng"]);
    assert.equal(code, 1);
    assert.match(stderr, /level=WARN msg="Failed to log in to registry, nothing was stored"/);
    assert(!stderr.includes("wr0ng"));
    assert.deepEqual(JSON.parse(String(system.files.get("/c"))), regctl);
  });
});

Deno.test("registry login reads http:// as no TLS and stores the plain name", async () => {
  await withRegistry(async (name) => {
    const system = createSystem();
    const { code } = await login(system, [`http://${name}`, "-u", "me", "-p", "s3cret"]);
    assert.equal(code, 0);
    assert.deepEqual(hostsOf(system), { [name]: { tls: "disabled", user: "me", pass: "s3cret" } });
  });
});

Deno.test("registry login asks for what is missing", async () => {
  const cases:
    readonly (readonly [args: readonly string[], stdin: string, stdout: string, user: string, pass: string])[] = [
      [[], "me\ns3cret\r", "Enter Username: Enter Password: \n", "me", "s3cret"],
      [["-u", "me"], "s3cret\r", "Enter Password: \n", "me", "s3cret"],
      [["-p", "p"], " me \n", "Enter Username: ", "me", "p"],
      [["-p", ""], "me\n", "Enter Username: ", "me", ""],
      [["-u", "me"], "wrong\x15s3x\x7fcrä\x08et\r", "Enter Password: \n", "me", "s3cret"],
      [["-u", "me"], "s3cret", "Enter Password: \n", "me", "s3cret"],
    ];
  for (const [args, stdin, stdout, user, pass] of cases) {
    const system = createSystem();
    const result = await login(system, ["--skip-check", ...args], { stdin, isTerminal: true });
    assert.deepEqual([result.code, result.stdout], [0, stdout]);
    assert.deepEqual(hostsOf(system), { "docker.io": { user, ...(pass === "" ? {} : { pass }) } });
  }
});

Deno.test("registry login offers the known user", async () => {
  const system = createSystem({ hosts: { "docker.io": { user: "me", token: "old" } } });
  const { stdout } = await login(system, ["--skip-check", "-p", "p"], { stdin: "\n", isTerminal: true });
  assert.equal(stdout, "Enter Username [me]: ");
  assert.deepEqual(hostsOf(system), { "docker.io": { user: "me", pass: "p" } });
});

Deno.test("registry login reads the password from standard input without its line end", async () => {
  const system = createSystem();
  const args = ["reg.example.org", "--skip-check", "-u", "me", "--pass-stdin"];
  assert.equal((await login(system, args, { stdin: " pa ss\r\n\n" })).code, 0);
  assert.deepEqual(hostsOf(system), { "reg.example.org": { user: "me", pass: " pa ss" } });
});

Deno.test("registry login stores an identity token instead of a password", async () => {
  const system = createSystem({ hosts: { "reg.example.org": { user: "me", pass: "old", priority: 2 } } });
  await login(system, ["reg.example.org", "--skip-check", "-u", "<token>", "-p", "t"]);
  assert.deepEqual(hostsOf(system), { "reg.example.org": { token: "t", priority: 2 } });
});

Deno.test("registry login takes the place of a helper of the same host, and keeps all else", async () => {
  const system = createSystem({
    later: true,
    hosts: { "https://index.docker.io/v1/": { credHelper: "docker-credential-x", mirrors: ["m.example"], later: 1 } },
  });
  await login(system, ["--skip-check", "-u", "me", "-p", "p"]);
  assert.deepEqual(JSON.parse(String(system.files.get("/c"))), {
    hosts: { "docker.io": { user: "me", pass: "p", mirrors: ["m.example"], later: 1 } },
    later: true,
  });
});

Deno.test("registry login fails and stores nothing when something is missing or wrong", async () => {
  const cases: readonly (readonly [args: readonly string[], stdin: string, isTerminal: boolean, message: string])[] = [
    [["--pass-stdin"], "p", false, "user must be provided to read password from stdin\n"],
    [["-p", "p"], "\n", true, "required input missing\n"],
    [["-p", "p"], "", false, "required input missing\n"],
    [["-u", "me"], "p\n", false, 'unable to read from tty (resolve by using "-p" flag): no terminal\n'],
    [["-u", "me"], "p\x03", true, "interrupted while reading the password\n"],
    [
      ["reg.example.org/path", "-u", "me", "-p", "p"],
      "",
      false,
      "invalid registry name provided: reg.example.org/path\n",
    ],
    [
      ["ftp://reg.example.org", "-u", "me", "-p", "p"],
      "",
      false,
      "invalid registry name provided: ftp://reg.example.org\n",
    ],
  ];
  for (const [args, stdin, isTerminal, message] of cases) {
    const system = createSystem();
    const { code, stderr } = await login(system, ["--skip-check", ...args], { stdin, isTerminal });
    assert.equal(code, 1);
    assert(stderr.startsWith(message), stderr);
    assert.equal(system.files.get("/c"), "{}");
  }
});

Deno.test("registry login fails on a broken settings file instead of replacing it", async () => {
  const system = createFakeSystem({ env: { REGCTL_CONFIG: "/c" }, files: { "/c": '{"hosts": {' } });
  const { code, stderr } = await login(system, ["--skip-check", "-u", "me", "-p", "p"]);
  assert.equal(code, 1);
  assert.match(stderr, /^\/c:1:12: the file is not valid JSON\n/);
  assert.equal(system.files.get("/c"), '{"hosts": {');
});
