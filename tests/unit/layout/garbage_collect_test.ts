import assert from "node:assert/strict";
import { openLayout } from "../../../lib/layout/layout_repository.ts";
import type { LogFields, Logger, LogLevel } from "../../../lib/log.ts";
import { imageOf, indexOf, oneShotSource, pseudoRandomBytes, putImage } from "../../contract/contract_subject.ts";
import { filesBelow, makeBlobsOld, makeOld, verifyTags, withLayout, withTempLayout } from "./temp_layout.ts";

const one = await imageOf("one");
const two = await imageOf("two");

/** Changes the layout, so that disposing collects garbage. */
async function changeAnything(path: string, logger?: Logger): Promise<void> {
  await withLayout(path, async (layout) => {
    await putImage(layout, "touched", two);
  }, { logger });
}

function collectingLogger(): { readonly logger: Logger; readonly lines: string[] } {
  const lines: string[] = [];
  const log = (level: LogLevel, message: string, fields?: LogFields) =>
    void lines.push(`${level} ${message} ${JSON.stringify(fields)}`);
  return { logger: { isEnabled: () => true, log }, lines };
}

function fileOf(path: string, digest: string): string {
  return `${path}/blobs/${digest.replace(":", "/")}`;
}

async function isThere(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

Deno.test("garbage collection removes what is old and not referred to", async () => {
  await withTempLayout(async (path) => {
    const digest = await withLayout(path, async (layout) => {
      await putImage(layout, "v1", one);
      return (await layout.blobs.put({}, oneShotSource(pseudoRandomBytes(100)))).descriptor.digest;
    });
    await makeBlobsOld(path);
    await changeAnything(path);
    assert(!await isThere(fileOf(path, digest)));
    assert.deepEqual(await withLayout(path, verifyTags), ["touched", "v1"]);
  });
});

Deno.test("garbage collection spares what is fresh", async () => {
  await withTempLayout(async (path) => {
    const digest = await withLayout(path, async (layout) => {
      await putImage(layout, "v1", one);
      return (await layout.blobs.put({}, oneShotSource(pseudoRandomBytes(100)))).descriptor.digest;
    });
    await makeOld(fileOf(path, digest), 9);
    await changeAnything(path);
    assert(await isThere(fileOf(path, digest)));
    await makeOld(fileOf(path, digest), 11);
    await changeAnything(path);
    assert(!await isThere(fileOf(path, digest)));
  });
});

Deno.test("garbage collection removes old unfinished files and spares fresh ones", async () => {
  await withTempLayout(async (path) => {
    await withLayout(path, (layout) => putImage(layout, "v1", one));
    const hex = "0".repeat(64);
    const old = [`blobs/sha256/${hex}.1.tmp`, "blobs/sha256/upload.x-1.tmp", "index.json.2.tmp", "oci-layout.3.tmp"];
    for (const file of old) {
      await Deno.writeTextFile(`${path}/${file}`, "");
      await makeOld(`${path}/${file}`);
    }
    await Deno.writeTextFile(`${path}/blobs/sha256/${hex}.fresh.tmp`, "");
    await changeAnything(path);
    const temps = (await filesBelow(path)).filter((file) => file.endsWith(".tmp"));
    assert.deepEqual(temps, [`blobs/sha256/${hex}.fresh.tmp`]);
  });
});

Deno.test("garbage collection leaves files that it does not understand", async () => {
  await withTempLayout(async (path) => {
    await withLayout(path, (layout) => putImage(layout, "v1", one));
    await Deno.mkdir(`${path}/blobs/md5`);
    const foreign = [
      "README.txt",
      "blobs/notes.tmp",
      "blobs/sha256/short",
      `blobs/sha256/${"F".repeat(64)}`,
      "blobs/sha256/other.tmp",
      `blobs/md5/${"0".repeat(32)}`,
    ];
    for (const file of foreign) {
      await Deno.writeTextFile(`${path}/${file}`, "");
      await makeOld(`${path}/${file}`);
    }
    await changeAnything(path);
    const files = await filesBelow(path);
    for (const file of foreign) assert(files.includes(file), `${file} was removed`);
  });
});

Deno.test("garbage collection keeps children of an index, and what a referrer list names", async () => {
  await withTempLayout(async (path) => {
    const index = await indexOf(one.manifest, two.manifest);
    const signature = await imageOf("signature", { subject: index.descriptor, artifactType: "application/x" });
    await withLayout(path, async (layout) => {
      for (const { manifest, blobs } of [one, two]) {
        for (const { bytes } of blobs) await layout.blobs.put({}, oneShotSource(bytes));
        await layout.manifests.put(manifest.descriptor.digest, manifest, { isChild: true });
      }
      await layout.manifests.put("multi", index);
      for (const { bytes } of signature.blobs) await layout.blobs.put({}, oneShotSource(bytes));
      await layout.manifests.put(signature.manifest.descriptor.digest, signature.manifest, { isChild: true });
    });
    await makeBlobsOld(path);
    await changeAnything(path);
    await withLayout(path, async (layout) => {
      assert.equal((await verifyTags(layout)).length, 3);
      const { descriptors } = await layout.listReferrers(index.descriptor.digest);
      assert.deepEqual(descriptors.map(({ digest }) => digest), [signature.manifest.descriptor.digest]);
    });
  });
});

Deno.test("garbage collection walks what one manifest calls a layer and another a manifest", async () => {
  await withTempLayout(async (path) => {
    await withLayout(path, async (layout) => {
      await putImage(layout, undefined, one);
      const layers = [{ ...one.manifest.descriptor, mediaType: "application/vnd.oci.image.layer.v1.tar" }];
      await putImage(layout, "v2", await imageOf("over", { layers }));
    });
    await makeBlobsOld(path);
    await changeAnything(path);
    await withLayout(path, async (layout) => {
      for (const blob of one.blobs) await layout.blobs.head(blob.descriptor);
    });
  });
});

Deno.test("garbage collection accepts an index that was copied for some platforms only", async () => {
  await withTempLayout(async (path) => {
    const garbage = await withLayout(path, async (layout) => {
      for (const { bytes } of one.blobs) await layout.blobs.put({}, oneShotSource(bytes));
      await layout.manifests.put(one.manifest.descriptor.digest, one.manifest, { isChild: true });
      await layout.manifests.put("sparse", await indexOf(one.manifest, (await imageOf("absent")).manifest));
      return (await layout.blobs.put({}, oneShotSource(pseudoRandomBytes(50)))).descriptor.digest;
    });
    await makeBlobsOld(path);
    await changeAnything(path);
    assert(!await isThere(fileOf(path, garbage)));
  });
});

Deno.test.each([
  { what: "is missing", damage: (file: string) => Deno.remove(file) },
  { what: "is cut off", damage: (file: string) => Deno.truncate(file, 10) },
  { what: "is not readable", damage: (file: string) => Deno.remove(file).then(() => Deno.mkdir(file)) },
])("garbage collection removes nothing when a listed manifest $what", async ({ damage }) => {
  await withTempLayout(async (path) => {
    const garbage = await withLayout(path, async (layout) => {
      await putImage(layout, "v1", one);
      return (await layout.blobs.put({}, oneShotSource(pseudoRandomBytes(100)))).descriptor.digest;
    });
    await damage(fileOf(path, one.manifest.descriptor.digest));
    for (const digest of [garbage, ...one.blobs.map(({ descriptor }) => descriptor.digest)]) {
      await makeOld(fileOf(path, digest));
    }
    const { logger, lines } = collectingLogger();
    await changeAnything(path, logger);
    for (const digest of [garbage, ...one.blobs.map(({ descriptor }) => descriptor.digest)]) {
      assert(await isThere(fileOf(path, digest)));
    }
    const warning = lines.find((line) => line.startsWith("warn"));
    assert.match(warning ?? "", new RegExp(one.manifest.descriptor.digest.slice("sha256:".length)));
  });
});

Deno.test("garbage collection removes nothing when an entry is no descriptor", async () => {
  await withTempLayout(async (path) => {
    const garbage = await withLayout(path, async (layout) => {
      await putImage(layout, "v1", one);
      return (await layout.blobs.put({}, oneShotSource(pseudoRandomBytes(100)))).descriptor.digest;
    });
    const index = JSON.parse(await Deno.readTextFile(`${path}/index.json`));
    index.manifests.push({ mystery: true });
    await Deno.writeTextFile(`${path}/index.json`, JSON.stringify(index));
    await makeOld(fileOf(path, garbage));
    await changeAnything(path);
    assert(await isThere(fileOf(path, garbage)));
  });
});

Deno.test("garbage collection removes nothing without an index", async () => {
  await withTempLayout(async (path) => {
    const digest = await withLayout(path, async (layout) => {
      return (await layout.blobs.put({}, oneShotSource(pseudoRandomBytes(100)))).descriptor.digest;
    });
    await makeOld(fileOf(path, digest));
    await withLayout(path, (layout) => layout.blobs.put({}, oneShotSource(pseudoRandomBytes(200))));
    assert(await isThere(fileOf(path, digest)));
  });
});

Deno.test("garbage collection leaves directories of blobs that are links to others", async () => {
  await withTempLayout(async (path) => {
    await withLayout(path, (layout) => putImage(layout, "v1", one));
    const linked = `${path}-linked`;
    await Deno.mkdir(linked);
    await Deno.symlink(`${path}/blobs`, `${linked}/blobs`);
    await makeBlobsOld(path);
    await withLayout(linked, (layout) => putImage(layout, "v2", two));
    assert.deepEqual(await withLayout(linked, verifyTags), ["v2"]);
    assert.deepEqual(await withLayout(path, verifyTags), ["v1"]);
  });
});

Deno.test("garbage collection spares blobs that a writer found to be there already", async () => {
  await withTempLayout(async (path) => {
    await withLayout(path, async (layout) => {
      await putImage(layout, "v1", one);
      for (const { bytes } of two.blobs) await layout.blobs.put({}, oneShotSource(bytes));
    });
    await makeBlobsOld(path);
    await withLayout(path, async (layout) => {
      // As a copy does: what is there is not sent again.
      for (const { descriptor } of two.blobs) await layout.blobs.head(descriptor);
      await layout.tags.delete("v1");
    });
    for (const { descriptor } of two.blobs) assert(await isThere(fileOf(path, descriptor.digest)));
  });
});

Deno.test("garbage collection waits for nobody and is made up for by the last to leave", async () => {
  await withTempLayout(async (path) => {
    const garbage = await withLayout(path, async (layout) => {
      await putImage(layout, "v1", one);
      return (await layout.blobs.put({}, oneShotSource(pseudoRandomBytes(100)))).descriptor.digest;
    });
    await makeBlobsOld(path);
    const reader = openLayout(path);
    await reader.manifests.get("v1");
    await changeAnything(path);
    assert(await isThere(fileOf(path, garbage)));
    await reader[Symbol.asyncDispose]();
    assert(!await isThere(fileOf(path, garbage)));
  });
});

Deno.test("garbage collection can be switched off, and does not follow reading", async () => {
  await withTempLayout(async (path) => {
    const garbage = await withLayout(path, async (layout) => {
      await putImage(layout, "v1", one);
      return (await layout.blobs.put({}, oneShotSource(pseudoRandomBytes(100)))).descriptor.digest;
    });
    await makeBlobsOld(path);
    await withLayout(path, (layout) => putImage(layout, "v2", two), { isGcEnabled: false });
    await withLayout(path, (layout) => layout.manifests.get("v1"));
    assert(await isThere(fileOf(path, garbage)));
  });
});
