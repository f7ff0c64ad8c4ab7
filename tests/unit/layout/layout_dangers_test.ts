import assert from "node:assert/strict";
import { imageOf, putImage } from "../../contract/contract_subject.ts";
import { filesBelow, verifyTags, withLayout, withTempLayout } from "./temp_layout.ts";

const program = new URL("./writer_program.ts", import.meta.url);

function writer(path: string, name: string, count: number): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-read", "--allow-write", "--no-check", program.href, path, name, `${count}`],
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1" },
  });
}

Deno.test("openLayout() loses nothing when six processes copy into one directory", async () => {
  await withTempLayout(async (path) => {
    const rounds = 6;
    const names = ["a", "b", "c", "d", "e", "f"];
    const results = await Promise.all(names.map((name) => writer(path, name, rounds).output()));
    for (const { success, stderr } of results) assert(success, new TextDecoder().decode(stderr));
    await withLayout(path, async (layout) => {
      const tags = await verifyTags(layout);
      const expected = names.flatMap((name) => Array.from({ length: rounds }, (_, round) => `${name}-${round}`));
      assert.deepEqual(tags, [...expected, "latest"].sort());
    });
  });
});

Deno.test("openLayout() finds a whole layout after writers were killed", async () => {
  await withTempLayout(async (path) => {
    const done = new Set<string>();
    // Killed earlier and later in their work; what they said was done must be there.
    for (const [name, lines] of [["a", 1], ["b", 2], ["c", 3], ["d", 5]] as const) {
      const child = writer(path, name, 1000).spawn();
      let seen = 0;
      let text = "";
      for await (const chunk of child.stdout) {
        text += new TextDecoder().decode(chunk);
        seen = text.split("\n").length - 1;
        if (seen >= lines) break;
      }
      child.kill("SIGKILL");
      await child.stderr.cancel();
      await child.status;
      for (const tag of text.split("\n").slice(0, seen)) done.add(tag);
    }
    await withLayout(path, async (layout) => {
      const tags = await verifyTags(layout);
      for (const tag of done) assert(tags.includes(tag), `${tag} is lost`);
      // The dead hold no locks: writing goes on.
      await putImage(layout, "after", await imageOf("after"));
    });
  });
});

Deno.test("openLayout() makes two lock files and no others beside the layout's own", async () => {
  await withTempLayout(async (path) => {
    await withLayout(path, (layout) => putImage(layout, "v1", imageOfOne));
    const files = (await filesBelow(path)).filter((file) => !file.startsWith("blobs/sha256/"));
    assert.deepEqual(files, [".regkit-content.lock", ".regkit-index.lock", "index.json", "oci-layout"]);
  });
});

Deno.test("openLayout() creates nothing by reading", async () => {
  await withTempLayout(async (path) => {
    await withLayout(path, async (layout) => {
      await assert.rejects(layout.manifests.get("v1"), { code: "NOT_FOUND" });
      await assert.rejects(layout.tags.delete("v1"), { code: "NOT_FOUND" });
      await assert.rejects(layout.blobs.delete(`sha256:${"0".repeat(64)}`), { code: "NOT_FOUND" });
      await assert.rejects(layout.manifests.delete(`sha256:${"0".repeat(64)}`), { code: "NOT_FOUND" });
    });
    await assert.rejects(Deno.stat(path), Deno.errors.NotFound);
  });
});

const imageOfOne = await imageOf("one");
