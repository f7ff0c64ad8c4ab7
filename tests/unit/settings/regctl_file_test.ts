import assert from "node:assert/strict";
import { RegkitError } from "../../../lib/errors.ts";
import {
  loadRegctlFile,
  parseRegctlFile,
  regctlFileToJson,
  saveRegctlFile,
  withHostEntry,
} from "../../../lib/settings/regctl_file.ts";
import { createFakeSystem, createRecordingLogger } from "./fake_system.ts";

/** As the original program writes it after `registry set`, `registry login` and `config set`. */
const WRITTEN = `{
  "version": 1,
  "hosts": {
    "docker.io": {
      "tls": "enabled",
      "hostname": "registry-1.docker.io",
      "user": "me",
      "credHost": "https://index.docker.io/v1/",
      "reqConcurrent": 3
    },
    "reg.example.org": {
      "tls": "insecure",
      "hostname": "reg.example.org",
      "user": "me",
      "pass": "p\\u003css",
      "token": "s3cret",
      "credHelper": "docker-credential-x",
      "credExpire": "1h15m0s",
      "pathPrefix": "/x\\u003cy\\u003e/",
      "mirrors": [
        "a.example",
        "b.example"
      ],
      "priority": 3,
      "repoAuth": true,
      "apiOpts": {
        "disableHead": "true"
      },
      "blobChunk": 5,
      "blobMax": -1,
      "reqPerSec": 1.5,
      "reqConcurrent": 7
    }
  },
  "hostDefault": {
    "clientKey": "s3cret",
    "credHelper": "docker-credential-q"
  },
  "blobLimit": 99,
  "incDockerCert": false
}`;

Deno.test("loadRegctlFile() finds the file where it is said to be", async () => {
  const files = { "/c": '{"blobLimit":1}', "/x/regctl/config.json": '{"blobLimit":2}' };
  const load = (machine: Parameters<typeof createFakeSystem>[0]) => loadRegctlFile(createFakeSystem(machine));
  const home = "/h";
  assert.equal((await load({ files, home, env: { REGCTL_CONFIG: "/c", XDG_CONFIG_HOME: "/x" } })).blobLimit, 1);
  assert.equal((await load({ files, home, env: { REGCTL_CONFIG: "", XDG_CONFIG_HOME: "/x" } })).blobLimit, 2);
  assert.equal((await load({ files, home, env: { REGCTL_CONFIG: "/none" } })).path, "/none");
  assert.equal((await load({ files, home })).path, "/h/.regctl/config.json");
  const both = { "/h/.config/regctl/config.json": '{"blobLimit":3}', "/h/.regctl/config.json": '{"blobLimit":4}' };
  assert.equal((await load({ files: both, home })).blobLimit, 3);
  assert.equal((await load({ files: both, home, env: { XDG_CONFIG_HOME: "/x" } })).blobLimit, 4);
  const windows = await load({
    home,
    isWindows: true,
    env: { APPDATA: "/app" },
    files: { "/app/regctl/config.json": "{}" },
  });
  assert.equal(windows.path, "/app/regctl/config.json");
});

Deno.test("loadRegctlFile() takes a missing or empty file for empty settings", async () => {
  for (const files of [{}, { "/c": "" }, { "/c": " \n" }, { "/c": "{}" }, { "/c": '{"hosts":null}' }]) {
    const file = await loadRegctlFile(createFakeSystem({ env: { REGCTL_CONFIG: "/c" }, files }));
    assert.deepEqual(regctlFileToJson(file), {});
  }
  assert.equal((await loadRegctlFile(createFakeSystem())).path, "");
});

Deno.test("loadRegctlFile() does not take an unreadable file for a missing one", async () => {
  const machine = { env: { REGCTL_CONFIG: "/c" }, files: { "/c": new RegkitError("IO", "permission denied") } };
  await assert.rejects(loadRegctlFile(createFakeSystem(machine)), { code: "IO" });
});

Deno.test("saveRegctlFile() writes what the original wrote, byte for byte", async () => {
  const system = createFakeSystem({ env: { REGCTL_CONFIG: "/c" }, files: { "/c": WRITTEN } });
  await saveRegctlFile(await loadRegctlFile(system), system);
  assert.equal(system.files.get("/c"), WRITTEN);
});

Deno.test("saveRegctlFile() keeps keys that are not ours, and writes ours in regctl's spelling", async () => {
  const text =
    '{"Future":{"a":[1]},"HOSTS":{"a.example":{"USER":"u","later":true},"b.example":null},"hostDefault":{"newer":1}}';
  const system = createFakeSystem({ env: { REGCTL_CONFIG: "/c" }, files: { "/c": text } });
  await saveRegctlFile(await loadRegctlFile(system), system);
  assert.deepEqual(JSON.parse(String(system.files.get("/c"))), {
    hosts: { "a.example": { user: "u", later: true }, "b.example": {} },
    hostDefault: { newer: 1 },
    Future: { a: [1] },
  });
});

Deno.test("saveRegctlFile() fails without a place to save in", async () => {
  const system = createFakeSystem();
  await assert.rejects(saveRegctlFile(await loadRegctlFile(system), system), { code: "IO" });
});

Deno.test("parseRegctlFile() says what is wrong where", () => {
  const cases: readonly (readonly [text: string, message: string])[] = [
    ["{", "c.json:1:2: the file is not valid JSON"],
    ["[]", "c.json:1:1: expected an object, got a list"],
    ['{"version": 2}', "c.json:1:13: version: unsupported config version 2, understood is 1"],
    ['{"version": "1"}', "c.json:1:13: version: expected a whole number, got text"],
    ['{"hosts": []}', "c.json:1:11: hosts: expected an object of hosts, got a list"],
    [
      '{\n "hosts": {"a.b": {"tls": "off"}}}',
      'c.json:2:27: hosts["a.b"].tls: unknown TLS value "off", allowed are enabled, insecure, disabled',
    ],
    ['{"hosts": {"a": "s3cret"}}', "c.json:1:17: hosts.a: expected an object with the settings of a host, got text"],
    ['{"hostDefault": {"pass": 1}}', "c.json:1:26: hostDefault.pass: expected text, got 1"],
    ['{"incDockerCred": "no"}', "c.json:1:19: incDockerCred: expected true or false, got text"],
  ];
  for (const [text, message] of cases) {
    assert.throws(() => parseRegctlFile(text, "c.json"), (error) => {
      assert(error instanceof RegkitError);
      assert.equal(error.code, "INVALID_SETTINGS");
      assert.equal(error.message, message);
      return true;
    });
  }
});

Deno.test("parseRegctlFile() brings the spellings of one registry together", () => {
  const logger = createRecordingLogger();
  const text = JSON.stringify({
    hosts: {
      "docker.io": { user: "plain" },
      "https://index.docker.io/v1/": { user: "long", priority: 1 },
      "http://reg.example.org": { user: "u" },
      "not/a/name": { user: "kept" },
    },
  });
  const { hosts } = parseRegctlFile(text, "c.json", logger);
  assert.deepEqual(Object.fromEntries(Array.from(hosts, ([name, { settings }]) => [name, settings])), {
    "docker.io": { user: "plain", priority: 1 },
    "reg.example.org": { tls: "disabled", credHost: "http://reg.example.org", user: "u" },
    "not/a/name": { user: "kept" },
  });
  assert.deepEqual(logger.at("warn"), ["Changing login user for registry orig=long new=plain host=docker.io"]);
});

Deno.test("withHostEntry() changes, adds and removes hosts", () => {
  const file = parseRegctlFile('{"hosts":{"a.example":{"user":"u"}}}', "c.json");
  const changed = withHostEntry(file, "b.example", { settings: { tls: "disabled" }, rest: {} });
  assert.deepEqual(regctlFileToJson(changed), {
    hosts: { "a.example": { user: "u" }, "b.example": { tls: "disabled" } },
  });
  const emptied = withHostEntry(file, "a.example", { settings: { user: "", priority: 0 }, rest: {} });
  assert.deepEqual(regctlFileToJson(emptied), {});
  const kept = withHostEntry(file, "a.example", { settings: {}, rest: { later: 1 } });
  assert.deepEqual(regctlFileToJson(kept), { hosts: { "a.example": { later: 1 } } });
  assert.deepEqual(regctlFileToJson(file), { hosts: { "a.example": { user: "u" } } });
});

Deno.test("regctlFileToJson() leaves every secret out when asked to", () => {
  const file = parseRegctlFile(WRITTEN.replace('"blobLimit"', '"laterSecret": "s3cret", "blobLimit"'), "c.json");
  const shown = JSON.stringify(regctlFileToJson(file, { isRedacted: true }));
  assert(!shown.includes("s3cret"));
  assert(!shown.includes("p<ss"));
  assert(shown.includes("docker-credential-q"));
});
