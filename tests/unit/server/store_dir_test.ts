import assert from "node:assert/strict";
import { openLayout } from "../../../lib/layout/layout_repository.ts";
import { basicGuard } from "../../../lib/server/auth/basic_guard.ts";
import { createRegistry } from "../../../lib/server/registry.ts";
import type { DirectoryStoreOptions } from "../../../lib/server/store/dir_options.ts";
import { openDirectoryStore } from "../../../lib/server/store/store_dir.ts";
import { digestBytes } from "../../../lib/oci/digest.ts";
import { mediaTypes } from "../../../lib/oci/media_type.ts";
import { indexOf, RegistryApi } from "../../support/registry_api.ts";
import { findLayout } from "../../support/test_data.ts";

class Root implements AsyncDisposable {
  constructor(readonly path: string) {}

  static async make(): Promise<Root> {
    return new Root(await Deno.makeTempDir());
  }

  /** Runs against a registry over this directory, from its opening to its end. */
  async serve(run: (api: RegistryApi) => Promise<void>, options: DirectoryStoreOptions = {}): Promise<void> {
    const store = await openDirectoryStore(this.path, { durability: "none", pollMs: 0, ...options });
    await using registry = createRegistry({ store });
    await run(new RegistryApi(registry.fetch));
  }

  async json(path: string): Promise<Record<string, unknown>> {
    return JSON.parse(await Deno.readTextFile(`${this.path}/${path}`));
  }

  async entries(name: string): Promise<[string, string | undefined][]> {
    const { manifests } = await this.json(`${name}/index.json`);
    return (manifests as { digest: string; annotations?: Record<string, string> }[]).map((entry) => [
      entry.digest,
      entry.annotations?.["org.opencontainers.image.ref.name"],
    ]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Deno.remove(this.path, { recursive: true });
  }
}

Deno.test("openDirectoryStore() finds everything again after a restart", async () => {
  await using root = await Root.make();
  let digests: string[] = [];
  await root.serve(async (api) => {
    const child = await api.pushImage("team/app", "one");
    const index = await api.pushManifest("team/app", indexOf([child]), "v1");
    const sig = await api.pushImage("team/app", "sig", undefined, { subject: index, artifactType: "a/b" });
    digests = [child.digest, index.digest, sig.digest];
  });
  await root.serve(async (api) => {
    assert.equal((await api.expect(200, "HEAD", "/v2/team/app/manifests/v1")).headers.get("etag"), `"${digests[1]}"`);
    for (const digest of digests) await api.expect(200, "GET", `/v2/team/app/manifests/${digest}`);
    assert.match((await api.expect(200, "GET", `/v2/team/app/referrers/${digests[1]}`)).text, /"artifactType":"a\/b"/);
  });
});

Deno.test("openDirectoryStore() writes layouts with one entry per tag and keeps untagged manifests listed", async () => {
  await using root = await Root.make();
  await root.serve(async (api) => {
    const one = await api.pushImage("app", "one");
    assert.deepEqual(await root.entries("app"), [[one.digest, undefined]]);
    await api.pushImage("app", "one", "v1");
    await api.pushImage("app", "one", "v2");
    assert.deepEqual(await root.entries("app"), [[one.digest, "v1"], [one.digest, "v2"]]);
    const two = await api.pushImage("app", "two", "v1");
    assert.deepEqual(await root.entries("app"), [[two.digest, "v1"], [one.digest, "v2"]]);
    await api.expect(202, "DELETE", "/v2/app/manifests/v2");
    assert.deepEqual(await root.entries("app"), [[two.digest, "v1"], [one.digest, undefined]]);
    await api.expect(202, "DELETE", `/v2/app/manifests/${one.digest}`);
    assert.deepEqual(await root.entries("app"), [[two.digest, "v1"]]);
  });
  assert.deepEqual(await root.json("app/oci-layout"), { imageLayoutVersion: "1.0.0" });
  await using layout = openLayout(`${root.path}/app`);
  assert.equal((await layout.manifests.get("v1")).kind, "image");
});

Deno.test("openDirectoryStore() continues an upload that was begun before a restart", async () => {
  await using root = await Root.make();
  let location = "";
  await root.serve(async (api) => {
    location = await api.begin("app");
    await api.expect(202, "PATCH", location, { body: "before " });
  });
  await root.serve(async (api) => {
    assert.equal((await api.expect(204, "GET", location)).headers.get("range"), "0-6");
    const digest = await digestBytes(new TextEncoder().encode("before after"));
    await api.expect(201, "PUT", `${location}&digest=${digest}`, { body: "after" });
    assert.equal((await api.expect(200, "GET", `/v2/app/blobs/${digest}`)).text, "before after");
  });
  assert.deepEqual(await Array.fromAsync(Deno.readDir(`${root.path}/app/_uploads`)), []);
});

Deno.test("openDirectoryStore() removes uploads of earlier runs that are too old", async () => {
  await using root = await Root.make();
  let location = "";
  await root.serve(async (api) => void (location = await api.begin("app")));
  await root.serve(async (api) => void await api.expect(404, "GET", location), { now: () => Date.now() + 7_200_000 });
  assert.deepEqual(await Array.fromAsync(Deno.readDir(`${root.path}/app/_uploads`)), []);
});

Deno.test("openDirectoryStore() links mounted and duplicate blobs instead of copying them", async () => {
  await using root = await Root.make();
  await root.serve(async (api) => {
    const { digest } = await api.pushBlob("a", "shared");
    await api.expect(201, "POST", `/v2/b/blobs/uploads/?mount=${digest}&from=a`);
    await api.pushBlob("c", "shared");
    const inodes = await Promise.all(
      ["a", "b", "c"].map(async (name) =>
        (await Deno.stat(`${root.path}/${name}/blobs/sha256/${digest.slice(7)}`)).ino
      ),
    );
    assert.equal(new Set(inodes).size, 1);
  });
});

Deno.test("openDirectoryStore() sees what other programs change, and keeps it when it writes", async () => {
  await using root = await Root.make();
  await root.serve(async (api) => {
    const one = await api.pushImage("app", "one", "v1");
    const path = `${root.path}/app/index.json`;
    const index = await root.json("app/index.json");
    const foreign = { ...one, annotations: { "org.opencontainers.image.ref.name": "not a tag!", x: "y" }, extra: [1] };
    const tagged = { ...one, annotations: { "org.opencontainers.image.ref.name": "foreign" } };
    const manifests = [foreign, ...(index["manifests"] as unknown[]), tagged];
    await Deno.writeTextFile(path, JSON.stringify({ ...index, note: "mine", manifests }));
    const tags = async () => ((await api.expect(200, "GET", "/v2/app/tags/list")).json() as { tags: string[] }).tags;
    assert.deepEqual(await tags(), ["foreign", "v1"]);
    await api.pushImage("app", "two", "v2");
    const written = await root.json("app/index.json");
    assert.equal(written["note"], "mine");
    assert.deepEqual((written["manifests"] as unknown[])[0], foreign);
    assert.deepEqual(await tags(), ["foreign", "v1", "v2"]);
    await Deno.writeTextFile(path, JSON.stringify({ schemaVersion: 2, manifests: [tagged] }));
    assert.deepEqual(await tags(), ["foreign"]);
  });
});

Deno.test("openDirectoryStore() loses no tag when many are pushed at once", async () => {
  await using root = await Root.make();
  const tags = Array.from({ length: 40 }, (_, at) => `t${at + 10}`);
  await root.serve(async (api) => {
    const image = await api.image("app", "one");
    await Promise.all(tags.map((tag) => api.pushManifest("app", { ...image, annotations: { tag } }, tag)));
  }, { durability: "full" });
  assert.deepEqual((await root.entries("app")).map(([, tag]) => tag).sort(), tags);
});

Deno.test("openDirectoryStore() reads children of foreign indexes and referrers of fallback tags", async () => {
  await using root = await Root.make();
  let child = "";
  let sig = "";
  await root.serve(async (api) => {
    const image = await api.pushImage("app", "one");
    const artifact = await api.pushImage("app", "sig", undefined, { subject: image });
    await api.pushManifest("app", indexOf([image]), "v1");
    await api.pushManifest("app", indexOf([artifact]), image.digest.replace(":", "-"));
    [child, sig] = [image.digest, artifact.digest];
  });
  const index = await root.json("app/index.json");
  const manifests = (index["manifests"] as { mediaType: string }[]).filter((entry) =>
    entry.mediaType === mediaTypes.ociIndex
  );
  await Deno.writeTextFile(`${root.path}/app/index.json`, JSON.stringify({ ...index, manifests }));
  await root.serve(async (api) => {
    await api.expect(200, "GET", `/v2/app/manifests/${child}`);
    assert.match((await api.expect(200, "GET", `/v2/app/referrers/${child}`)).text, new RegExp(sig));
  });
});

Deno.test("openDirectoryStore() refuses a second writer and lets it in when the first is gone", async () => {
  await using root = await Root.make();
  await root.serve(async () => {
    await assert.rejects(openDirectoryStore(root.path), { code: "CONFLICT" });
  });
  await root.serve(() => Promise.resolve());
});

Deno.test("openDirectoryStore() follows no link out of its root", async () => {
  await using root = await Root.make();
  await using outside = await Root.make();
  let digest = "";
  await outside.serve(async (api) => void (digest = (await api.pushImage("app", "secret", "v1")).digest));
  await Deno.symlink(`${outside.path}/app`, `${root.path}/linked`);
  await root.serve(async (api) => {
    const mine = await api.pushBlob("own", "mine");
    await api.expect(404, "GET", "/v2/linked/manifests/v1");
    await api.expect(404, "GET", `/v2/linked/blobs/${digest}`);
    await api.expect(404, "POST", "/v2/linked/blobs/uploads/");
    assert.deepEqual((await api.expect(200, "GET", "/v2/_catalog")).json(), { repositories: ["own"] });
    const file = `blobs/sha256/${digest.slice(7)}`;
    await Deno.symlink(`${outside.path}/app/${file}`, `${root.path}/own/${file}`);
    await api.expect(404, "GET", `/v2/own/blobs/${digest}`);
    await api.expect(200, "GET", `/v2/own/blobs/${mine.digest}`);
  });
});

Deno.test("openDirectoryStore() does not take an empty file for a blob, and replaces it", async () => {
  await using root = await Root.make();
  await root.serve(async (api) => {
    const { digest } = await api.pushBlob("app", "content");
    await Deno.truncate(`${root.path}/app/blobs/sha256/${digest.slice(7)}`, 0);
    await api.expect(404, "HEAD", `/v2/app/blobs/${digest}`);
    await api.pushBlob("app", "content");
    assert.equal((await api.expect(200, "GET", `/v2/app/blobs/${digest}`)).text, "content");
  });
});

Deno.test("openDirectoryStore() refuses to touch a layout of another version", async () => {
  await using root = await Root.make();
  await Deno.mkdir(`${root.path}/app`);
  await Deno.writeTextFile(`${root.path}/app/oci-layout`, '{"imageLayoutVersion":"9.9.9"}');
  await root.serve(async (api) => {
    await api.expect(500, "POST", "/v2/app/blobs/uploads/");
    await api.expect(500, "GET", "/v2/app/tags/list", {}, "UNKNOWN");
  });
  assert.deepEqual(await root.json("app/oci-layout"), { imageLayoutVersion: "9.9.9" });
});

Deno.test("openDirectoryStore() serves what it knew while another program's index cannot be understood", async () => {
  await using root = await Root.make();
  await root.serve(async (api) => {
    await api.pushImage("app", "one", "v1");
    const path = `${root.path}/app/index.json`;
    const before = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, before.slice(0, -20));
    for (let time = 0; time < 2; time++) await api.expect(200, "GET", "/v2/app/manifests/v1");
    const image = await api.image("app", "two");
    const request = { body: JSON.stringify(image), headers: { "content-type": mediaTypes.ociManifest } };
    await api.expect(500, "PUT", "/v2/app/manifests/v2", request, "UNKNOWN");
    assert.equal(await Deno.readTextFile(path), before.slice(0, -20), "nothing is lost that could be mended");
    await Deno.writeTextFile(path, before);
    await api.expect(201, "PUT", "/v2/app/manifests/v2", request);
    await api.expect(200, "GET", "/v2/app/manifests/v1");
  });
});

Deno.test("openDirectoryStore() serves a directory read-only without writing to it", async () => {
  await using root = await Root.make();
  await root.serve(async (api) => void await api.pushImage("app", "one", "v1"));
  await Deno.remove(`${root.path}/.lock`);
  await root.serve(async (api) => {
    await api.expect(200, "GET", "/v2/app/manifests/v1");
    await api.expect(405, "POST", "/v2/app/blobs/uploads/", {}, "UNSUPPORTED");
  }, { isReadOnly: true });
  const names = (await Array.fromAsync(Deno.readDir(root.path))).map(({ name }) => name);
  assert.deepEqual(names, ["app"]);
});

const testrepo = findLayout("testrepo");
Deno.test({
  name: `openDirectoryStore() serves a layout that another tool wrote${testrepo.note}`,
  ignore: testrepo.ignore,
  async fn() {
    const root = testrepo.path.slice(0, testrepo.path.lastIndexOf("/"));
    await using store = await openDirectoryStore(root, { isReadOnly: true });
    await using registry = createRegistry({ store });
    const api = new RegistryApi(registry.fetch);
    const { digest } = (await store.repository("testrepo"))?.catalog.byTag("v2") ?? assert.fail("no v2");
    const index = (await api.expect(200, "GET", "/v2/testrepo/manifests/v2")).json() as {
      manifests: { digest: string }[];
    };
    for (const child of index.manifests) await api.expect(200, "GET", `/v2/testrepo/manifests/${child.digest}`);
    const referrers = (await api.expect(200, "GET", `/v2/testrepo/referrers/${digest}`)).json() as typeof index;
    assert.equal(referrers.manifests.length, 2);
  },
});

Deno.test("openDirectoryStore() looks once a second for what other programs changed", async () => {
  await using root = await Root.make();
  let now = 1_000_000;
  const store = await openDirectoryStore(root.path, { durability: "none", now: () => now, gc: { intervalMs: 0 } });
  await using registry = createRegistry({ store });
  const api = new RegistryApi(registry.fetch);
  const { digest } = await api.pushImage("app", "one", "v1");
  const tags = async () => (await api.expect(200, "GET", "/v2/app/tags/list")).json();
  now += 1000;
  assert.deepEqual(await tags(), { name: "app", tags: ["v1"] });
  const index = await root.json("app/index.json");
  const [entry] = index["manifests"] as [{ annotations: object }];
  const annotations = { ...entry.annotations, "org.opencontainers.image.ref.name": "other" };
  const changed = { ...index, manifests: [entry, { ...entry, digest, annotations }] };
  await Deno.writeTextFile(`${root.path}/app/new.json`, JSON.stringify(changed));
  await Deno.rename(`${root.path}/app/new.json`, `${root.path}/app/index.json`);
  now += 999;
  assert.deepEqual(await tags(), { name: "app", tags: ["v1"] });
  now += 1;
  assert.deepEqual(await tags(), { name: "app", tags: ["other", "v1"] });
});

Deno.test("openDirectoryStore() keeps the mode of an index that it rewrites", async () => {
  await using root = await Root.make();
  await root.serve(async (api) => {
    await api.pushImage("app", "one", "v1");
    await Deno.chmod(`${root.path}/app/index.json`, 0o604);
    await api.pushImage("app", "two", "v2");
    assert.equal(((await Deno.stat(`${root.path}/app/index.json`)).mode ?? 0) & 0o777, 0o604);
  });
});

Deno.test("openDirectoryStore() writes the index once for all changes that wait together", async () => {
  await using root = await Root.make();
  await root.serve(async (api) => {
    const image = await api.image("app", "one");
    await api.pushManifest("app", image, "v0");
    let writes = 0;
    const { renameSync } = Deno;
    Object.assign(Deno, {
      renameSync(from: string, to: string): void {
        if (to.endsWith("/index.json")) writes++;
        renameSync(from, to);
      },
    });
    try {
      await Promise.all(Array.from({ length: 40 }, (_, at) => api.pushManifest("app", image, `v${at}`)));
    } finally {
      Object.assign(Deno, { renameSync });
    }
    assert(writes >= 1 && writes <= 10, `${writes} writes for 40 changes`);
    assert.equal((await root.entries("app")).length, 40);
  });
});

Deno.test("openDirectoryStore() gives out no manifest that does not have its digest any more", async () => {
  await using root = await Root.make();
  let digest = "";
  await root.serve(async (api) => void ({ digest } = await api.pushImage("app", "one", "v1")));
  const path = `${root.path}/app/blobs/sha256/${digest.slice(7)}`;
  const text = await Deno.readTextFile(path);
  await Deno.writeTextFile(path, text.replace('"schemaVersion":2', '"schemaversion":2'));
  await root.serve(async (api) => {
    for (const reference of ["v1", digest]) {
      const answer = await api.send("GET", `/v2/app/manifests/${reference}`);
      assert(answer.status >= 400 && !answer.text.includes("schemaversion"), `${answer.status} ${answer.text}`);
    }
  });
});

Deno.test("openDirectoryStore() keeps uploads those of who began them, also over a restart", async () => {
  await using root = await Root.make();
  const users = new Map([["alice", "pw"], ["bob", "pw"]]);
  const login = (user: string) => ({ headers: { authorization: `Basic ${btoa(`${user}:pw`)}` } });
  let location = "";
  for (const isFirst of [true, false]) {
    const store = await openDirectoryStore(root.path, { durability: "none" });
    await using registry = createRegistry({ store, guard: basicGuard({ users }) });
    const api = new RegistryApi(registry.fetch);
    if (isFirst) {
      location = (await api.expect(202, "POST", "/v2/app/blobs/uploads/", login("alice"))).headers.get("location") ??
        "";
      await api.expect(202, "PATCH", location, { ...login("alice"), body: "abc" });
    }
    await api.expect(404, "GET", location, login("bob"), "BLOB_UPLOAD_UNKNOWN");
    assert.equal((await api.expect(204, "GET", location, login("alice"))).headers.get("range"), "0-2");
  }
});
