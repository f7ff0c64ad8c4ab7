/** What was pushed and verified counts more than what lies on the disk. */

import assert from "node:assert/strict";
import { mediaTypes } from "../../../lib/oci/media_type.ts";
import { createRegistry } from "../../../lib/server/registry.ts";
import { openDirectoryStore } from "../../../lib/server/store/store_dir.ts";
import { tempFolder } from "../../support/processes.ts";
import { indexOf, RegistryApi } from "../../support/registry_api.ts";

async function withRegistry(root: string, run: (api: RegistryApi) => Promise<void>): Promise<void> {
  await using registry = createRegistry({ store: await openDirectoryStore(root, { durability: "none" }) });
  await run(new RegistryApi(registry.fetch));
}

const damages: Readonly<Record<string, (path: string) => Promise<void>>> = {
  changed: (path) => Deno.writeTextFile(path, "CONTENT"),
  "cut off": (path) => Deno.truncate(path, 3),
};
for (const [kind, damage] of Object.entries(damages)) {
  for (const name of ["app", "other"]) {
    Deno.test(`openDirectoryStore() keeps a blob pushed to ${name} although the one of app was ${kind}`, async () => {
      await using root = await tempFolder();
      await withRegistry(root.path, async (api) => {
        const { digest } = await api.pushBlob("app", "content");
        await damage(`${root.path}/app/blobs/sha256/${digest.slice(7)}`);
        await api.pushBlob(name, "content");
        assert.equal((await api.expect(200, "GET", `/v2/${name}/blobs/${digest}`)).text, "content");
      });
    });
  }
}

Deno.test("openDirectoryStore() links a blob that is pushed to another repository to the one that is intact", async () => {
  await using root = await tempFolder();
  await withRegistry(root.path, async (api) => {
    const { digest } = await api.pushBlob("app", "content");
    await api.pushBlob("other", "content");
    const [one, two] = await Promise.all(
      ["app", "other"].map((name) => Deno.stat(`${root.path}/${name}/blobs/sha256/${digest.slice(7)}`)),
    );
    assert.equal(one?.ino, two?.ino);
  });
});

Deno.test("openDirectoryStore() stores a manifest again that was damaged", async () => {
  await using root = await tempFolder();
  let digest = "";
  await withRegistry(root.path, async (api) => {
    ({ digest } = await api.pushImage("app", "content", "v1"));
    const path = `${root.path}/app/blobs/sha256/${digest.slice(7)}`;
    await Deno.writeTextFile(path, (await Deno.readTextFile(path)).replace("schemaVersion", "schemaversion"));
    await api.pushImage("app", "content", "v1");
  });
  await withRegistry(root.path, async (api) => {
    assert.match((await api.expect(200, "GET", `/v2/app/manifests/${digest}`)).text, /schemaVersion/);
  });
});

Deno.test("openDirectoryStore() makes no repository behind a link that leads out of its root", async () => {
  await using root = await tempFolder();
  await using outside = await tempFolder();
  await Deno.symlink(outside.path, `${root.path}/link`);
  await withRegistry(root.path, async (api) => {
    for (const name of ["link/new", "link/new/deep"]) {
      await api.expect(404, "POST", `/v2/${name}/blobs/uploads/`, {}, "NAME_UNKNOWN");
      const index = JSON.stringify({ schemaVersion: 2, manifests: [] });
      const headers = { "content-type": "application/vnd.oci.image.index.v1+json" };
      await api.expect(404, "PUT", `/v2/${name}/manifests/v1`, { headers, body: index }, "NAME_UNKNOWN");
    }
    await api.pushBlob("real/new/deep", "content");
  });
  assert.deepEqual(await Array.fromAsync(Deno.readDir(outside.path)), []);
});

for (const verifiesOnRead of [true, false]) {
  Deno.test(`openDirectoryStore() answers 500 for a damaged manifest, verifiesOnRead ${verifiesOnRead}`, async () => {
    await using root = await tempFolder();
    const file = (digest: string, folder = "blobs/sha256/") => `${root.path}/app/${folder}${digest.slice(7)}`;
    let digest = "";
    await withRegistry(root.path, async (api) => void ({ digest } = await api.pushImage("app", "content", "v1")));
    const open = () => openDirectoryStore(root.path, { durability: "none", verifiesOnRead });
    {
      await using registry = createRegistry({ store: await open() });
      const api = new RegistryApi(registry.fetch);
      // Known when the registry opens it, damaged before it is read.
      await api.expect(200, "GET", "/v2/app/tags/list");
      await Deno.writeTextFile(file(digest), (await Deno.readTextFile(file(digest))).replace(/[0-9]/, "x"));
      const seen: number[] = [];
      for (const method of ["HEAD", "GET"]) {
        for (const reference of ["v1", digest]) {
          seen.push((await api.send(method, `/v2/app/manifests/${reference}`)).status);
        }
      }
      assert.deepEqual(seen, [500, 500, 500, 500]);
      await api.expect(200, "GET", "/repositories/app", { headers: { accept: "text/html" } });
      const aside = await Deno.stat(file(digest, "_quarantine/sha256-")).then(() => true, () => false);
      assert.equal(aside, verifiesOnRead, "moved aside");
    }
    {
      await using registry = createRegistry({ store: await open() });
      const api = new RegistryApi(registry.fetch);
      for (const reference of ["v1", digest]) await api.expect(500, "GET", `/v2/app/manifests/${reference}`);
      await api.pushImage("app", "content", "v1");
      await api.expect(200, "GET", "/v2/app/manifests/v1");
      await assert.rejects(Deno.stat(file(digest, "_quarantine/sha256-")), Deno.errors.NotFound);
    }
    await withRegistry(root.path, async (api) => void await api.expect(200, "GET", "/v2/app/manifests/v1"));
  });
}

Deno.test("openDirectoryStore() promises no manifest by HEAD whose file is gone", async () => {
  await using root = await tempFolder();
  let digest = "";
  await withRegistry(root.path, async (api) => void ({ digest } = await api.pushImage("app", "content", "v1")));
  await withRegistry(root.path, async (api) => {
    await api.expect(200, "GET", "/v2/app/tags/list");
    await Deno.remove(`${root.path}/app/blobs/sha256/${digest.slice(7)}`);
    for (const reference of ["v1", digest]) await api.expect(404, "HEAD", `/v2/app/manifests/${reference}`);
  });
});

Deno.test("openDirectoryStore() takes no index whose child another program removed", async () => {
  await using root = await tempFolder();
  await withRegistry(root.path, async (api) => {
    const child = await api.pushImage("app", "child");
    await Deno.remove(`${root.path}/app/blobs/sha256/${child.digest.slice(7)}`);
    const request = { body: JSON.stringify(indexOf([child])), headers: { "content-type": mediaTypes.ociIndex } };
    await api.expect(400, "PUT", "/v2/app/manifests/v1", request, "MANIFEST_BLOB_UNKNOWN");
  });
});

Deno.test("openDirectoryStore() says of an empty manifest file that it is damaged, and forgets that when it is deleted", async () => {
  await using root = await tempFolder();
  let digest = "";
  await withRegistry(root.path, async (api) => void ({ digest } = await api.pushImage("app", "content", "v1")));
  await Deno.truncate(`${root.path}/app/blobs/sha256/${digest.slice(7)}`, 0);
  await using store = await openDirectoryStore(root.path, { durability: "none" });
  const api = new RegistryApi(createRegistry({ store }).fetch);
  await api.expect(500, "GET", "/v2/app/manifests/v1", {}, "UNKNOWN");
  await Array.fromAsync(store.collectGarbage());
  await api.expect(500, "GET", `/v2/app/manifests/${digest}`, {}, "UNKNOWN");
  await api.expect(202, "DELETE", `/v2/app/manifests/${digest}`);
  await api.expect(404, "GET", `/v2/app/manifests/${digest}`, {}, "MANIFEST_UNKNOWN");
  assert.equal((await Array.fromAsync(store.collectGarbage())).length, 1, "not given up");
});

Deno.test("openDirectoryStore() renames a blob only when its last byte is flushed, and then flushes the directory", async () => {
  await using root = await tempFolder();
  const events: string[] = [];
  const { write, syncData, sync } = Deno.FsFile.prototype;
  const { rename } = Deno;
  const note = (what: string, file: Deno.FsFile): void => {
    const { ino, isDirectory } = file.statSync();
    events.push(`${what} ${isDirectory ? "directory" : ino}`);
  };
  // A flush counts from its end on.
  const flushing = (original: () => Promise<void>) =>
    async function (this: Deno.FsFile): Promise<void> {
      await original.call(this);
      note("flushed", this);
    };
  Object.assign(Deno.FsFile.prototype, {
    syncData: flushing(syncData),
    sync: flushing(sync),
    write(this: Deno.FsFile, bytes: Uint8Array<ArrayBuffer>): Promise<number> {
      note("written", this);
      return write.call(this, bytes);
    },
  });
  Deno.rename = async (from, to) => {
    if (/blobs.sha256/.test(String(to))) events.push(`renamed ${(await Deno.stat(from)).ino}`);
    await rename(from, to);
  };
  try {
    await using registry = createRegistry({ store: await openDirectoryStore(root.path) });
    const api = new RegistryApi(registry.fetch);
    // Larger than what is flushed on the way.
    for (const size of [10, 33 * 1024 * 1024]) {
      events.length = 0;
      await api.pushBlob("app", new Uint8Array(size).fill(size % 251));
      const renamed = events.findIndex((event) => event.startsWith("renamed"));
      const inode = events[renamed]?.split(" ")[1];
      assert.equal(events.slice(0, renamed).findLast((event) => event.endsWith(` ${inode}`)), `flushed ${inode}`);
      assert(events.slice(renamed).includes("flushed directory"), events.join());
    }
  } finally {
    Object.assign(Deno.FsFile.prototype, { write, syncData, sync });
    Deno.rename = rename;
  }
});
