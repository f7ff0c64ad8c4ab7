import assert from "node:assert/strict";
import { RegkitError } from "../../../lib/errors.ts";
import { loadDockerConfig } from "../../../lib/settings/docker_config.ts";
import { createFakeSystem, createRecordingLogger, type FakeMachine } from "./fake_system.ts";

async function load(machine: FakeMachine) {
  const logger = createRecordingLogger();
  const { logins, storeHelper } = await loadDockerConfig(createFakeSystem(machine), logger);
  return { logger, storeHelper, hosts: logins.map(({ hosts }) => Object.fromEntries(hosts)), logins };
}

const FILE = "/home/me/.docker/config.json";

function withFile(config: unknown): FakeMachine {
  return { home: "/home/me", files: { [FILE]: JSON.stringify(config) } };
}

Deno.test("loadDockerConfig() reads logins in all their forms", async () => {
  const { hosts, logger } = await load(withFile({
    HttpHeaders: { a: "b" },
    auths: {
      "a.example": { auth: btoa("u:p:q") },
      "b.example": { username: "u", password: "p" },
      "c.example": { auth: btoa("u:p\0\0"), username: "x", password: "y" },
      "d.example": { identitytoken: "t" },
      "e.example": {},
      "https://f.example/": { auth: btoa("u:") },
      "http://localhost:5000": { auth: "dTpw" },
      "https://index.docker.io/v1/": { auth: btoa("me:pä") },
      "g.example/v1/": { auth: btoa("u:p") },
    },
  }));
  assert.deepEqual(hosts, [{
    "a.example": { user: "u", pass: "p:q" },
    "b.example": { user: "u", pass: "p" },
    "c.example": { user: "u", pass: "p" },
    "d.example": { token: "t" },
    "f.example": { credHost: "https://f.example/", user: "u" },
    "localhost:5000": { tls: "disabled", credHost: "http://localhost:5000", user: "u", pass: "p" },
    "docker.io": { user: "me", pass: "p\ufffd" },
  }]);
  assert.deepEqual(logger.at("warn"), []);
});

Deno.test("loadDockerConfig() reads helpers, and the store for hosts it is named for", async () => {
  const { hosts, storeHelper } = await load(withFile({
    auths: { "a.example": {}, "b.example": { auth: btoa("u:p") }, "c.example": {} },
    credHelpers: { "c.example": "ecr", "d.example": "gcr", "e.example": 7 },
    credsStore: "desktop",
  }));
  assert.equal(storeHelper, "docker-credential-desktop");
  assert.deepEqual(hosts, [{
    "a.example": { credHelper: "docker-credential-desktop" },
    "b.example": { credHelper: "docker-credential-desktop", user: "u", pass: "p" },
    "c.example": { credHelper: "docker-credential-ecr" },
    "d.example": { credHelper: "docker-credential-gcr" },
  }]);
});

Deno.test("loadDockerConfig() puts the environment's logins over those of the file", async () => {
  const { logins, storeHelper } = await load({
    env: { DOCKER_CONFIG: "/d", DOCKER_AUTH_CONFIG: '{"auths":{"a.example":{"auth":"dTpw"}}}' },
    files: { "/d/config.json": '{"auths":{"a.example":{}},"credsStore":"desktop"}' },
  });
  assert.equal(storeHelper, "docker-credential-desktop");
  assert.deepEqual(logins.map(({ source, hosts }) => [source, hosts.get("a.example")]), [
    ["/d/config.json", { credHelper: "docker-credential-desktop" }],
    ["DOCKER_AUTH_CONFIG", { user: "u", pass: "p" }],
  ]);
});

Deno.test("loadDockerConfig() needs no file and no home", async () => {
  for (const machine of [{}, { home: "/home/me" }, { env: { DOCKER_CONFIG: "/d" } }]) {
    const { logins, logger } = await load(machine);
    assert.deepEqual(logins, []);
    assert.deepEqual(logger.lines, []);
  }
});

Deno.test("loadDockerConfig() warns of what it cannot read and goes on", async () => {
  const broken = await load({ home: "/home/me", files: { [FILE]: '{"auths": {"a": s3cret}}' } });
  assert.deepEqual(broken.logger.at("warn"), [
    `Failed to load docker creds err=${FILE}:1:17: the file is not valid JSON`,
  ]);

  const unreadable = await load({ home: "/home/me", files: { [FILE]: new RegkitError("IO", "is a directory") } });
  assert.deepEqual(unreadable.logger.at("warn"), [`Failed to load docker creds file=${FILE} err=is a directory`]);

  const denied = await load({ home: "/home/me", files: { [FILE]: new RegkitError("DENIED", "no right") } });
  assert.deepEqual(denied.logger.at("warn"), []);
  assert.equal(denied.logger.at("info").length, 1);

  const odd = await load(
    withFile({ auths: { "a.example": { auth: "s3cret!" }, "b.example": { auth: "dTpw" }, "c.example": 1 } }),
  );
  assert.deepEqual(odd.hosts, [{ "b.example": { user: "u", pass: "p" } }]);
  assert.deepEqual(odd.logger.at("warn"), [
    "Failed to load docker creds name=a.example err=auth is not base64 of user:password",
  ]);
});
