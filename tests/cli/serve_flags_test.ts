/**
 * Every flag of `registry serve` that changes what clients see, each with and without it.
 */

import assert from "node:assert/strict";
import { mediaTypes } from "../../lib/oci/media_type.ts";
import { digestBytes } from "../../lib/oci/digest.ts";
import { newAuthority, signedBy } from "../support/certificates.ts";
import { basic, bcryptOfPw, push, serve, type Served, until, withFolder } from "../support/served_command.ts";

const digestOf = (text: string) => digestBytes(new TextEncoder().encode(text));
const missing = { mediaType: mediaTypes.ociLayer, digest: `sha256:${"0".repeat(64)}`, size: 1 };

/** Pushes a manifest; gives the status and the digest. */
async function putManifest(
  { ask }: Served,
  name: string,
  tag: string,
  body: object,
  type: string = mediaTypes.ociManifest,
): Promise<{ readonly status: number; readonly digest: string }> {
  const { status, headers } = await ask("PUT", `/v2/${name}/manifests/${tag}`, {
    headers: { "content-type": type },
    body: JSON.stringify(body),
  });
  return { status, digest: headers.get("docker-content-digest") ?? "" };
}

async function imageOf(served: Served, name: string, more: object = {}): Promise<object> {
  assert.equal(await push(served, name, "{}"), 201);
  const config = { mediaType: mediaTypes.ociConfig, digest: await digestOf("{}"), size: 2 };
  return { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers: [], ...more };
}

const indexOf = (manifests: readonly object[]) => ({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests });

interface FlagCase {
  readonly flags: readonly string[];
  /** What is done; gives what a client sees in the end. */
  readonly act: (served: Served, folder: string) => Promise<unknown>;
  readonly without: unknown;
  readonly with: unknown;
}

const cases: readonly FlagCase[] = [
  {
    flags: ["--any-manifest"],
    act: async (served) => (await putManifest(served, "app", "v1", {}, "application/vnd.example.thing+json")).status,
    without: 400,
    with: 201,
  },
  ...([["none", 400, 400], ["image", 201, 400], ["index", 400, 201], ["all", 201, 201]] as const).map((
    [sparse, image, index],
  ): FlagCase => ({
    flags: ["--sparse", sparse],
    async act(served) {
      const ofImage = await putManifest(served, "app", "v1", await imageOf(served, "app", { layers: [missing] }));
      const child = { ...missing, mediaType: mediaTypes.ociManifest };
      const ofIndex = await putManifest(served, "app", "v2", indexOf([child]), mediaTypes.ociIndex);
      return [ofImage.status, ofIndex.status];
    },
    without: [400, 400],
    with: [image, index],
  })),
  {
    flags: ["--strict-accept"],
    async act(served) {
      await putManifest(served, "app", "v1", await imageOf(served, "app"));
      return (await served.ask("GET", "/v2/app/manifests/v1", { headers: { accept: mediaTypes.ociIndex } })).status;
    },
    without: 200,
    with: 404,
  },
  {
    flags: ["--protect-children"],
    async act(served) {
      const { digest } = await putManifest(served, "app", "v1", await imageOf(served, "app"));
      const child = {
        mediaType: mediaTypes.ociManifest,
        digest,
        size: JSON.stringify(await imageOf(served, "app")).length,
      };
      assert.equal((await putManifest(served, "app", "v2", indexOf([child]), mediaTypes.ociIndex)).status, 201);
      return (await served.ask("DELETE", `/v2/app/manifests/${digest}`)).status;
    },
    without: 202,
    with: 405,
  },
  {
    flags: ["--delete-used-blobs"],
    async act(served) {
      await putManifest(served, "app", "v1", await imageOf(served, "app"));
      return (await served.ask("DELETE", `/v2/app/blobs/${await digestOf("{}")}`)).status;
    },
    without: 405,
    with: 202,
  },
  {
    flags: ["--max-store", "1500B"],
    act: async (served) => [await push(served, "one", "x".repeat(1000)), await push(served, "two", "y".repeat(1000))],
    without: [201, 201],
    with: [201, 507],
  },
  {
    flags: ["--min-free", "1000TiB"],
    act: (served) => push(served, "app", "x"),
    without: 201,
    with: 507,
  },
  {
    flags: ["--max-manifest", "4MiB"],
    async act(served) {
      const annotations = { padding: "x".repeat(4_500_000) };
      return (await putManifest(served, "app", "v1", await imageOf(served, "app", { annotations }))).status;
    },
    without: 201,
    with: 413,
  },
  {
    flags: ["--parallel-uploads", "1"],
    async act({ ask }) {
      const [one, two] = await Promise.all([1, 2].map(() => ask("POST", "/v2/app/blobs/uploads/")));
      const gate = Promise.withResolvers<void>();
      const body = new ReadableStream({
        async pull(controller) {
          controller.enqueue(new Uint8Array(1));
          await gate.promise;
          controller.close();
        },
      });
      const first = ask("PATCH", one?.headers.get("location") ?? "", { body });
      // The first one is under way as soon as its session has bytes.
      await until(409, () => ask("PATCH", one?.headers.get("location") ?? "", { body: null }));
      const second = await ask("PATCH", two?.headers.get("location") ?? "", { body: "x" });
      gate.resolve();
      return [(await first).status, second.status];
    },
    without: [202, 202],
    with: [202, 429],
  },
  {
    flags: ["--verify-on-read"],
    async act(served, folder) {
      await push(served, "app", "content");
      const digest = await digestOf("content");
      await Deno.writeTextFile(`${folder}/app/blobs/sha256/${digest.slice(7)}`, "CONTENT");
      return (await served.ask("GET", `/v2/app/blobs/${digest}`)).status;
    },
    without: 200,
    with: 500,
  },
  {
    flags: ["--layout-referrers"],
    async act(served, folder) {
      const { digest } = await putManifest(served, "app", "v1", await imageOf(served, "app"));
      const subject = { mediaType: mediaTypes.ociManifest, digest, size: 1 };
      await putManifest(served, "app", "v2", await imageOf(served, "app", { subject }));
      const { manifests } = JSON.parse(await Deno.readTextFile(`${folder}/app/index.json`));
      const names = Array.from(manifests, ({ annotations }) => annotations?.["org.opencontainers.image.ref.name"]);
      assert.deepEqual(JSON.parse((await served.ask("GET", "/v2/app/tags/list")).text).tags, ["v1", "v2"]);
      return names.includes(digest.replace(":", "-"));
    },
    without: false,
    with: true,
  },
];
for (const { flags, act, ...expected } of cases) {
  Deno.test(`registry serve ${flags.join(" ")} is heeded, and is not the default`, () =>
    withFolder(async (folder) => {
      for (const way of ["without", "with"] as const) {
        const root = `${folder}/${way}`;
        await serve([root, ...way === "with" ? flags : []], async (served) => {
          assert.deepEqual(await act(served, root), expected[way], way);
        });
      }
    }));
}

Deno.test("registry serve --preload serves a directory from memory and leaves it as it is", () =>
  withFolder(async (folder) => {
    const root = `${folder}/registry`;
    await serve([root], async (served) => assert.equal(await push(served, "app", "content"), 201));
    const path = `/v2/app/blobs/${await digestOf("content")}`;
    const { line } = await serve(["--preload", root, "--max-store", "10"], async (served) => {
      assert.equal((await served.ask("GET", path)).text, "content");
      assert.equal(await push(served, "app", "more than fits"), 507);
      assert.equal((await served.ask("DELETE", path)).status, 202);
    });
    assert.match(line, /^serving from memory, with the content of .*registry, at http/);
    await serve([root, "--read-only"], async ({ ask }) => assert.equal((await ask("GET", path)).status, 200));
    const tooSmall = serve(["--preload", root, "--max-store", "6"], () => Promise.resolve());
    await assert.rejects(tooSmall, /invalid value of --max-store: the content of .*registry is larger/);
  }));

Deno.test("registry serve --upload-timeout ends uploads that nobody goes on with", () =>
  serve(["--upload-timeout", "1ms"], async ({ ask }) => {
    const begun = await ask("POST", "/v2/app/blobs/uploads/");
    await until(404, () => ask("GET", begun.headers.get("location") ?? ""));
  }).then(({ stderr }) => assert.equal(stderr, "")));

Deno.test("registry serve --token-key keeps tokens good over a restart, --token-ttl tells how long", () =>
  withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/users`, "alice:pw\n");
    await Deno.writeFile(`${folder}/key`, crypto.getRandomValues(new Uint8Array(32)));
    const logins = ["--auth", "token", "--htpasswd", `${folder}/users`, "--allow-weak-hashes"];
    const tokenOf = async ({ ask }: Served) => {
      const { text } = await ask("GET", "/token?service=registry&scope=repository:app:pull,push", basic("alice:pw"));
      return JSON.parse(text) as { token: string; expires_in: number };
    };
    const useOf = ({ token }: { readonly token: string }) => ({ headers: { authorization: `Bearer ${token}` } });
    for (
      const [flags, seconds, later] of [[["--token-key", `${folder}/key`, "--token-ttl", "2m"], 120, 201], [
        [],
        300,
        401,
      ]] as const
    ) {
      let token = { token: "", expires_in: 0 };
      await serve([...logins, ...flags], async (served) => {
        token = await tokenOf(served);
        assert.equal(token.expires_in, seconds);
        assert.equal(await push(served, "app", "x", useOf(token)), 201);
      });
      await serve(
        [...logins, ...flags],
        async (served) => assert.equal(await push(served, "app", "x", useOf(token)), later),
      );
    }
  }));

Deno.test("registry serve --realm names what is logged in to, and without --allow-weak-hashes refuses weak passwords", () =>
  withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/users`, "alice:pw\n");
    const logins = ["--auth", "htpasswd", "--htpasswd", `${folder}/users`];
    await serve([...logins, "--allow-weak-hashes", "--realm", "my images"], async (served) => {
      const { headers } = await served.ask("GET", "/v2/");
      assert.equal(headers.get("www-authenticate"), 'Basic realm="my images"');
      assert.equal((await served.ask("GET", "/v2/", basic("alice:pw"))).status, 200);
    });
    await assert.rejects(serve(logins, () => Promise.resolve()), /not kept as a bcrypt hash/);
  }));

const flushed = { full: [true, true], rename: [true, false], none: [false, false] } as const;
for (const [durability, [files, directories]] of Object.entries(flushed)) {
  Deno.test(`registry serve --durability ${durability} flushes what it says before it answers`, () =>
    withFolder(async (folder) => {
      let flushes: ("directory" | "file")[] = [];
      const { syncData, sync } = Deno.FsFile.prototype;
      const watched = (original: () => Promise<void>) =>
        function (this: Deno.FsFile): Promise<void> {
          flushes.push(this.statSync().isDirectory ? "directory" : "file");
          return original.call(this);
        };
      Object.assign(Deno.FsFile.prototype, { syncData: watched(syncData), sync: watched(sync) });
      try {
        await serve([folder, "--durability", durability], async (served) => {
          const check = (what: string) =>
            assert.deepEqual([flushes.includes("file"), flushes.includes("directory")], [files, directories], what);
          assert.equal(await push(served, "app", "x".repeat(100_000)), 201);
          check("of a blob");
          const image = await imageOf(served, "app");
          flushes = [];
          assert.equal((await putManifest(served, "app", "v1", image)).status, 201);
          check("of a manifest");
        });
      } finally {
        Object.assign(Deno.FsFile.prototype, { syncData, sync });
      }
    }));
}

Deno.test("registry serve follows rules and certificates that change while it runs", () =>
  withFolder(async (folder) => {
    const authority = newAuthority();
    const write = async (names: readonly string[]) => {
      const { cert, key } = signedBy(authority, { names });
      await Deno.writeTextFile(`${folder}/cert.pem`, cert);
      await Deno.writeTextFile(`${folder}/key.pem`, key);
    };
    await write(["127.0.0.1"]);
    const rules = (allowed: string) =>
      Deno.writeTextFile(
        `${folder}/serve.yaml`,
        `auth: htpasswd\nhtpasswd: ${folder}/users\ntls-cert: ${folder}/cert.pem\ntls-key: ${folder}/key.pem\n` +
          `rules:\n  - { repository: '**', users: [alice], allow: [${allowed}] }\n`,
      );
    await Deno.writeTextFile(`${folder}/users`, `alice:${bcryptOfPw}\n`);
    await rules("pull");
    const looks: (() => void)[] = [];
    const { setInterval } = globalThis;
    globalThis.setInterval = ((look: () => void, ms: number) => {
      if (ms === 5000) looks.push(look);
      return setInterval(look, ms);
    }) as typeof setInterval;
    try {
      await serve(["--config", `${folder}/serve.yaml`], async (served) => {
        const { ask, url } = served;
        assert.equal(await push(served, "app", "x", basic("alice:pw")), 403);
        await rules("pull, push");
        await until(202, () => ask("POST", "/v2/app/blobs/uploads/", basic("alice:pw")));
        const { port } = new URL(url);
        const isSecondThere = async () => {
          looks[0]?.();
          await using connection = await Deno.connectTls({
            hostname: "localhost",
            port: Number(port),
            caCerts: [authority.cert],
          });
          return await connection.handshake().then(() => true, () => false);
        };
        assert.equal(await isSecondThere(), false);
        await write(["127.0.0.1", "localhost"]);
        while (!await isSecondThere()) await new Promise((resolve) => setTimeout(resolve, 1));
      }, authority.cert);
    } finally {
      globalThis.setInterval = setInterval;
    }
  }));

Deno.test("registry serve --external-url is where clients get their tokens", () =>
  withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/users`, `alice:${bcryptOfPw}\n`);
    const flags = ["--auth", "token", "--htpasswd", `${folder}/users`, "--external-url", "https://reg.example.org/"];
    await serve(flags, async ({ ask }) => {
      const { headers } = await ask("GET", "/v2/");
      assert.match(headers.get("www-authenticate") ?? "", /^Bearer realm="https:\/\/reg\.example\.org\/token",/);
    });
  }));
