/** Manifests that the catalog knows, and whose files are not what they should be. */

import assert from "node:assert/strict";
import { RegkitError } from "../../../lib/errors.ts";
import type { Digest } from "../../../lib/oci/digest.ts";
import { openDirectoryStore } from "../../../lib/server/store/store_dir.ts";
import { CacheRig } from "../../support/cache_rig.ts";
import { tempFolder } from "../../support/processes.ts";
import { putRandomImage } from "../../support/random_image.ts";

interface Spoilt {
  readonly rig: CacheRig;
  readonly digest: Digest;
  readonly bytes: Uint8Array;
}

/** A registry that has read what is in its directory before the manifest's file was changed there. */
async function spoiltRig(root: string, spoil: (file: string) => Promise<void>): Promise<Spoilt> {
  const first = new CacheRig({ registry: { store: await openDirectoryStore(root, { durability: "none" }) } });
  await putRandomImage(first.source.repository("app"), { tag: "v0", seed: 2 });
  await first.api.expect(200, "GET", "/v2/hub/app/manifests/v0");
  const { descriptor, bytes } = await putRandomImage(first.source.repository("app"), { tag: "v1" });
  await first.api.expect(200, "GET", "/v2/hub/app/manifests/v1");
  await first[Symbol.asyncDispose]();
  const { clock, source } = first;
  const store = await openDirectoryStore(root, { durability: "none" });
  const rig = new CacheRig({ clock, source, registry: { store } });
  const repository = await store.repository("hub/app");
  assert(repository?.catalog.get(descriptor.digest) !== undefined);
  await spoil(`${root}/hub/app/blobs/${descriptor.digest.replace(":", "/")}`);
  return { rig, digest: descriptor.digest, bytes };
}

Deno.test.each([
  { kind: "removed", spoil: (file: string) => Deno.remove(file) },
  { kind: "damaged", spoil: (file: string) => Deno.writeTextFile(file, "{}") },
])("RegistryCache fetches a manifest anew whose file was $kind", async ({ spoil }) => {
  for (const isTag of [true, false]) {
    await using folder = await tempFolder();
    const { rig, digest, bytes } = await spoiltRig(folder.path, spoil);
    await using _end = rig;
    const path = `/v2/hub/app/manifests/${isTag ? "v1" : digest}`;
    for (let time = 0; time < 2; time++) {
      const answer = await rig.api.expect(200, "GET", path);
      assert.deepEqual(answer.bytes, bytes);
      assert.equal(answer.headers.get("docker-content-digest"), digest);
    }
    assert.equal(rig.take().filter((call) => call === `get manifest app ${digest}`).length, 1);
    await Deno.stat(`${folder.path}/hub/app/blobs/${digest.replace(":", "/")}`);
  }
});

Deno.test.each([
  { kind: "removed", spoil: (file: string) => Deno.remove(file) },
  { kind: "damaged", spoil: (file: string) => Deno.writeTextFile(file, "{}") },
])("RegistryCache fetches a manifest anew that a tag moves to and whose file was $kind", async ({ spoil }) => {
  await using folder = await tempFolder();
  const { rig, digest, bytes } = await spoiltRig(folder.path, spoil);
  await using _end = rig;
  const moved = rig.source.repository("app").manifests;
  await moved.put("v0", await moved.get("v1"));
  await rig.clock.advance(3_600_000);
  const answer = await rig.api.expect(200, "GET", "/v2/hub/app/manifests/v0");
  assert.deepEqual(answer.bytes, bytes);
  assert.equal(answer.headers.get("docker-content-digest"), digest);
  assert.deepEqual(rig.take(), ["head manifest app v0", `get manifest app ${digest}`]);
});

Deno.test("RegistryCache tells how the upstream failed when it cannot fetch a manifest anew", async () => {
  await using folder = await tempFolder();
  const { rig, digest } = await spoiltRig(folder.path, (file) => Deno.remove(file));
  await using _end = rig;
  rig.before = () => Promise.reject(new RegkitError("DNS", "no such host"));
  await rig.api.expect(502, "GET", `/v2/hub/app/manifests/${digest}`);
});
