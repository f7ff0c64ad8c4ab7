import assert from "node:assert/strict";
import { serveCommand } from "../../cli/regctl/registry/serve_command.ts";
import { parseListenAddress } from "../../cli/regctl/registry/serve.ts";
import { parseQuirk, quirkNames } from "../../cli/regctl/registry/serve_quirks.ts";
import { digestBytes } from "../../lib/oci/digest.ts";
import { serveRegistry } from "../../lib/server/serve.ts";
import { newAuthority, signedBy } from "../support/certificates.ts";
import { runCli } from "../support/run_cli.ts";
import { basic, bcryptOfPw, push, serve, until, withFolder } from "../support/served_command.ts";

Deno.test("registry serve serves from memory until it is interrupted, and shows its health and counters", async () => {
  let gone = "";
  const { line, stderr } = await serve([], async ({ url, ask }) => {
    gone = url;
    assert.equal((await ask("GET", "/v2/")).status, 200);
    assert.equal((await ask("GET", "/healthz")).text, "ok\n");
    const metrics = await ask("GET", "/metrics");
    assert.match(metrics.headers.get("content-type") ?? "", /^text\/plain; version=0\.0\.4/);
    assert.match(metrics.text, /^regkit_http_requests_total\{route="ping",method="GET",code="200"\} 1$/m);
  });
  assert.match(line, /^serving from memory at http:\/\/127\.0\.0\.1:[1-9]\d*\n$/);
  assert.equal(stderr, "");
  await assert.rejects(fetch(gone), TypeError);
});

for (const place of ["memory", "a directory"]) {
  Deno.test(`registry serve collects the garbage of ${place} as often and as strictly as the flags say`, () =>
    withFolder(async (folder) => {
      const flags = [
        "--gc-interval",
        "1ms",
        "--gc-grace",
        "0s",
        "--gc-untagged",
        "0s",
        "--gc-dangling",
        "0s",
        "--gc-empty",
      ];
      await serve([...place === "memory" ? [] : [folder], ...flags], async (served) => {
        const { ask } = served;
        const index = "application/vnd.oci.image.index.v1+json";
        const put = (tag: string, more: object = {}) =>
          ask("PUT", `/v2/team/app/manifests/${tag}`, {
            headers: { "content-type": index },
            body: JSON.stringify({ schemaVersion: 2, mediaType: index, manifests: [], ...more }),
          });
        assert.equal((await put("v1")).status, 201);
        const untagged = (await put("v0", { annotations: { a: "b" } })).headers.get("docker-content-digest");
        assert.equal((await ask("DELETE", "/v2/team/app/manifests/v0")).status, 202);
        await until(404, () => ask("GET", `/v2/team/app/manifests/${untagged}`));
        await push(served, "app", "lost");
        await until(404, () => ask("GET", "/v2/app/tags/list"));
        assert.equal((await ask("GET", "/v2/_catalog")).text, '{"repositories":["team/app"]}');
        assert.equal((await ask("GET", "/v2/team/app/manifests/v1")).status, 200);
      });
    }));
}

Deno.test("registry serve keeps garbage in memory as long as the defaults say", () =>
  serve(["--gc-interval", "1ms"], async (served) => {
    const digest = await digestBytes(new TextEncoder().encode("x"));
    assert.equal(await push(served, "app", "x"), 201);
    for (let time = 0; time < 20; time++) {
      assert.equal((await served.ask("HEAD", `/v2/app/blobs/${digest}`)).status, 200);
    }
  }).then(({ stderr }) => assert.equal(stderr, "")));

Deno.test("registry serve keeps content in the directory, and gives it free at the end", () =>
  withFolder(async (folder) => {
    await serve([folder], async (served) => assert.equal(await push(served, "app", "x"), 201));
    const { line } = await serve([folder, "--durability", "none"], async ({ ask }) => {
      assert.equal((await ask("GET", "/v2/_catalog")).text, '{"repositories":["app"]}');
    });
    assert(line.startsWith(`serving ${folder} at `));
  }));

Deno.test("registry serve --read-only changes nothing, not even in a directory that cannot be changed", () =>
  withFolder(async (folder) => {
    const root = `${folder}/root`;
    await serve([root], async (served) => assert.equal(await push(served, "app", "x"), 201));
    const list = async () => {
      const { stdout } = await new Deno.Command("find", { args: [root, "-printf", "%p %s %T@\n"] }).output();
      return new TextDecoder().decode(stdout);
    };
    const before = await list();
    const folders = [root, `${root}/app`, `${root}/app/blobs`];
    for (const path of folders) await Deno.chmod(path, 0o555);
    try {
      const { line } = await serve([root, "--read-only"], async (served) => {
        assert.equal((await served.ask("GET", "/v2/_catalog")).text, '{"repositories":["app"]}');
        assert.equal(await push(served, "app", "y"), 405);
        assert.equal((await served.ask("DELETE", "/v2/app/manifests/v1")).status, 405);
      });
      assert.match(line, /\(read-only\)\n$/);
      assert.equal(await list(), before);
    } finally {
      for (const path of folders) await Deno.chmod(path, 0o755);
    }
  }));

Deno.test("registry serve --auth htpasswd lets in the users of the file, also those added later", () =>
  withFolder(async (folder) => {
    const file = `${folder}/users`;
    await Deno.writeTextFile(file, `alice:${bcryptOfPw}\n`);
    const { line, stderr } = await serve(["--auth", "htpasswd", "--htpasswd", file], async (served) => {
      const refused = await served.ask("GET", "/v2/");
      assert.deepEqual([refused.status, refused.headers.get("www-authenticate")], [401, 'Basic realm="registry"']);
      assert.equal((await served.ask("GET", "/v2/", basic("alice:no"))).status, 401);
      assert.equal(await push(served, "app", "x", basic("alice:pw")), 201);
      assert.equal((await served.ask("GET", "/v2/app/tags/list")).status, 401);
    });
    assert.match(line, /\(login by htpasswd\)\n$/);
    assert.equal(stderr, "");
  }));

Deno.test("registry serve --auth token issues tokens by the rules of its file", () =>
  withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/users`, `alice:${bcryptOfPw}\nbob:${bcryptOfPw}\n`);
    await Deno.writeTextFile(
      `${folder}/serve.yaml`,
      [
        "auth: token",
        `htpasswd: ${folder}/users`,
        "warning: [from the file]",
        "rules:",
        "  - { repository: '**', users: ['*'], anonymous: true, allow: [pull] }",
        "  - { repository: 'team/**', users: [alice], allow: [pull, push] }",
      ].join("\n"),
    );
    await serve(["--config", `${folder}/serve.yaml`], async (served) => {
      const { url, ask } = served;
      const challenge = await ask("GET", "/v2/");
      assert.equal(
        challenge.headers.get("www-authenticate"),
        `Bearer realm="${url}/token",service="registry"`,
      );
      assert.equal(challenge.headers.get("warning"), '299 - "from the file"');
      const tokenOf = async (login: string, scope: string) => {
        const { text } = await ask("GET", `/token?service=registry&scope=${scope}`, basic(login));
        const { token } = JSON.parse(text) as { token: string };
        return { headers: { authorization: `Bearer ${token}` } };
      };
      assert.equal(
        await push(served, "team/app", "x", await tokenOf("alice:pw", "repository:team/app:pull,push")),
        201,
      );
      assert.equal(await push(served, "team/app", "y", await tokenOf("bob:pw", "repository:team/app:pull,push")), 401);
      assert.equal((await ask("GET", "/v2/other/manifests/v1")).status, 404);
    });
  }));

Deno.test("registry serve serves TLS", () =>
  withFolder(async (folder) => {
    const authority = newAuthority();
    const { cert, key } = signedBy(authority, { names: ["127.0.0.1"] });
    await Deno.writeTextFile(`${folder}/cert.pem`, cert);
    await Deno.writeTextFile(`${folder}/key.pem`, key);
    const flags = ["--tls-cert", `${folder}/cert.pem`, "--tls-key", `${folder}/key.pem`];
    const { line } = await serve(flags, async (served) => {
      assert.equal(await push(served, "app", "x"), 201);
    }, authority.cert);
    assert.match(line, /at https:\/\/127/);
  }));

Deno.test("registry serve follows its flags", async () => {
  const flags = [
    ...["--external-url", "https://reg.example.org/", "--warning", "one", "--warning", "two", "--max-blob", "2kB"],
    ...["--no-delete", "--sparse", "all", "--no-metrics", "--max-repository", "1KiB", "--parallel-uploads", "5"],
    ...["--quirk", "status=503,kind=tags,count=1,retry-after=7", "--quirk", "no-mount"],
  ];
  const { line } = await serve(flags, async (served) => {
    const { ask } = served;
    const begun = await ask("POST", "/v2/app/blobs/uploads/");
    assert.match(begun.headers.get("location") ?? "", /^https:\/\/reg\.example\.org\/v2\/app\//);
    assert.equal(begun.headers.get("warning"), '299 - "one", 299 - "two"');
    assert.equal(await push(served, "app", "x".repeat(2001)), 413);
    assert.equal(await push(served, "app", "x".repeat(1025)), 507);
    assert.equal(await push(served, "app", "x"), 201);
    assert.equal((await ask("DELETE", "/v2/app/manifests/v1")).status, 405);
    assert.equal((await ask("GET", "/metrics")).status, 404);
    const failed = await ask("GET", "/v2/app/tags/list");
    assert.deepEqual([failed.status, failed.headers.get("retry-after")], [503, "7"]);
    assert.equal((await ask("GET", "/v2/app/tags/list")).status, 200);
  });
  assert.match(line, /\(with quirks\)\n$/);
});

Deno.test("registry serve counts requests per address", async () => {
  await serve(["--rate-limit", "0.1"], async ({ ask }) => {
    const first = await ask("GET", "/v2/");
    const second = await ask("GET", "/v2/");
    assert.deepEqual([first.status, second.status], [200, 429]);
    assert.match(second.headers.get("retry-after") ?? "", /^(?:9|10)$/);
    assert.match(second.text, /"TOOMANYREQUESTS"/);
  });
});

Deno.test("registry serve logs requests as text or JSON when asked for", async () => {
  const { stderr } = await serve(["-v", "info"], async ({ ask }) => {
    await ask("GET", "/v2/app/manifests/v1?secret=1", { headers: { "user-agent": "test 1" } });
  });
  const line = stderr.split("\n").find((each) => each.includes("msg=request")) ?? "";
  assert.match(line, /address=127\.0\.0\.1 .*method=GET path=\/v2\/app\/manifests\/v1 status=404 .*agent="test 1"$/);
  assert.doesNotMatch(stderr, /secret/);
  const json = await serve(["-v", "info", "--logopt", "json"], async ({ ask }) => {
    await ask("GET", "/v2/");
  });
  const entry = json.stderr.split("\n").filter(Boolean).map((each) => JSON.parse(each)).find(({ msg }) =>
    msg === "request"
  );
  assert.deepEqual([entry.method, entry.path, entry.status], ["GET", "/v2/", 200]);
});

const mistakes: readonly (readonly [args: readonly string[], message: RegExp])[] = [
  [["--listen", "5000"], /invalid address to listen on: "5000"/],
  [["--auth", "ldap"], /invalid value of --auth: "ldap" is not one of none, htpasswd, token/],
  [["--auth", "htpasswd"], /htpasswd needs a password file by --htpasswd/],
  [["--htpasswd", "x"], /a password file needs --auth/],
  [["--auth", "token", "--htpasswd", "/nonexistent/users"], /cannot read the file \/nonexistent\/users/],
  [["--tls-cert", "x"], /TLS needs a private key by --tls-key/],
  [["--tls-client-ca", "x"], /TLS needs a certificate by --tls-cert/],
  [["--max-blob", "big"], /invalid value of --max-blob: "big" is not a size/],
  [["--body-timeout", "5"], /invalid value of --body-timeout: "5" is not a duration/],
  [["--durability", "some"], /"some" is not one of full, rename, none/],
  [["--sparse", "x"], /"x" is not one of none, image, index, all/],
  [["--external-url", "reg.example.org"], /is not a URL such as/],
  [["--trusted-proxy", "nonsense"], /invalid address of a trusted proxy: "nonsense"/],
  [["--preload", "no/such/directory"], /there is no directory no\/such\/directory/],
  [["no/such/directory", "--read-only"], /there is no directory no\/such\/directory/],
  [["deno.json", "--read-only"], /deno.json is not a directory/],
  [["deno.json"], /deno.json is not a directory/],
  [["some/directory", "--preload", "other"], /--preload: content is loaded into memory: then there is no directory/],
  [["--quirk", "strange"], /there is no quirk "strange"; known are absolute-location/],
  [["--rate-limit", "-1"], /must not be negative/],
  [["--config", "/nonexistent/serve.yaml"], /cannot read the file \/nonexistent\/serve\.yaml/],
];
for (const [args, message] of mistakes) {
  Deno.test(`registry serve refuses ${args.join(" ")}`, async () => {
    const { code, stdout, stderr } = await runCli(["registry", "serve", "--listen", "127.0.0.1:0", ...args]);
    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(stderr, message);
  });
}

Deno.test("registry serve tells the line of its file that is wrong", () =>
  withFolder(async (folder) => {
    const file = `${folder}/serve.yaml`;
    for (
      const [text, message] of [
        ["listen: 127.0.0.1:0\nmax-blob: huge\n", /serve\.yaml:2:1: \["max-blob"\]: "huge" is not a size/],
        ["sparse: some\n", /serve\.yaml:1:1: sparse: "some" is not one of/],
        ["rules:\n  - { repository: a }\n", /serve\.yaml:2:5: rules\[0\]: the rule does not say what it allows/],
        ["config: other\n", /serve\.yaml:1:1: config: there is no such key/],
      ] as const
    ) {
      await Deno.writeTextFile(file, text);
      const { code, stderr } = await runCli(["registry", "serve", "--listen", "127.0.0.1:0", "--config", file]);
      assert.equal(code, 1);
      assert.match(stderr, message);
    }
  }));

Deno.test("registry serve says which port is taken", async () => {
  await using server = await serveRegistry({ fetch: () => Promise.resolve(new Response()) });
  const { port } = server.address;
  const { code, stderr } = await runCli(["registry", "serve", "--listen", `127.0.0.1:${port}`]);
  assert.equal(code, 1);
  assert.match(stderr, new RegExp(`port ${port} of 127\\.0\\.0\\.1 is already in use`));
});

Deno.test("parseListenAddress() reads host and port", () => {
  assert.deepEqual(parseListenAddress("localhost:5000"), { hostname: "localhost", port: 5000 });
  assert.deepEqual(parseListenAddress("[::1]:0"), { hostname: "::1", port: 0 });
  assert.deepEqual(parseListenAddress(":80"), { hostname: "0.0.0.0", port: 80 });
  for (const text of ["", "5000", "host", "host:", "host:99999", "::1:5000", "host:x"]) {
    assert.throws(() => parseListenAddress(text), { code: "INVALID_ARGUMENT" }, text);
  }
});

Deno.test("serveCommand listens on the loopback interface by default", () => {
  const flag = serveCommand.flags["listen"];
  assert.equal(flag?.kind === "string" ? flag.default : undefined, "127.0.0.1:5000");
});

Deno.test("parseQuirk() reads every quirk that it names, and nothing else", async () => {
  const values: Readonly<Record<string, string>> = {
    "min-chunk": "=100",
    "body-limit": "=100",
    "late-deletes": "=2",
    "redirect-blobs": "=https://storage.example.org",
    status: "=404",
    delay: "=5",
  };
  const sleep = () => Promise.resolve();
  for (const name of quirkNames) {
    const faults = await parseQuirk(`${name}${values[name] ?? ""}`, sleep);
    assert(faults !== undefined && faults.length > 0, name);
  }
  const [fault] = await parseQuirk("cut=10,kind=blob,method=get,skip=1,count=2,every=3", sleep) ?? [];
  assert.deepEqual([fault?.kind, fault?.method, fault?.skip, fault?.count, fault?.every], ["blob", "GET", 1, 2, 3]);
  const wrong = ["", "x", "status", "status=200", "min-chunk", "no-mount,count=1", "cut=x", "cut,kind=x", "cut,a=1"];
  for (const text of [...wrong, "delay", "redirect-blobs=x"]) {
    assert.equal(await parseQuirk(text, sleep), undefined, text);
  }
});
