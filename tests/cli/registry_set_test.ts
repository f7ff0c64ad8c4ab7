import assert from "node:assert/strict";
import { systemClock } from "../../lib/schedule/clock.ts";
import { runCli } from "../support/run_cli.ts";
import { createFakeSystem, type FakeSystem } from "../unit/settings/fake_system.ts";

function createSystem(regctl: unknown = {}): FakeSystem {
  return createFakeSystem({ env: { REGCTL_CONFIG: "/c" }, files: { "/c": JSON.stringify(regctl) } });
}

function fileOf(system: FakeSystem): unknown {
  return JSON.parse(String(system.files.get("/c")));
}

async function set(system: FakeSystem, ...args: readonly string[]) {
  return await runCli(["registry", "set", ...args], { clock: systemClock, hooks: { settings: system } });
}

const pem = "-----BEGIN CERTIFICATE-----\nMAMCAQU=\n-----END CERTIFICATE-----";
const key = "-----BEGIN PRIVATE KEY-----\nMAMCAQU=\n-----END PRIVATE KEY-----";

Deno.test("registry set stores what the flags say", async () => {
  const system = createSystem();
  const { code, stdout, stderr } = await set(
    system,
    "reg.example.org",
    "--skip-check",
    "--tls=Insecure",
    `--cacert=${pem}`,
    `--client-cert=${pem}`,
    `--client-key=${key}`,
    "--hostname=real.example.org",
    "--path-prefix=/a/",
    "--mirror=m1",
    "--mirror=m2,m3",
    "--cred-helper=docker-credential-x",
    "--priority=2",
    "--repo-auth",
    "--blob-chunk=5",
    "--blob-max=-1",
    "--req-per-sec=1.5",
    "--req-concurrent=7",
    "--api-opts=disableHead=true",
    "--api-opts=b=1=2",
  );
  assert.deepEqual([code, stdout, stderr], [0, "", ""]);
  assert.deepEqual(fileOf(system), {
    hosts: {
      "reg.example.org": {
        tls: "insecure",
        regcert: pem,
        clientCert: pem,
        clientKey: key,
        hostname: "real.example.org",
        credHelper: "docker-credential-x",
        pathPrefix: "/a/",
        mirrors: ["m1", "m2,m3"],
        priority: 2,
        repoAuth: true,
        apiOpts: { b: "1=2", disableHead: "true" },
        blobChunk: 5,
        blobMax: -1,
        reqPerSec: 1.5,
        reqConcurrent: 7,
      },
    },
  });
});

Deno.test("registry set writes hostnames into new entries, but no number of requests and no TLS mode", async () => {
  const system = createSystem();
  await set(system, "reg.example.org", "--skip-check", "--priority", "1");
  await set(system, "--skip-check", "--mirror", "m.example");
  assert.deepEqual(fileOf(system), {
    hosts: {
      "docker.io": {
        hostname: "registry-1.docker.io",
        credHost: "https://index.docker.io/v1/",
        mirrors: ["m.example"],
      },
      "reg.example.org": { hostname: "reg.example.org", priority: 1 },
    },
  });
});

Deno.test("registry set takes settings back by empty values", async () => {
  const system = createSystem({
    hosts: {
      "reg.example.org": {
        tls: "insecure",
        user: "me",
        mirrors: ["m"],
        credHelper: "h",
        priority: 2,
        repoAuth: true,
        reqPerSec: 1,
        apiOpts: { a: "1", b: "2", c: "3" },
        later: 1,
      },
    },
  });
  const args = ["--tls=", "--mirror=", "--cred-helper=", "--priority=0", "--repo-auth=false", "--req-per-sec=0"];
  const { code } = await set(system, "reg.example.org", "--skip-check", ...args, "--api-opts=a=", "--api-opts=b");
  assert.equal(code, 0);
  assert.deepEqual(fileOf(system), { hosts: { "reg.example.org": { user: "me", apiOpts: { c: "3" }, later: 1 } } });
});

Deno.test("registry set leaves what is not mentioned", async () => {
  const entry = { tls: "insecure", user: "me", pass: "p", apiOpts: { a: "1" }, reqConcurrent: 3 };
  const system = createSystem({ hosts: { "reg.example.org": entry } });
  await set(system, "reg.example.org", "--skip-check", "--priority", "4");
  assert.deepEqual(fileOf(system), { hosts: { "reg.example.org": { ...entry, priority: 4 } } });
});

Deno.test("registry set removes entries that say nothing", async () => {
  const written = { tls: "enabled", hostname: "reg.example.org", reqConcurrent: 3 };
  for (const args of [[], ["--tls", "enabled"], ["--hostname", ""]]) {
    const system = createSystem({ hosts: { "reg.example.org": { ...written, priority: 1 } } });
    await set(system, "reg.example.org", "--skip-check", "--priority=0", ...args);
    assert.deepEqual(fileOf(system), {});
  }
  const meant = createSystem({ hostDefault: { tls: "disabled" } });
  await set(meant, "reg.example.org", "--skip-check", "--tls", "enabled");
  assert.deepEqual(fileOf(meant), {
    hosts: { "reg.example.org": { tls: "enabled", hostname: "reg.example.org" } },
    hostDefault: { tls: "disabled" },
  });
});

Deno.test("registry set takes the scheme off the name and reads it as TLS mode", async () => {
  const system = createSystem();
  await set(system, "http://a.example:5000/", "--skip-check");
  await set(system, "http://b.example", "--skip-check", "--tls", "insecure");
  assert.deepEqual(fileOf(system), {
    hosts: {
      "a.example:5000": { tls: "disabled", hostname: "a.example:5000" },
      "b.example": { tls: "insecure", hostname: "b.example" },
    },
  });
  await set(system, "https://a.example:5000", "--skip-check", "--priority=1");
  assert.deepEqual(Object(fileOf(system)).hosts["a.example:5000"], {
    tls: "enabled",
    hostname: "a.example:5000",
    priority: 1,
  });
});

Deno.test("registry set fails on what cannot be meant and stores nothing", async () => {
  const cases: readonly (readonly [args: readonly string[], message: string])[] = [
    [
      ["--tls", "off"],
      'invalid argument "off" for "--tls" flag: unknown TLS value "off"\nAllowed are enabled, insecure, disabled\n',
    ],
    [["a.example/b"], "invalid registry name provided: a.example/b\n"],
    [["foo://a.example"], "invalid registry name provided: foo://a.example\n"],
  ];
  for (const [args, message] of cases) {
    const system = createSystem();
    const { code, stderr } = await set(system, "--skip-check", ...args);
    assert.equal(code, 1);
    assert(stderr.startsWith(message), stderr);
    assert.deepEqual(fileOf(system), {});
  }
});

Deno.test("registry set warns of file names in the place of PEM text and of flags without effect", async () => {
  const system = createSystem();
  const { code, stderr } = await set(
    system,
    "a.example",
    "--skip-check",
    "--cacert=/ca.pem",
    "--scheme=http",
    "--dns=x",
  );
  assert.equal(code, 0);
  const messages = Array.from(stderr.matchAll(/level=WARN msg="([^"]*)"/g), ([, message]) => message);
  assert.deepEqual(messages, [
    "The scheme flag has no effect, use tls and hostname instead",
    "The dns flag has no effect, use tls and hostname instead",
    "The cacert flag takes the PEM text itself, not a file name",
  ]);
});

Deno.test("registry set tries the registry after storing", async () => {
  const asked: string[] = [];
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    asked.push(new URL(request.url).pathname);
    return asked.length === 1 ? new Response("{}") : new Response("gone", { status: 404 });
  });
  const name = `localhost:${server.addr.port}`;
  const system = createSystem();
  assert.equal((await set(system, name, "--tls", "disabled")).code, 0);
  assert.deepEqual(asked, ["/v2/"]);
  const { code, stderr } = await set(system, name, "--priority", "3");
  assert.equal(code, 1);
  assert.match(
    stderr,
    /level=WARN msg="Failed to ping registry, configuration still updated" registry=localhost:\d+\n/,
  );
  assert.deepEqual(fileOf(system), { hosts: { [name]: { tls: "disabled", hostname: name, priority: 3 } } });
});
