import assert from "node:assert/strict";
import { fallbackTag } from "../../../lib/oci/digest.ts";
import { imageOf, oneShotSource, putImage } from "../../contract/contract_subject.ts";
import { filesBelow, makeOld, withLayout, withTempLayout } from "./temp_layout.ts";

const one = await imageOf("one");
const two = await imageOf("two");
const digest = one.manifest.descriptor.digest;

function fileOf(path: string, digest: string): string {
  return `${path}/blobs/${digest.replace(":", "/")}`;
}

Deno.test("manifests.get() of a layout takes full image names for their tags", async () => {
  await withTempLayout(async (path) => {
    await withLayout(path, (layout) => putImage(layout, "v1", one));
    const index = await Deno.readTextFile(`${path}/index.json`);
    await Deno.writeTextFile(`${path}/index.json`, index.replace(`"v1"`, `"registry.example.org/app:v1"`));
    await withLayout(path, async (layout) => {
      assert.equal((await layout.manifests.get("v1")).descriptor.digest, digest);
      assert.deepEqual(await Array.fromAsync(layout.tags.list()), ["v1"]);
      await assert.rejects(layout.tags.delete("v1"), { code: "NOT_FOUND" });
    });
  });
});

Deno.test("manifests.put() of a layout without a reference means latest", async () => {
  await withTempLayout((path) =>
    withLayout(path, async (layout) => {
      await putImage(layout, "v1", one);
      await layout.manifests.put("", one.manifest);
      assert.equal((await layout.manifests.head("latest")).descriptor.digest, digest);
      assert.equal((await layout.manifests.head("")).descriptor.digest, digest);
    })
  );
});

Deno.test("manifests.head() of a layout reads the media type where the entry lacks it", async () => {
  await withTempLayout(async (path) => {
    await withLayout(path, (layout) => putImage(layout, "v1", one));
    const index = JSON.parse(await Deno.readTextFile(`${path}/index.json`));
    delete index.manifests[0].mediaType;
    await Deno.writeTextFile(`${path}/index.json`, JSON.stringify(index));
    const { descriptor } = await withLayout(path, (layout) => layout.manifests.head("v1"));
    assert.equal(descriptor.mediaType, one.manifest.descriptor.mediaType);
  });
});

Deno.test("manifests.get() of a layout names the file that is missing, and what to do", async () => {
  await withTempLayout(async (path) => {
    await withLayout(path, (layout) => putImage(layout, "v1", one));
    const file = fileOf(path, digest);
    await Deno.remove(file);
    await withLayout(path, (layout) =>
      assert.rejects(
        layout.manifests.get("v1"),
        { code: "NOT_FOUND", message: `failed to open manifest: ${file} does not exist`, tip: /copy the image/ },
      ));
  });
});

Deno.test("manifests.get() of a layout refuses a file whose content is not that of its name", async () => {
  await withTempLayout(async (path) => {
    await withLayout(path, (layout) => putImage(layout, "v1", one));
    await Deno.writeFile(fileOf(path, digest), two.manifest.bytes);
    await withLayout(path, (layout) => assert.rejects(layout.manifests.get("v1"), { code: "DIGEST_MISMATCH" }));
    // Putting it again heals the layout.
    await withLayout(path, (layout) => putImage(layout, "v1", one));
    await withLayout(path, (layout) => layout.manifests.get("v1"));
  });
});

Deno.test("manifests.get() of a layout refuses what is too large for a manifest", async () => {
  await withTempLayout(async (path) => {
    await withLayout(path, (layout) => putImage(layout, "v1", one));
    await Deno.truncate(fileOf(path, digest), 8 * 1024 * 1024 + 1);
    await withLayout(path, (layout) => assert.rejects(layout.manifests.get("v1"), { code: "TOO_LARGE" }));
  });
});

Deno.test("manifests.put() of a layout makes a manifest that was there young again", async () => {
  await withTempLayout(async (path) => {
    await withLayout(path, (layout) => putImage(layout, "v1", one));
    await makeOld(fileOf(path, digest));
    await withLayout(path, (layout) => layout.manifests.put("v2", one.manifest));
    const { mtime } = await Deno.stat(fileOf(path, digest));
    assert((mtime?.getTime() ?? 0) > Date.now() - 60_000 * 30);
  });
});

Deno.test("manifests.delete() of a layout drops entries whose file is gone", async () => {
  await withTempLayout(async (path) => {
    await withLayout(path, (layout) => putImage(layout, "v1", one));
    await Deno.remove(fileOf(path, digest));
    await withLayout(path, async (layout) => {
      await layout.manifests.delete(digest);
      assert.deepEqual(await Array.fromAsync(layout.tags.list()), []);
      await assert.rejects(layout.manifests.delete(digest), { code: "NOT_FOUND" });
    });
  });
});

Deno.test("listReferrers() of a layout names the fallback tag, which goes with the last referrer", async () => {
  await withTempLayout((path) =>
    withLayout(path, async (layout) => {
      await putImage(layout, "v1", one);
      const signature = await imageOf("signature", { subject: one.manifest.descriptor });
      await putImage(layout, undefined, signature);
      const tag = fallbackTag(digest);
      assert.deepEqual((await layout.listReferrers(digest)).tags, [tag]);
      assert.deepEqual(await Array.fromAsync(layout.tags.list()), [tag, "v1"]);
      await layout.manifests.delete(signature.manifest.descriptor.digest);
      assert.deepEqual((await layout.listReferrers(digest)).tags, []);
      assert.deepEqual(await Array.fromAsync(layout.tags.list()), ["v1"]);
    })
  );
});

Deno.test("listReferrers() of a layout finds entries of other tools when it may be slow", async () => {
  await withTempLayout(async (path) => {
    const signature = await imageOf("signature", { subject: one.manifest.descriptor });
    await withLayout(path, async (layout) => {
      await putImage(layout, "v1", one);
      await putImage(layout, "sig", signature);
      await layout.tags.delete(fallbackTag(digest));
    });
    await withLayout(path, async (layout) => {
      assert.deepEqual((await layout.listReferrers(digest)).descriptors, []);
      const { descriptors, tags } = await layout.listReferrers(digest, { isSlow: true });
      assert.deepEqual(descriptors.map((found) => found.digest), [signature.manifest.descriptor.digest]);
      assert.deepEqual(tags, []);
    });
  });
});

Deno.test("manifests.put() of a layout keeps an image that has the tag of a referrer list", async () => {
  await withTempLayout(async (path) => {
    await withLayout(path, async (layout) => {
      await putImage(layout, fallbackTag(digest), two);
      assert.deepEqual((await layout.listReferrers(digest)).descriptors, []);
      await putImage(layout, undefined, await imageOf("signature", { subject: one.manifest.descriptor }));
      assert.equal((await layout.listReferrers(digest)).descriptors.length, 1);
    });
    const index = JSON.parse(await Deno.readTextFile(`${path}/index.json`));
    assert(index.manifests.some((entry: { digest: string }) => entry.digest === two.manifest.descriptor.digest));
  });
});

Deno.test("listTagPages() of a layout gives the index as it is", async () => {
  await withTempLayout((path) =>
    withLayout(path, async (layout) => {
      await putImage(layout, "v1", one);
      await putImage(layout, "v2", two);
      const pages = await Array.fromAsync(layout.listTagPages({ limit: 1 }));
      assert.deepEqual(pages.map((page) => page.tags), [["v1", "v2"]]);
      assert.deepEqual(pages[0]?.document, await Deno.readFile(`${path}/index.json`));
    })
  );
});

Deno.test("blobs.head() of a layout does not find a damaged blob, and put() replaces it", async () => {
  await withTempLayout((path) =>
    withLayout(path, async (layout) => {
      const [blob] = one.blobs;
      assert(blob !== undefined);
      await putImage(layout, "v1", one);
      await Deno.truncate(fileOf(path, blob.descriptor.digest), 3);
      await assert.rejects(layout.blobs.head(blob.descriptor), { code: "NOT_FOUND", message: /damaged/ });
      await layout.blobs.put(blob.descriptor, oneShotSource(blob.bytes));
      await layout.blobs.head(blob.descriptor);
      assert((await filesBelow(path)).every((file) => !file.endsWith(".tmp")));
    })
  );
});
