import assert from "node:assert/strict";
import { runCli } from "../support/run_cli.ts";
import { createFakeHelper, createFakeSystem, type FakeMachine, type FakeSystem } from "../unit/settings/fake_system.ts";

const regctl = {
  hosts: {
    "docker.io": { hostname: "registry-1.docker.io", user: "me", credHost: "https://index.docker.io/v1/" },
    "a.example": {
      tls: "disabled",
      hostname: "a.example",
      user: "u",
      pass: "s3cret",
      clientKey: "s3cret",
      reqConcurrent: 3,
    },
    "b.example": { token: "s3cret" },
    "c.example": { credHelper: "docker-credential-x", pathPrefix: "<p>" },
    "empty.example": { pass: "s3cret" },
  },
  hostDefault: { pass: "s3cret", clientKey: "s3cret", token: "s3cret", reqPerSec: 2 },
  blobLimit: 7,
  later: "s3cret",
};

function createSystem(machine: FakeMachine = {}): FakeSystem {
  return createFakeSystem({
    env: { REGCTL_CONFIG: "/c", DOCKER_CONFIG: "/d" },
    ...machine,
    files: { "/c": JSON.stringify(regctl), ...machine.files },
    programs: { "docker-credential-x": createFakeHelper({ "c.example": ["helped", "s3cret"] }), ...machine.programs },
  });
}

async function registry(system: FakeSystem, ...args: readonly string[]) {
  return await runCli(["registry", ...args], { hooks: { settings: system } });
}

Deno.test("registry config shows all settings without a secret", async () => {
  const { code, stdout, stderr } = await registry(createSystem(), "config");
  assert.deepEqual([code, stderr], [0, ""]);
  const shown = {
    hosts: {
      "a.example": { tls: "disabled", hostname: "a.example", user: "u", reqConcurrent: 3 },
      "b.example": {},
      "c.example": { credHelper: "docker-credential-x", pathPrefix: "<p>" },
      "docker.io": { hostname: "registry-1.docker.io", user: "me", credHost: "https://index.docker.io/v1/" },
      "empty.example": {},
    },
    hostDefault: { reqPerSec: 2 },
    blobLimit: 7,
  };
  assert.equal(stdout, `${JSON.stringify(shown, null, 2)}\n`);
});

Deno.test("registry config shows an empty file as an empty object", async () => {
  const { code, stdout } = await registry(createFakeSystem({ home: "/h" }), "config");
  assert.deepEqual([code, stdout], [0, "{}\n"]);
});

Deno.test("registry config shows one registry, its helper's user included", async () => {
  const system = createSystem();
  assert.equal(
    (await registry(system, "config", "a.example")).stdout,
    '{\n  "tls": "disabled",\n  "hostname": "a.example",\n  "user": "u",\n  "reqConcurrent": 3\n}\n',
  );
  assert.deepEqual(system.runs, []);
  assert.equal(
    (await registry(system, "config", "https://c.example/")).stdout,
    '{\n  "user": "helped",\n  "credHelper": "docker-credential-x",\n  "credExpire": "1h0m0s",\n  "pathPrefix": "<p>"\n}\n',
  );
  assert.match((await registry(system, "config", "registry-1.docker.io")).stdout, /"user": "me"/);
});

Deno.test("registry config warns of an unknown registry and succeeds", async () => {
  const { code, stdout, stderr } = await registry(createSystem(), "config", "none.example");
  assert.deepEqual([code, stdout], [0, ""]);
  assert.match(stderr, /level=WARN msg="No configuration found for registry" registry=none.example\n$/);
});

Deno.test("registry config fails on a broken file", async () => {
  const { code, stderr } = await registry(createSystem({ files: { "/c": '{"version": 2}' } }), "config");
  assert.equal(code, 1);
  assert.match(stderr, /^\/c:1:13: version: unsupported config version 2, understood is 1\n/);
});

Deno.test("registry whoami finds the user in file, helper and Docker's logins", async () => {
  const docker = { auths: { "docked.example": { auth: btoa("docker:s3cret") } } };
  const system = createSystem({ files: { "/d/config.json": JSON.stringify(docker) } });
  const users: readonly (readonly [args: readonly string[], user: string])[] = [
    [[], "me"],
    [["docker.io"], "me"],
    [["a.example"], "u"],
    [["http://a.example"], "u"],
    [["b.example"], "<token>"],
    [["c.example"], "helped"],
    [["docked.example"], "docker"],
  ];
  for (const [args, user] of users) {
    const { code, stdout } = await registry(system, "whoami", ...args);
    assert.deepEqual([code, stdout], [0, `${user}\n`]);
  }
});

Deno.test("registry whoami fails when there is no login", async () => {
  const system = createFakeSystem({ home: "/h" });
  const { code, stdout, stderr } = await registry(system, "whoami", "none.example");
  assert.deepEqual([code, stdout], [1, ""]);
  assert.equal(stderr, 'no login found for none.example\nLog in with "regctl registry login none.example"\n');
});

Deno.test("registry logout forgets the login and nothing else", async () => {
  const system = createSystem();
  for (const name of ["https://a.example", "b.example", "docker.io"]) {
    const { code, stdout, stderr } = await registry(system, "logout", name);
    assert.deepEqual([code, stdout, stderr], [0, "", ""]);
  }
  const { hosts, ...others } = JSON.parse(String(system.files.get("/c")));
  assert.deepEqual(hosts, {
    "a.example": { tls: "disabled", clientKey: "s3cret", hostname: "a.example", reqConcurrent: 3 },
    "c.example": regctl.hosts["c.example"],
    "docker.io": { hostname: "registry-1.docker.io", credHost: "https://index.docker.io/v1/" },
    "empty.example": { pass: "s3cret" },
  });
  assert.deepEqual(others, { hostDefault: regctl.hostDefault, blobLimit: 7, later: "s3cret" });
});

Deno.test("registry logout warns of an unknown registry and succeeds", async () => {
  const system = createSystem();
  const { code, stdout, stderr } = await registry(system, "logout", "none.example");
  assert.deepEqual([code, stdout], [0, ""]);
  assert.match(stderr, /level=WARN msg="No configuration found for registry" registry=none.example\n$/);
  assert.equal(system.files.get("/c"), JSON.stringify(regctl));
});
