/**
 * The real clients against the embedded registry: what they push comes back, from another client, bit for bit.
 */

import assert from "node:assert/strict";
import type { Descriptor } from "../../lib/oci/descriptor.ts";
import { mediaTypes } from "../../lib/oci/media_type.ts";
import { openLayout } from "../../lib/layout/layout_repository.ts";
import { accessPolicy } from "../../lib/server/auth/access_rules.ts";
import type { AuthGuard } from "../../lib/server/auth/auth_guard.ts";
import { parseHtpasswd } from "../../lib/server/auth/htpasswd.ts";
import { htpasswdGuard } from "../../lib/server/auth/htpasswd_guard.ts";
import { tokenGuard } from "../../lib/server/auth/token_guard.ts";
import { createRegistry } from "../../lib/server/registry.ts";
import { serveRegistry } from "../../lib/server/serve.ts";
import { openDirectoryStore } from "../../lib/server/store/store_dir.ts";
import { runProgram, tempFolder } from "../support/processes.ts";
import { putBytes, putDocument, randomBytes } from "../support/random_image.ts";
import { findPeer, type Found } from "../support/test_data.ts";

const users = parseHtpasswd("alice:$2y$04$hbA/NCg6Z.nLCOW/gWEOpu.icQm4im9X02FVyUHwLRzrc5m/CbpWK", "users");
const guards: Readonly<Record<string, () => AuthGuard | undefined>> = {
  "without logins": () => undefined,
  "with passwords": () => htpasswdGuard({ users: () => users, policy: () => accessPolicy({}) }),
  "with tokens": () => tokenGuard({ users: () => users, policy: () => accessPolicy({}) }),
};

/** Where a client works: a registry and a folder that is its home. */
interface Place {
  readonly address: string;
  readonly home: string;
  /** Runs a program; fails the test unless it succeeds. */
  readonly run: (program: string, ...args: readonly string[]) => Promise<string>;
}

/** What a client can do, each with the words it knows it by. */
interface RealClient {
  readonly found: Found;
  login(place: Place): Promise<string>;
  /** Pushes what a layout has under the tag `v1`. */
  push(place: Place, layout: string, name: string): Promise<string>;
  /** Pulls into a layout, under the tag `v1` or as its only content. */
  pull(place: Place, name: string, layout: string): Promise<string>;
  tags(place: Place, name: string): Promise<string>;
}

const [regctl, crane, skopeo, umoci] = ["regctl", "crane", "skopeo", "umoci"].map(findPeer) as [
  Found,
  Found,
  Found,
  Found,
];
const plain = ({ address }: Place) => ["--host", `reg=${address},tls=disabled`];

const clients: Readonly<Record<string, RealClient>> = {
  regctl: {
    found: regctl,
    login: ({ address, run }) =>
      run(regctl.path, "registry", "login", "--skip-check", "-u", "alice", "-p", "pw", address),
    push: (place, layout, name) =>
      place.run(regctl.path, "image", "copy", ...plain(place), `ocidir://${layout}:v1`, `${place.address}/${name}:v1`),
    pull: (place, name, layout) =>
      place.run(regctl.path, "image", "copy", ...plain(place), `${place.address}/${name}:v1`, `ocidir://${layout}:v1`),
    tags: (place, name) => place.run(regctl.path, "tag", "ls", ...plain(place), `${place.address}/${name}`),
  },
  crane: {
    found: crane,
    login: ({ address, run }) => run(crane.path, "auth", "login", address, "-u", "alice", "-p", "pw"),
    push: ({ address, run }, layout, name) => run(crane.path, "push", "--index", layout, `${address}/${name}:v1`),
    pull: ({ address, run }, name, layout) => run(crane.path, "pull", "--format=oci", `${address}/${name}:v1`, layout),
    tags: ({ address, run }, name) => run(crane.path, "ls", `${address}/${name}`),
  },
  skopeo: {
    found: skopeo,
    login: ({ address, run }) => run(skopeo.path, "login", "--tls-verify=false", "-u", "alice", "-p", "pw", address),
    push: ({ address, run }, layout, name) =>
      run(
        skopeo.path,
        "copy",
        "--all",
        "--insecure-policy",
        "--dest-tls-verify=false",
        `oci:${layout}:v1`,
        `docker://${address}/${name}:v1`,
      ),
    pull: ({ address, run }, name, layout) =>
      run(
        skopeo.path,
        "copy",
        "--all",
        "--insecure-policy",
        "--src-tls-verify=false",
        `docker://${address}/${name}:v1`,
        `oci:${layout}:v1`,
      ),
    tags: async ({ address, run }, name) => {
      const listed = JSON.parse(
        await run(skopeo.path, "list-tags", "--tls-verify=false", `docker://${address}/${name}`),
      );
      return listed.Tags.join("\n");
    },
  },
};

/** Serves a directory, and gives a client a home with no settings in it. */
async function withPlace(
  guard: AuthGuard | undefined,
  body: (place: Place, root: string) => Promise<void>,
): Promise<void> {
  await using folder = await tempFolder();
  const root = `${folder.path}/root`;
  const store = await openDirectoryStore(root, { durability: "none", gc: { intervalMs: 0 } });
  await using registry = createRegistry({ store, guard });
  await using server = await serveRegistry(registry, { drainMs: 0 });
  const home = `${folder.path}/home`;
  await Deno.mkdir(home);
  const env = {
    HOME: home,
    DOCKER_CONFIG: `${home}/docker`,
    REGCTL_CONFIG: `${home}/regctl.json`,
    REGISTRY_AUTH_FILE: `${home}/skopeo.json`,
  };
  const run: Place["run"] = async (program, ...args) => {
    const { code, stdout, stderr } = await runProgram(program, args, { env, cwd: home });
    assert.equal(code, 0, `${program} ${args.join(" ")}: ${stderr}`);
    return stdout;
  };
  await body({ address: `127.0.0.1:${server.address.port}`, home, run }, root);
}

/** Makes a layout with an index of two images under the tag `v1`. Its layers are really compressed: skopeo looks. */
async function makeLayout(path: string, seed = 1): Promise<void> {
  await using layout = openLayout(path, { durability: "none" });
  const manifests: Descriptor[] = [];
  for (const [at, architecture] of ["amd64", "arm64"].entries()) {
    const compressed = new Response(randomBytes(200_000, seed * 10 + at)).body?.pipeThrough(
      new CompressionStream("gzip"),
    );
    const layer = await new Response(compressed).bytes();
    const config = new TextEncoder().encode(JSON.stringify({ architecture, os: "linux", seed }));
    const { descriptor } = await putDocument(layout, {
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      config: await putBytes(layout, config, mediaTypes.ociConfig),
      layers: [await putBytes(layout, layer, mediaTypes.ociLayerGzip)],
    });
    manifests.push({ ...descriptor, platform: { os: "linux", architecture } });
  }
  await putDocument(layout, { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests }, "v1");
}

/** The digest that a layout has under the tag `v1`, or as its only content. */
async function topOf(layout: string): Promise<string | undefined> {
  const index: { manifests: Descriptor[] } = JSON.parse(await Deno.readTextFile(`${layout}/index.json`));
  const tagged = index.manifests.find(({ annotations }) => annotations?.["org.opencontainers.image.ref.name"] === "v1");
  return (tagged ?? index.manifests[0])?.digest;
}

for (const [door, guard] of Object.entries(guards)) {
  for (const [name, client] of Object.entries(clients)) {
    Deno.test({
      name: `createRegistry() ${door} takes what ${name} pushes and gives it back to it${client.found.note}`,
      ignore: client.found.ignore,
      fn: () =>
        withPlace(guard(), async (place, root) => {
          const layout = `${place.home}/layout`;
          await makeLayout(layout);
          const pushed = await topOf(layout);
          if (door !== "without logins") {
            await assert.rejects(client.push(place, layout, "team/app"), "nobody is let in without a login");
            await client.login(place);
          }
          await client.push(place, layout, "team/app");
          // crane pushes the layout itself as an index, which holds the one that was tagged.
          const stored = `${root}/team/app`;
          const top = await topOf(stored);
          if (name !== "crane") assert.equal(top, pushed);
          assert.equal((await client.tags(place, "team/app")).trim(), "v1");
          await client.pull(place, "team/app", `${place.home}/pulled`);
          assert.equal(await topOf(`${place.home}/pulled`), top);
          await place.run("diff", "-r", `${stored}/blobs`, `${place.home}/pulled/blobs`);
        }),
    });
  }
}

Deno.test({
  name: `createRegistry() serves what regctl pushed to crane and skopeo alike${regctl.note}${crane.note}${skopeo.note}`,
  ignore: regctl.ignore || crane.ignore || skopeo.ignore,
  fn: () =>
    withPlace(undefined, async (place) => {
      const layout = `${place.home}/layout`;
      await makeLayout(layout);
      const digest = await topOf(layout);
      await clients["regctl"]?.push(place, layout, "app");
      assert.equal((await place.run(crane.path, "digest", `${place.address}/app:v1`)).trim(), digest);
      await place.run(crane.path, "copy", `${place.address}/app:v1`, `${place.address}/copied:v1`);
      await clients["skopeo"]?.pull(place, "copied", `${place.home}/pulled`);
      assert.equal(await topOf(`${place.home}/pulled`), digest);
      await place.run(skopeo.path, "delete", "--tls-verify=false", `docker://${place.address}/copied:v1`);
      await assert.rejects(place.run(crane.path, "digest", `${place.address}/copied:v1`));
      assert.equal((await place.run(crane.path, "digest", `${place.address}/app:v1`)).trim(), digest);
    }),
});

Deno.test({
  name: `createRegistry() shares its layouts with umoci, in both directions${umoci.note}${regctl.note}`,
  ignore: umoci.ignore || regctl.ignore,
  fn: () =>
    withPlace(undefined, async (place, root) => {
      const app = `${root}/app`;
      // What umoci makes while the registry runs can be pulled.
      await place.run(umoci.path, "init", "--layout", app);
      await place.run(umoci.path, "new", "--image", `${app}:made`);
      await Deno.writeTextFile(`${place.home}/file`, "hello\n");
      await place.run(umoci.path, "insert", "--rootless", "--image", `${app}:made`, `${place.home}/file`, "/file");
      const made = await place.run(
        regctl.path,
        "image",
        "get-file",
        ...plain(place),
        `${place.address}/app:made`,
        "/file",
      );
      assert.equal(made, "hello\n");
      // What is pushed can be seen by umoci, and what that tags by clients.
      const layout = `${place.home}/layout`;
      await makeLayout(layout);
      await clients["regctl"]?.push(place, layout, "app");
      const listed = (await place.run(umoci.path, "list", "--layout", app)).trim().split("\n").sort();
      assert.deepEqual(listed, ["made", "v1"]);
      await place.run(umoci.path, "tag", "--image", `${app}:made`, "v2");
      // Changes of others are noticed within a second by those who read, and always by those who write.
      await makeLayout(layout, 2);
      await clients["regctl"]?.push(place, layout, "app");
      assert.deepEqual((await clients["regctl"]?.tags(place, "app"))?.trim().split("\n"), ["made", "v1", "v2"]);
    }),
});
