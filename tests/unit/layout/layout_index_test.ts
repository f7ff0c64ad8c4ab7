import assert from "node:assert/strict";
import { hasCode } from "../../../lib/errors.ts";
import { openLayout } from "../../../lib/layout/layout_repository.ts";
import type { Repository } from "../../../lib/repository.ts";
import { bytesOf, imageOf, oneShotSource, putImage } from "../../contract/contract_subject.ts";
import { filesBelow, makeBlobsOld, withLayout, withTempLayout } from "./temp_layout.ts";

const one = await imageOf("one");
const two = await imageOf("two");

const changes: Readonly<Record<string, (layout: Repository) => Promise<unknown>>> = {
  "blobs.put()": (layout) => layout.blobs.put({}, oneShotSource(bytesOf("blob"))),
  "manifests.put() under a tag": (layout) => layout.manifests.put("v2", two.manifest),
  "manifests.put() of a child": (layout) =>
    layout.manifests.put(two.manifest.descriptor.digest, two.manifest, { isChild: true }),
  "manifests.delete()": (layout) => layout.manifests.delete(one.manifest.descriptor.digest),
  "blobs.delete()": (layout) => layout.blobs.delete(one.blobs[0]?.descriptor.digest ?? ""),
  "tags.delete()": (layout) => layout.tags.delete("v1"),
};

const faults: readonly { readonly file: string; readonly content: string }[] = [
  { file: "index.json", content: "{ cut off" },
  { file: "index.json", content: "" },
  { file: "index.json", content: `{"schemaVersion":1,"manifests":[]}` },
  { file: "index.json", content: `{"schemaVersion":2,"manifests":{}}` },
  { file: "oci-layout", content: `{"imageLayoutVersion":"2.0.0"}` },
  { file: "oci-layout", content: "" },
];

for (const { file, content } of faults) {
  Deno.test(`openLayout() changes nothing when ${file} is ${JSON.stringify(content)}`, async () => {
    await withTempLayout(async (path) => {
      await withLayout(path, (layout) => putImage(layout, "v1", one));
      await Deno.writeTextFile(`${path}/${file}`, content);
      await makeBlobsOld(path);
      const before = await filesBelow(path);
      for (const [name, change] of Object.entries(changes)) {
        const refusal = withLayout(path, change);
        await assert.rejects(
          refusal,
          (error: Error) => hasCode(error, "INVALID_LAYOUT") && error.message.includes(`${path}/${file}`),
          `${name} did not refuse`,
        );
      }
      assert.equal(await Deno.readTextFile(`${path}/${file}`), content);
      assert.deepEqual(await filesBelow(path), before);
    });
  });
}

Deno.test("openLayout() does not take a directory with some index.json for a layout", async () => {
  await withTempLayout(async (path) => {
    await Deno.mkdir(path);
    await Deno.writeTextFile(`${path}/index.json`, `{"name":"something else"}`);
    for (const change of [changes["blobs.put()"], changes["manifests.put() under a tag"]]) {
      await assert.rejects(withLayout(path, async (layout) => await change?.(layout)), { code: "INVALID_LAYOUT" });
    }
    assert.deepEqual(await filesBelow(path), ["index.json"]);
  });
});

Deno.test("openLayout() writes what other tools write, byte for byte", async () => {
  await withTempLayout(async (path) => {
    await withLayout(path, (layout) => putImage(layout, "v1", one), { sourceDateEpoch: 86_400 });
    const { digest, size } = one.manifest.descriptor;
    assert.equal(await Deno.readTextFile(`${path}/oci-layout`), `{"imageLayoutVersion":"1.0.0"}`);
    assert.equal(
      await Deno.readTextFile(`${path}/index.json`),
      `{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[` +
        `{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"${digest}","size":${size},` +
        `"annotations":{"org.opencontainers.image.created":"1970-01-02T00:00:00Z",` +
        `"org.opencontainers.image.ref.name":"v1"}}]}`,
    );
  });
});

Deno.test("openLayout() keeps entries, fields and their order that others wrote", async () => {
  await withTempLayout(async (path) => {
    await withLayout(path, (layout) => putImage(layout, "v1", one));
    const own = (await Deno.readTextFile(`${path}/index.json`)).match(/"manifests":\[(.*)\]/)?.[1] ?? "";
    const foreign = `{"size":7,"x-note":"\\u003ckept\\u003e","digest":"sha256:${"1".repeat(64)}","mediaType":"text/x"}`;
    const document = (entries: string) =>
      `{"annotations":{"z":"1","a":"2"},"manifests":[${entries}],"x-number":1.50,"schemaVersion":2}`;
    await Deno.writeTextFile(`${path}/index.json`, document(`${foreign},${own}`));
    await withLayout(path, (layout) => putImage(layout, "v2", two), { sourceDateEpoch: 0, isGcEnabled: false });
    const { digest, size } = two.manifest.descriptor;
    const added = `{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"${digest}","size":${size},` +
      `"annotations":{"org.opencontainers.image.created":"1970-01-01T00:00:00Z",` +
      `"org.opencontainers.image.ref.name":"v2"}}`;
    assert.equal(await Deno.readTextFile(`${path}/index.json`), document(`${foreign},${own},${added}`));
    await withLayout(path, (layout) => layout.tags.delete("v2"), { isGcEnabled: false });
    assert.equal(await Deno.readTextFile(`${path}/index.json`), document(`${foreign},${own}`));
  });
});

Deno.test("openLayout() sees at once what another handle changed", async () => {
  await withTempLayout(async (path) => {
    await using reader = openLayout(path);
    await withLayout(path, (layout) => putImage(layout, "v1", one));
    assert.equal((await reader.manifests.head("v1")).descriptor.digest, one.manifest.descriptor.digest);
    await withLayout(path, (layout) => putImage(layout, "v1", two));
    assert.equal((await reader.manifests.head("v1")).descriptor.digest, two.manifest.descriptor.digest);
  });
});

Deno.test("openLayout() writes on where index.json is missing", async () => {
  await withTempLayout(async (path) => {
    await withLayout(path, (layout) => putImage(layout, "v1", one));
    await Deno.remove(`${path}/index.json`);
    await withLayout(path, async (layout) => {
      await assert.rejects(layout.manifests.get("v1"), /index\.json does not exist/);
      await layout.manifests.get(one.manifest.descriptor.digest);
      await putImage(layout, "v2", two);
      assert.deepEqual(await Array.fromAsync(layout.tags.list()), ["v2"]);
    });
  });
});

Deno.test({
  name: "openLayout() honours the umask",
  ignore: Deno.build.os === "windows",
  async fn() {
    const before = Deno.umask(0o027);
    try {
      await withTempLayout(async (path) => {
        await withLayout(path, (layout) => putImage(layout, "v1", one));
        for (const file of await filesBelow(path)) {
          assert.equal(((await Deno.stat(`${path}/${file}`)).mode ?? 0) & 0o777, 0o640, file);
        }
        assert.equal(((await Deno.stat(`${path}/blobs`)).mode ?? 0) & 0o777, 0o750);
      });
    } finally {
      Deno.umask(before);
    }
  },
});

Deno.test("openLayout() gives one id to one directory however it is written", () => {
  assert.equal(openLayout("some/dir").id, openLayout("./some/../some/dir/").id);
  assert.match(openLayout("/some/x").id, /^ocidir:\/\/\//);
  assert.equal(openLayout("./some/dir").name, "ocidir://./some/dir");
});
