/** What other programs wrote into layouts, and what they do while the registry serves them. */

import assert from "node:assert/strict";
import type { Descriptor } from "../../../lib/oci/descriptor.ts";
import { digestBytes, fallbackTag } from "../../../lib/oci/digest.ts";
import { contentLockName } from "../../../lib/layout/layout_files.ts";
import { tryLock } from "../../../lib/layout/lock.ts";
import { mediaTypes } from "../../../lib/oci/media_type.ts";
import { createRegistry } from "../../../lib/server/registry.ts";
import type { DirectoryStoreOptions } from "../../../lib/server/store/dir_options.ts";
import { openDirectoryStore } from "../../../lib/server/store/store_dir.ts";
import { StalledBody } from "../../contract/server_upload_contract.ts";
import { settle } from "../../support/fake_clock.ts";
import { hourMs, inDirectory } from "../../support/garden.ts";
import { tempFolder } from "../../support/processes.ts";
import { indexOf, RegistryApi } from "../../support/registry_api.ts";

type Entry = Descriptor & { annotations?: Record<string, string> };

const refName = "org.opencontainers.image.ref.name";
const encode = (value: unknown) => new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value));

/** Writes a blob as another tool does, with an old time. */
async function writeBlob(root: string, content: unknown, mediaType: string): Promise<Descriptor> {
  const bytes = encode(content);
  const digest = await digestBytes(bytes);
  const path = `${root}/app/blobs/sha256/${digest.slice(7)}`;
  await Deno.mkdir(`${root}/app/blobs/sha256`, { recursive: true });
  await Deno.writeFile(path, bytes);
  const old = new Date(Date.now() - 10 * hourMs);
  await Deno.utime(path, old, old);
  return { mediaType, digest, size: bytes.length };
}

async function writeImage(root: string, content: string, more: object = {}): Promise<Descriptor> {
  const config = await writeBlob(root, { content }, mediaTypes.ociConfig);
  const layers = [await writeBlob(root, content, mediaTypes.ociLayer)];
  const body = { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers, ...more };
  return await writeBlob(root, body, mediaTypes.ociManifest);
}

const named = (descriptor: Descriptor, name: string, more: object = {}): object => ({
  ...descriptor,
  annotations: { [refName]: name },
  ...more,
});

async function writeIndex(root: string, manifests: readonly object[]): Promise<void> {
  await Deno.writeTextFile(`${root}/app/oci-layout`, '{"imageLayoutVersion":"1.0.0"}');
  await Deno.writeTextFile(`${root}/app/index.json`, JSON.stringify(indexOf(manifests as Descriptor[])));
}

async function entriesOf(root: string): Promise<Entry[]> {
  return JSON.parse(await Deno.readTextFile(`${root}/app/index.json`)).manifests;
}

async function serve(root: string, use: (api: RegistryApi) => Promise<void>, options: DirectoryStoreOptions = {}) {
  const store = await openDirectoryStore(root, { durability: "none", pollMs: 0, ...options });
  await using registry = createRegistry({ store });
  await use(new RegistryApi(registry.fetch));
}

const isHere = (root: string, { digest }: Descriptor) =>
  Deno.stat(`${root}/app/blobs/sha256/${digest.slice(7)}`).then(() => true, () => false);

async function referrersOf(api: RegistryApi, { digest }: Descriptor): Promise<string[]> {
  const { manifests } = (await api.expect(200, "GET", `/v2/app/referrers/${digest}`)).json() as { manifests: Entry[] };
  return manifests.map((entry) => entry.digest);
}

Deno.test("LayoutReferrers keeps referrers that only a list of another tool makes known", async () => {
  await using root = await tempFolder();
  const subject = await writeImage(root.path, "subject");
  const first = await writeImage(root.path, "first", { subject });
  const plain = await writeImage(root.path, "refers to nothing");
  const list = await writeBlob(root.path, indexOf([first, plain]), mediaTypes.ociIndex);
  await writeIndex(root.path, [named(subject, "v1"), named(list, fallbackTag(subject.digest))]);
  await serve(root.path, async (api) => {
    assert.deepEqual(await referrersOf(api, subject), [first.digest]);
    const pushed: Descriptor[] = [];
    for (const content of ["second", "third"]) {
      pushed.push(await api.pushImage("app", content, undefined, { subject }));
      const all = [first, ...pushed].map(({ digest }) => digest).sort();
      assert.deepEqual(await referrersOf(api, subject), all);
    }
    const listed = await api.expect(200, "GET", `/v2/app/manifests/${fallbackTag(subject.digest)}`);
    for (const { digest } of [first, plain, ...pushed]) assert.match(listed.text, new RegExp(digest));
    await api.expect(202, "DELETE", `/v2/app/manifests/${first.digest}`);
    assert.equal((await referrersOf(api, subject)).length, 2);
  }, { layoutReferrers: true });
});

Deno.test("LayoutReferrers takes out of a list what is gone, and leaves alone what is no list", async () => {
  await using root = await tempFolder();
  let subject: Descriptor | undefined;
  let referrer: Descriptor | undefined;
  await serve(root.path, async (api) => {
    subject = await api.pushImage("app", "subject", "v1");
    referrer = await api.pushImage("app", "referrer", undefined, { subject });
  }, { layoutReferrers: true });
  const tag = fallbackTag(subject?.digest ?? "");
  await serve(root.path, async (api) => {
    await api.expect(202, "DELETE", `/v2/app/manifests/${referrer?.digest}`);
    const image = await api.pushImage("app", "an image", "v2");
    await api.pushImage("app", "an image", `sha256-${image.digest.slice(7)}`);
  });
  await serve(root.path, async (api) => {
    await api.expect(404, "GET", `/v2/app/manifests/${tag}`, {}, "MANIFEST_UNKNOWN");
    const image = await api.expect(200, "GET", "/v2/app/manifests/v2");
    const digest = image.headers.get("docker-content-digest") ?? "";
    await api.pushImage("app", "of the image", undefined, { subject: { mediaType: "", digest, size: 1 } });
    await api.expect(200, "GET", `/v2/app/manifests/${digest}`);
    await api.expect(202, "DELETE", "/v2/app/manifests/v2");
    await api.expect(200, "GET", `/v2/app/manifests/${digest}`);
  }, { layoutReferrers: true });
});

Deno.test("collectGarbage() gives a referrer an entry of its own that only an untagged index made known", () =>
  inDirectory(async (garden, root) => {
    const subject = await writeImage(root, "subject");
    const referrer = await writeImage(root, "known by an index", { subject });
    const index = await writeBlob(root, indexOf([referrer]), mediaTypes.ociIndex);
    await writeIndex(root, [named(subject, "v1"), index]);
    await garden.api.expect(200, "GET", "/v2/app/manifests/v1");
    garden.later(2 * hourMs);
    assert.deepEqual(await garden.collect({ untaggedMs: hourMs }), [1, 1], "the index alone");
    assert.deepEqual(await referrersOf(garden.api, subject), [referrer.digest]);
    const listed = (await entriesOf(root)).map(({ digest }) => digest);
    assert.deepEqual(listed, [subject.digest, referrer.digest]);
  }));

Deno.test("collectGarbage() keeps dangling referrers that only a list makes known, unless told otherwise", () =>
  inDirectory(async (garden, root) => {
    const absent = { mediaType: mediaTypes.ociManifest, digest: `sha256:${"1".repeat(64)}`, size: 1 };
    const dangling = await writeImage(root, "dangling", { subject: absent });
    const list = await writeBlob(root, indexOf([dangling]), mediaTypes.ociIndex);
    await writeIndex(root, [named(list, fallbackTag(absent.digest))]);
    assert.deepEqual(await referrersOf(garden.api, absent), [dangling.digest]);
    garden.later(2 * hourMs);
    assert.deepEqual(await garden.collect(), [0, 0]);
    assert.deepEqual(await garden.collect({ danglingMs: hourMs }), [1, 4], "with its config, its layer, and the list");
  }, { layoutReferrers: true }));

Deno.test("collectGarbage() keeps what foreign manifests need", () =>
  inDirectory(async (garden, root) => {
    const parts = await Promise.all(["a", "b", "c"].map((text) => writeBlob(root, text, "")));
    const unknown = await writeBlob(root, { of: parts[0] }, "application/vnd.example.thing");
    const { mediaType: _none, ...untyped } = await writeBlob(root, { of: parts[1] }, "");
    const index = await writeBlob(root, indexOf([unknown, untyped as Descriptor]), mediaTypes.ociIndex);
    const schema1 = {
      schemaVersion: 1,
      name: "app",
      tag: "v1",
      fsLayers: [{ blobSum: parts[2]?.digest }],
      history: [],
    };
    const old = await writeBlob(root, schema1, mediaTypes.dockerManifest1);
    const lost = await writeBlob(root, "nobody's", "");
    const odd = await writeBlob(root, "an odd entry's", "");
    await writeIndex(root, [named(index, "index"), named(old, "old"), { note: `keeps ${odd.digest}` }]);
    await garden.api.expect(200, "GET", "/v2/app/manifests/index");
    garden.later(2 * hourMs);
    assert.deepEqual(await garden.collect(), [0, 1]);
    assert(!await isHere(root, lost));
    for (const part of [...parts, unknown, odd]) assert(await isHere(root, part), part.digest);
  }));

Deno.test("collectGarbage() goes on when a damaged child was pushed again, or deleted", () =>
  inDirectory(async (garden, root) => {
    const { api } = garden;
    const child = await api.pushImage("app", "child");
    await api.pushManifest("app", indexOf([child]), "v1");
    const path = `${root}/app/blobs/sha256/${child.digest.slice(7)}`;
    const good = await Deno.readTextFile(path);
    const damage = async () => {
      await Deno.writeTextFile(path, good.replace("{", "["));
      await Deno.writeTextFile(`${root}/app/index.json`, `${await Deno.readTextFile(`${root}/app/index.json`)} `);
      garden.later(2 * hourMs);
      await api.expect(500, "GET", `/v2/app/manifests/${child.digest}`);
      assert.deepEqual(await Array.fromAsync(garden.store.collectGarbage()), [], "given up");
    };
    await damage();
    await api.pushImage("app", "child");
    assert.equal((await Array.fromAsync(garden.store.collectGarbage())).length, 1);
    await damage();
    await api.expect(202, "DELETE", `/v2/app/manifests/${child.digest}`);
    await api.expect(404, "GET", `/v2/app/manifests/${child.digest}`, {}, "MANIFEST_UNKNOWN");
    assert.equal((await Array.fromAsync(garden.store.collectGarbage())).length, 1);
  }, { verifiesOnRead: true, manifestCacheBytes: 0 }));

Deno.test("openDirectoryStore() keeps every entry of a name, and what other tools wrote into it", async () => {
  await using root = await tempFolder();
  const [amd64, arm64] = [await writeImage(root.path, "amd64"), await writeImage(root.path, "arm64")];
  const note = {
    annotations: { [refName]: "v1", "com.example.note": "mine" },
    platform: { architecture: "arm64", os: "linux" },
  };
  const both = [named(amd64, "v1"), { ...arm64, ...note }];
  const others = async () => (await entriesOf(root.path)).filter(({ digest }) => digest === arm64.digest);
  for (const change of ["delete", "move"]) {
    await writeIndex(root.path, both);
    await serve(root.path, async (api) => {
      if (change === "delete") await api.expect(202, "DELETE", "/v2/app/manifests/v1");
      else await api.pushImage("app", "another", "v1");
      for (const { digest } of [amd64, arm64]) await api.expect(200, "GET", `/v2/app/manifests/${digest}`);
    });
    const kept = { ...arm64, annotations: { "com.example.note": "mine" }, platform: note.platform };
    assert.deepEqual(await others(), [kept], change);
    await serve(root.path, async (api) => {
      for (const { digest } of [amd64, arm64]) await api.expect(200, "GET", `/v2/app/manifests/${digest}`);
    });
  }
});

Deno.test("collectGarbage() takes each of several entries of a name for tagged", () =>
  inDirectory(async (garden, root) => {
    const [amd64, arm64] = [await writeImage(root, "amd64"), await writeImage(root, "arm64")];
    await writeIndex(root, [named(amd64, "v1"), named(arm64, "v1")]);
    await garden.api.expect(200, "GET", "/v2/app/manifests/v1");
    garden.later(2 * hourMs);
    assert.deepEqual(await garden.collect({ untaggedMs: hourMs }), [0, 0]);
    for (const kept of [amd64, arm64]) assert(await isHere(root, kept));
  }));

Deno.test("LayoutReferrers leaves what clients push under the tag of a list", () =>
  inDirectory(async (garden, root) => {
    const { api } = garden;
    const subject = await api.pushImage("app", "subject", "v1");
    const tag = fallbackTag(subject.digest);
    const children = [await api.pushImage("app", "child"), await api.pushImage("app", "other child")];
    const pushed: readonly [string, () => Promise<Descriptor>][] = [
      ["an index", () => api.pushManifest("app", indexOf(children), tag)],
      ["an image", () => api.pushImage("app", "an image", tag)],
    ];
    for (const [what, push] of pushed) {
      const { digest } = await push();
      await api.pushImage("app", `referrer beside ${what}`, undefined, { subject });
      const found = await api.expect(200, "HEAD", `/v2/app/manifests/${tag}`);
      assert.equal(found.headers.get("docker-content-digest"), digest, what);
      assert.match((await api.expect(200, "GET", "/v2/app/tags/list")).text, new RegExp(tag), "it is listed");
      garden.later(2 * hourMs);
      await garden.collect({ untaggedMs: hourMs });
      await api.expect(200, "GET", `/v2/app/manifests/${tag}`);
      if (what !== "an index") continue;
      for (const child of children) assert(await isHere(root, child), "a child of the index");
    }
  }, { layoutReferrers: true }));

Deno.test("collectGarbage() keeps what a list of referrers names beside them", () =>
  inDirectory(async (garden, root) => {
    const subject = await writeImage(root, "subject");
    const referrer = await writeImage(root, "referrer", { subject });
    const plain = await writeImage(root, "refers to nothing");
    const list = await writeBlob(root, indexOf([referrer, plain]), mediaTypes.ociIndex);
    await writeIndex(root, [named(subject, "v1"), named(list, fallbackTag(subject.digest))]);
    await garden.api.expect(200, "GET", "/v2/app/manifests/v1");
    garden.later(2 * hourMs);
    await garden.collect({ untaggedMs: hourMs });
    for (const kept of [referrer, plain]) assert(await isHere(root, kept));
  }, { layoutReferrers: true }));

Deno.test("collectGarbage() removes nothing while a listed manifest is missing that may be on its way", () =>
  inDirectory(async (garden, root) => {
    const image = await writeImage(root, "image");
    const path = `${root}/app/blobs/sha256/${image.digest.slice(7)}`;
    const bytes = await Deno.readFile(path);
    await Deno.remove(path);
    await writeIndex(root, [named(image, "v1")]);
    const old = new Date(Date.now() - 10 * hourMs);
    await Deno.utime(`${root}/app/index.json`, old, old);
    await garden.api.expect(404, "GET", "/v2/app/manifests/v1");
    assert.deepEqual(await Array.fromAsync(garden.store.collectGarbage()), [], "given up");
    await Deno.writeFile(path, bytes);
    await Deno.utime(`${root}/app/index.json`, new Date(), new Date());
    await garden.api.expect(200, "GET", "/v2/app/manifests/v1");
    assert.deepEqual(await garden.collect(), [0, 0]);
  }));

Deno.test("openDirectoryStore() gives the same bytes the type of their last push, also after a restart", async () => {
  await using root = await tempFolder();
  let tagged = "";
  await serve(root.path, async (api) => {
    const { mediaType: _none, ...image } = await api.image("app", "image");
    for (const [tag, type] of [["one", mediaTypes.ociManifest], ["two", mediaTypes.dockerManifest]] as const) {
      await api.expect(201, "PUT", `/v2/app/manifests/${tag}`, {
        body: JSON.stringify(image),
        headers: { "content-type": type },
      });
    }
    tagged = (await api.expect(200, "GET", "/v2/app/manifests/one")).headers.get("content-type") ?? "";
  });
  assert.equal(tagged, mediaTypes.dockerManifest);
  await serve(root.path, async (api) => {
    for (const tag of ["one", "two"]) {
      const { headers } = await api.expect(200, "GET", `/v2/app/manifests/${tag}`);
      assert.equal(headers.get("content-type"), mediaTypes.dockerManifest);
    }
  });
});

Deno.test("openDirectoryStore() leaves blobs to whoever listed them when they are deleted as manifests", async () => {
  await using root = await tempFolder();
  const layer = await writeBlob(root.path, "layer", mediaTypes.ociLayer);
  await writeIndex(root.path, [layer]);
  await serve(root.path, async (api) => {
    await api.expect(404, "DELETE", `/v2/app/manifests/${layer.digest}`, {}, "MANIFEST_UNKNOWN");
    await api.expect(200, "GET", `/v2/app/blobs/${layer.digest}`);
  });
  assert.equal((await entriesOf(root.path)).length, 1);
});

Deno.test("openDirectoryStore() writes nothing of a manifest that a condition refuses", async () => {
  await using root = await tempFolder();
  await serve(root.path, async (api) => {
    await api.pushImage("app", "one", "v1");
    const body = JSON.stringify(await api.image("app", "two"));
    const headers = { "content-type": mediaTypes.ociManifest, "if-none-match": "*" };
    await api.expect(412, "PUT", "/v2/app/manifests/v1", { body, headers });
    await api.expect(404, "GET", `/v2/app/blobs/${await digestBytes(encode(body))}`, {}, "BLOB_UNKNOWN");
  });
});

Deno.test("DirectoryIndex makes its change to what another program wrote meanwhile", async () => {
  await using root = await tempFolder();
  const theirs = await writeImage(root.path, "theirs");
  const { sync } = Deno.FsFile.prototype;
  let isArmed = false;
  Object.assign(Deno.FsFile.prototype, {
    async sync(this: Deno.FsFile): Promise<void> {
      if (isArmed && !this.statSync().isDirectory) {
        isArmed = false;
        const entries = await entriesOf(root.path);
        await writeIndex(root.path, [...entries, named(theirs, "theirs")]);
      }
      await sync.call(this);
    },
  });
  try {
    await serve(root.path, async (api) => {
      await api.pushImage("app", "first", "first");
      const body = JSON.stringify(await api.image("app", "ours"));
      const digest = await digestBytes(encode(body));
      const headers = { "content-type": mediaTypes.ociManifest };
      await api.expect(201, "PUT", `/v2/app/manifests/${digest}`, { body, headers });
      isArmed = true;
      await api.expect(201, "PUT", "/v2/app/manifests/ours", { body, headers });
      assert.equal(isArmed, false, "the other program wrote while the index was flushed");
      assert.match((await api.expect(200, "GET", "/v2/app/tags/list")).text, /\["first","ours","theirs"\]/);
    }, { durability: "full" });
  } finally {
    Object.assign(Deno.FsFile.prototype, { sync });
  }
  assert.equal((await entriesOf(root.path)).length, 3);
});

Deno.test("openDirectoryStore() makes directories again that another program removed", async () => {
  await using root = await tempFolder();
  await serve(root.path, async (api) => {
    for (const gone of ["app", "app/_uploads", "app/blobs"]) {
      await api.pushImage("app", gone, "v1");
      await Deno.remove(`${root.path}/${gone}`, { recursive: true });
      await api.pushImage("app", `after ${gone}`, "v2");
      await api.expect(200, "GET", "/v2/app/manifests/v2");
    }
    const index = indexOf([]);
    await Deno.remove(`${root.path}/app`, { recursive: true });
    await api.pushManifest("app", index, "v3");
    await api.expect(200, "GET", "/v2/app/manifests/v3");
  }, { pollMs: 1e9 });
  await serve(root.path, async (api) => void await api.expect(200, "GET", "/v2/app/manifests/v3"));
});

Deno.test("openDirectoryStore() takes a blob that a broken repository has too", async () => {
  await using root = await tempFolder();
  await serve(root.path, async (api) => void await api.pushBlob("broken", "shared"));
  await Deno.writeTextFile(`${root.path}/broken/index.json`, "{");
  const store = await openDirectoryStore(root.path, { durability: "none" });
  await using registry = createRegistry({ store });
  const api = new RegistryApi(registry.fetch);
  await Array.fromAsync(store.collectGarbage());
  await api.pushBlob("good", "shared");
});

Deno.test("openDirectoryStore() links duplicates also after a restart, and keeps links when a blob is pushed again", async () => {
  await using root = await tempFolder();
  const inodes = async () => {
    const digest = await digestBytes(encode("shared"));
    const stats = ["one", "two"].map((name) => Deno.stat(`${root.path}/${name}/blobs/sha256/${digest.slice(7)}`));
    return new Set((await Promise.all(stats)).map(({ ino }) => ino)).size;
  };
  await serve(root.path, async (api) => void await api.pushBlob("one", "shared"));
  const store = await openDirectoryStore(root.path, { durability: "none" });
  await using registry = createRegistry({ store });
  const api = new RegistryApi(registry.fetch);
  // Collecting waits for the clearing up in which the blobs are seen.
  await Array.fromAsync(store.collectGarbage());
  await api.pushBlob("two", "shared");
  assert.equal(await inodes(), 1);
  await api.pushBlob("two", "shared");
  assert.equal(await inodes(), 1);
});

Deno.test("openDirectoryStore() takes for repositories only directories within its root", async () => {
  await using root = await tempFolder();
  await using outside = await tempFolder();
  await serve(outside.path, async (api) => void await api.pushImage("app", "secret", "v1"));
  await serve(root.path, async (api) => {
    await api.pushImage("own", "content", "v1");
    const { digest } = await api.pushBlob("own", "to be damaged");
    await Deno.mkdir(`${root.path}/half`);
    for (const name of ["oci-layout", "index.json"]) {
      await Deno.copyFile(`${outside.path}/app/${name}`, `${root.path}/half/${name}`);
    }
    await Deno.symlink(`${outside.path}/app/blobs`, `${root.path}/half/blobs`);
    await Deno.symlink(`${root.path}/nowhere`, `${root.path}/dangling`);
    await Deno.writeTextFile(`${root.path}/file`, "text");
    assert.deepEqual((await api.expect(200, "GET", "/v2/_catalog")).json(), { repositories: ["own"] });
    for (const name of ["half", "dangling", "dangling/below", "file", "file/below"]) {
      await api.expect(404, "POST", `/v2/${name}/blobs/uploads/`, {}, "NAME_UNKNOWN");
      await api.expect(404, "GET", `/v2/${name}/tags/list`, {}, "NAME_UNKNOWN");
    }
    await Deno.truncate(`${root.path}/own/blobs/sha256/${digest.slice(7)}`, 0);
    await api.expect(404, "DELETE", `/v2/own/blobs/${digest}`, {}, "BLOB_UNKNOWN");
  });
});

Deno.test("openDirectoryStore() lets readers and one writer come and go in any order", async () => {
  await using root = await tempFolder();
  await serve(root.path, async (api) => void await api.pushImage("app", "one", "v1"));
  await using reader = await openDirectoryStore(root.path, { isReadOnly: true, pollMs: 0 });
  const read = new RegistryApi(createRegistry({ store: reader }).fetch);
  await read.expect(200, "GET", "/v2/app/manifests/v1");
  await serve(root.path, async (api) => {
    await using _late = await openDirectoryStore(root.path, { isReadOnly: true });
    await assert.rejects(openDirectoryStore(root.path), { code: "CONFLICT" });
    await api.pushImage("app", "two", "v2");
    await read.expect(200, "GET", "/v2/app/manifests/v2");
  });
});

Deno.test("openDirectoryStore() ends its hold on a repository that was pushed to after it was let go", async () => {
  await using root = await tempFolder();
  const store = await openDirectoryStore(root.path, { durability: "none", maxOpenRepositories: 1 });
  await using registry = createRegistry({ store });
  const api = new RegistryApi(registry.fetch);
  await api.pushBlob("other", "content");
  const location = await api.begin("app");
  const body = new StalledBody(encode("late"));
  const pushing = api.send("PUT", `${location}&digest=${await digestBytes(encode("late"))}`, { body: body.stream });
  await body.isStalled;
  await api.expect(404, "GET", "/v2/other/manifests/v1");
  await settle();
  body.end();
  assert.equal((await pushing).status, 201);
  await api.expect(404, "GET", "/v2/other/manifests/v1");
  // It is let go again beside the answer.
  await settle();
  const lock = await tryLock(`${root.path}/app/${contentLockName}`, "exclusive", false);
  assert(lock !== undefined, "other programs may collect garbage");
  lock.release();
});
