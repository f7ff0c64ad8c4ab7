import assert from "node:assert/strict";
import type { Program } from "../../cli/command.ts";
import { globalFlags } from "../../cli/flags/global.ts";
import { configGroup } from "../../cli/regctl/config/commands.ts";
import { runCli } from "../support/run_cli.ts";
import { createFakeSystem, type FakeSystem } from "../unit/settings/fake_system.ts";

const program: Program = {
  name: "regctl",
  globalFlags,
  root: { kind: "group", path: "", summary: "", commands: [configGroup] },
};

function createSystem(regctl: unknown): FakeSystem {
  return createFakeSystem({ env: { REGCTL_CONFIG: "/c" }, files: { "/c": JSON.stringify(regctl) } });
}

async function config(system: FakeSystem, ...args: readonly string[]) {
  return await runCli(["config", ...args], { program, hooks: { settings: system } });
}

Deno.test("config get shows all settings without a secret", async () => {
  const system = createSystem({
    version: 1,
    hosts: { "a.example": { user: "u", pass: "s3cret" } },
    hostDefault: { clientKey: "s3cret", pass: "s3cret", credHelper: "docker-credential-x" },
    incDockerCert: false,
  });
  const { code, stdout } = await config(system, "get");
  assert.equal(code, 0);
  assert.deepEqual(JSON.parse(stdout), {
    version: 1,
    hosts: { "a.example": { user: "u" } },
    hostDefault: { credHelper: "docker-credential-x" },
    incDockerCert: false,
  });
});

Deno.test("config set changes what is given and takes back what holds anyway", async () => {
  const system = createSystem({ hostDefault: { pass: "p" }, later: 1 });
  const flags = [
    "--blob-limit=9",
    "--default-cred-helper=docker-credential-x",
    "--docker-cert=false",
    "--docker-cred=false",
  ];
  const { code, stdout, stderr } = await config(system, "set", ...flags);
  assert.deepEqual([code, stdout, stderr], [0, "", ""]);
  assert.deepEqual(JSON.parse(String(system.files.get("/c"))), {
    hostDefault: { pass: "p", credHelper: "docker-credential-x" },
    blobLimit: 9,
    incDockerCert: false,
    incDockerCred: false,
    later: 1,
  });
  await config(system, "set", "--docker-cred");
  await config(system, "set", "--blob-limit=0", "--default-cred-helper=", "--docker-cert=true");
  assert.deepEqual(JSON.parse(String(system.files.get("/c"))), { hostDefault: { pass: "p" }, later: 1 });
});
