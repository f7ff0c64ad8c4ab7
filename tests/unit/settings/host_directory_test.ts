import assert from "node:assert/strict";
import { RegkitError } from "../../../lib/errors.ts";
import { createHostDirectory, type HostDirectoryOptions } from "../../../lib/settings/host_directory.ts";
import { loadRegctlFile, parseRegctlFile } from "../../../lib/settings/regctl_file.ts";
import { createFakeHelper, createFakeSystem, createRecordingLogger, type FakeMachine } from "./fake_system.ts";

interface SetUp extends Omit<HostDirectoryOptions, "system" | "regctlFile" | "logger"> {
  readonly machine?: FakeMachine;
  readonly docker?: unknown;
  readonly regctl?: unknown;
}

function setUp({ machine = {}, docker, regctl, ...options }: SetUp) {
  const files = docker === undefined ? {} : { "/d/config.json": JSON.stringify(docker) };
  const system = createFakeSystem({
    ...machine,
    env: { DOCKER_CONFIG: "/d", ...machine.env },
    files: { ...files, ...machine.files },
  });
  const logger = createRecordingLogger();
  const regctlFile = regctl === undefined ? undefined : parseRegctlFile(JSON.stringify(regctl), "c.json", logger);
  return { system, logger, hosts: createHostDirectory({ system, regctlFile, logger, ...options }) };
}

Deno.test("createHostDirectory() knows Docker Hub by itself and reads nothing for that", () => {
  const { hosts, system } = setUp({});
  for (const name of ["docker.io", "registry-1.docker.io", "https://index.docker.io/v1/"]) {
    assert.deepEqual(hosts.host(name), {
      name: "docker.io",
      tls: "enabled",
      hostname: "registry-1.docker.io",
      credHost: "https://index.docker.io/v1/",
      pathPrefix: "",
      mirrors: [],
      priority: 0,
      repoAuth: false,
      apiOpts: {},
      stallTimeoutMs: 30_000,
    });
  }
  assert.equal(hosts.host("reg.example.org:5000").hostname, "reg.example.org:5000");
  assert.deepEqual(system.reads, []);
});

Deno.test("createHostDirectory() needs no machine at all", async () => {
  const hosts = createHostDirectory({ hosts: [{ name: "reg.example.org", settings: { user: "u", pass: "p" } }] });
  assert.deepEqual(await hosts.credential(hosts.host("reg.example.org")), { user: "u", pass: "p", token: "" });
  assert.equal(await hosts.credential(hosts.host("other.example.org")), undefined);
  assert.deepEqual(await hosts.certificates(hosts.host("other.example.org")), { authorities: [], client: undefined });
});

Deno.test("createHostDirectory() applies hostDefault to every host, below all else", () => {
  const { hosts } = setUp({
    docker: { auths: { "docker.example": { auth: "dTpw" } } },
    regctl: {
      hostDefault: { tls: "insecure", hostname: "never.example", reqPerSec: 2, pathPrefix: "/p/" },
      hosts: { "own.example": { tls: "enabled", pathPrefix: "q", hostname: "own.example" } },
    },
  });
  assert.equal(hosts.host("docker.io").tls, "insecure");
  assert.equal(hosts.host("docker.io").hostname, "registry-1.docker.io");
  assert.equal(hosts.host("docker.example").tls, "insecure");
  assert.equal(hosts.host("unknown.example").reqPerSec, 2);
  assert.equal(hosts.host("unknown.example").pathPrefix, "p");
  assert.equal(hosts.host("own.example").tls, "enabled");
  assert.equal(hosts.host("own.example").reqPerSec, 2);
  assert.equal(hosts.host("own.example").pathPrefix, "q");
});

Deno.test("createHostDirectory() puts --host over the file, and warns when they differ", () => {
  const { hosts, logger } = setUp({
    regctl: { hosts: { "reg.example.org": { user: "file", pass: "p1", tls: "disabled" } } },
    hostOptions: [
      { name: "reg.example.org", settings: { user: "first" } },
      { name: "http://reg.example.org", settings: { user: "typed" } },
      { name: "b.example", settings: {} },
    ],
  });
  const { user, pass, tls } = hosts.host("reg.example.org");
  assert.deepEqual({ user, pass, tls }, { user: "typed", pass: "p1", tls: "disabled" });
  hosts.host("reg.example.org");
  assert.deepEqual(logger.at("warn"), [
    "Changing login user for registry orig=file new=first host=reg.example.org",
    "Changing login user for registry orig=first new=typed host=reg.example.org",
  ]);
  assert.deepEqual(hosts.names, ["b.example", "reg.example.org"]);
  assert.deepEqual(hosts.explain("reg.example.org").sources, {
    user: "--host",
    pass: "settings file",
    tls: "--host",
    credHost: "--host",
  });
});

Deno.test("createHostDirectory() does not warn of a Docker login beside own settings", async () => {
  const { hosts, logger } = setUp({
    docker: { auths: { "reg.example.org": { auth: btoa("docker:p") } } },
    regctl: { hosts: { "reg.example.org": { tls: "disabled", user: "own" } } },
  });
  assert.deepEqual(await hosts.credential(hosts.host("reg.example.org")), { user: "own", pass: "p", token: "" });
  assert.equal(hosts.host("reg.example.org").tls, "disabled");
  assert.deepEqual(logger.lines, []);
});

Deno.test("createHostDirectory() takes reqConcurrent 3 of regctl's file for unset, but not elsewhere", () => {
  const { hosts } = setUp({
    regctl: { hosts: { "a.example": { reqConcurrent: 3 }, "b.example": { reqConcurrent: 4 } } },
    hosts: [{ name: "c.example", settings: { reqConcurrent: 3 } }],
  });
  assert.equal(hosts.host("a.example").reqConcurrent, undefined);
  assert.equal(hosts.host("b.example").reqConcurrent, 4);
  assert.equal(hosts.host("c.example").reqConcurrent, 3);
  const defaulted = setUp({
    regctl: { hostDefault: { reqConcurrent: 3 }, hosts: { "a.example": { reqConcurrent: 3 } } },
  });
  assert.equal(defaulted.hosts.host("a.example").reqConcurrent, 3);
  const unlimited = setUp({ regctl: { hostDefault: { reqConcurrent: -1 } } });
  assert.equal(unlimited.hosts.host("a.example").reqConcurrent, undefined);
});

Deno.test("createHostDirectory() takes the stall timeout from the host, else from the environment", () => {
  const regctl = { hosts: { "a.example": { stallTimeout: "1m" } } };
  const { hosts } = setUp({ regctl, machine: { env: { REGKIT_STALL_TIMEOUT: "5s" } } });
  assert.equal(hosts.host("a.example").stallTimeoutMs, 60_000);
  assert.equal(hosts.host("b.example").stallTimeoutMs, 5_000);
  for (const REGKIT_STALL_TIMEOUT of ["5", "soon", "0s", "-1s"]) {
    assert.throws(() => setUp({ machine: { env: { REGKIT_STALL_TIMEOUT } } }), (error) => {
      assert(error instanceof RegkitError);
      assert.equal(error.code, "INVALID_SETTINGS");
      assert.equal(error.message, `REGKIT_STALL_TIMEOUT is "${REGKIT_STALL_TIMEOUT}", expected a duration above 0`);
      return true;
    });
  }
});

Deno.test("createHostDirectory() reads Docker's logins once, and only when a login is wanted", async () => {
  const { hosts, system } = setUp({
    docker: { auths: { "reg.example.org": { auth: "dTpw" } } },
    regctl: {
      hosts: { "own.example": { user: "u", pass: "q" }, "helped.example": { credHelper: "docker-credential-x" } },
    },
    machine: { programs: { "docker-credential-x": createFakeHelper({ "helped.example": ["h", "s"] }) } },
  });
  hosts.host("reg.example.org");
  assert.deepEqual(await hosts.credential(hosts.host("own.example")), { user: "u", pass: "q", token: "" });
  assert.deepEqual(await hosts.credential(hosts.host("helped.example")), { user: "h", pass: "s", token: "" });
  assert.deepEqual(system.reads, []);
  const all = [hosts.credential(hosts.host("reg.example.org")), hosts.credential(hosts.host("none.example"))];
  assert.deepEqual(await Promise.all(all), [{ user: "u", pass: "p", token: "" }, undefined]);
  assert.deepEqual(system.reads, ["/d/config.json"]);
});

Deno.test("createHostDirectory() leaves Docker's logins alone when told to", async () => {
  const docker = { auths: { "reg.example.org": { auth: "dTpw" } } };
  for (const options of [{ usesDockerLogins: false }, { regctl: { incDockerCred: false } }]) {
    const { hosts, system } = setUp({ docker, ...options });
    await hosts.prepare("reg.example.org");
    assert.equal(await hosts.credential(hosts.host("reg.example.org")), undefined);
    assert.deepEqual(system.reads, []);
  }
});

Deno.test("createHostDirectory() sees http:// in Docker's names after prepare()", async () => {
  const { hosts } = setUp({ docker: { auths: { "http://localhost:5000": { auth: "dTpw" } } } });
  assert.equal(hosts.host("localhost:5000").tls, "enabled");
  await hosts.prepare("localhost:5000");
  assert.equal(hosts.host("localhost:5000").tls, "disabled");
});

Deno.test("createHostDirectory() asks Docker's store for any host, without listing it", async () => {
  const { hosts, system, logger } = setUp({
    docker: { auths: { "https://named.example": {} }, credsStore: "desktop" },
    machine: {
      programs: {
        "docker-credential-desktop": createFakeHelper({
          "https://named.example": ["n", "1"],
          "reg.example.org": ["u", "2"],
          "https://index.docker.io/v1/": ["<token>", "3"],
        }),
      },
    },
  });
  assert.deepEqual(await hosts.credential(hosts.host("named.example")), { user: "n", pass: "1", token: "" });
  assert.deepEqual(await hosts.credential(hosts.host("reg.example.org")), { user: "u", pass: "2", token: "" });
  assert.deepEqual(await hosts.credential(hosts.host("docker.io")), { user: "", pass: "", token: "3" });
  assert.equal(await hosts.credential(hosts.host("anonymous.example")), undefined);
  assert.deepEqual(system.runs.filter((line) => line.includes("list")), []);
  assert.deepEqual(logger.at("warn"), []);
});

Deno.test("createHostDirectory() prefers hostDefault's helper to Docker's store for hosts it was not told of", async () => {
  const { hosts } = setUp({
    docker: { auths: { "named.example": {} }, credsStore: "desktop" },
    regctl: { hostDefault: { credHelper: "docker-credential-x" } },
    machine: {
      programs: {
        "docker-credential-desktop": () => ({ code: 0, stdout: '{"Username":"store","Secret":"s"}' }),
        "docker-credential-x": () => ({ code: 0, stdout: '{"Username":"default","Secret":"s"}' }),
      },
    },
  });
  assert.equal((await hosts.credential(hosts.host("reg.example.org")))?.user, "default");
  assert.equal((await hosts.credential(hosts.host("named.example")))?.user, "store");
});

Deno.test("createHostDirectory() says why a helper failed and falls back on the stored login", async () => {
  const { hosts, logger } = setUp({
    regctl: {
      hosts: { "reg.example.org": { credHelper: "docker-credential-x", user: "u", pass: "p", credHost: "vault" } },
    },
    machine: { programs: { "docker-credential-x": () => ({ code: 1, stdout: "vault is locked" }) } },
  });
  assert.deepEqual(await hosts.credential(hosts.host("reg.example.org")), { user: "u", pass: "p", token: "" });
  assert.deepEqual(logger.at("warn"), [
    "Failed to get a login from the credential helper host=reg.example.org helper=docker-credential-x server=vault err=exit code 1: vault is locked",
  ]);
});

Deno.test("createHostDirectory() warns when a host's own helper knows nothing of it", async () => {
  const { hosts, logger } = setUp({
    regctl: { hosts: { "reg.example.org": { credHelper: "docker-credential-x", hostname: "real.example.org" } } },
    machine: { programs: { "docker-credential-x": createFakeHelper({}) } },
  });
  assert.equal(await hosts.credential(hosts.host("reg.example.org")), undefined);
  assert.deepEqual(logger.at("warn"), [
    "Failed to get a login from the credential helper host=reg.example.org helper=docker-credential-x server=real.example.org err=it has no login for this host",
  ]);
});

Deno.test("createHostDirectory() keeps a helper's answer for credExpire", async () => {
  let now = 0;
  const { hosts, system } = setUp({
    regctl: { hosts: { "reg.example.org": { credHelper: "docker-credential-x", credExpire: "2m" } } },
    machine: { programs: { "docker-credential-x": createFakeHelper({ "reg.example.org": ["u", "p"] }) } },
    now: () => now,
  });
  const host = hosts.host("reg.example.org");
  await hosts.credential(host);
  now = 119_999;
  await hosts.credential(host);
  assert.equal(system.runs.length, 1);
  now = 120_000;
  await hosts.credential(host);
  assert.equal(system.runs.length, 2);
});

Deno.test("createHostDirectory() hands the signal to the helper", async () => {
  const { hosts } = setUp({
    regctl: { hosts: { "reg.example.org": { credHelper: "docker-credential-x" } } },
    machine: { programs: { "docker-credential-x": () => new Promise(() => {}) } },
  });
  const controller = new AbortController();
  const asked = hosts.credential(hosts.host("reg.example.org"), { signal: controller.signal });
  const reason = new Error("enough");
  controller.abort(reason);
  await assert.rejects(asked, reason);
});

Deno.test("createHostDirectory() reads certificate folders unless told not to", async () => {
  const { hosts, system } = setUp({});
  await hosts.certificates(hosts.host("reg.example.org"));
  assert.deepEqual(system.reads, ["/etc/docker/certs.d/reg.example.org/"]);
  const without = setUp({ regctl: { incDockerCert: false } });
  await without.hosts.certificates(without.hosts.host("reg.example.org"));
  assert.deepEqual(without.system.reads, []);
});

Deno.test("createHostDirectory() looks mirrors up by their names, scheme and all", () => {
  const { hosts } = setUp({ regctl: { hosts: { "docker.io": { mirrors: ["http://localhost:5000"] } } } });
  const [mirror = ""] = hosts.host("docker.io").mirrors;
  const { name, hostname, tls } = hosts.host(mirror);
  assert.deepEqual({ name, hostname, tls }, { name: "localhost:5000", hostname: "localhost:5000", tls: "disabled" });
});

Deno.test("createHostDirectory() puts what was typed over regctl's file", async () => {
  const env = { REGCTL_CONFIG: "/c" };
  const system = createFakeSystem({ env, files: { "/c": '{"hosts":{"reg.example.org":{"tls":"disabled"}}}' } });
  const hosts = createHostDirectory({
    system,
    regctlFile: await loadRegctlFile(system),
    hostOptions: [{ name: "reg.example.org", settings: { user: "u" } }],
  });
  assert.equal(hosts.host("reg.example.org").tls, "disabled");
  assert.equal(hosts.host("reg.example.org").user, "u");
  const broken = createFakeSystem({ env, files: { "/c": "{" } });
  await assert.rejects(loadRegctlFile(broken), { code: "INVALID_SETTINGS" });
});
