import assert from "node:assert/strict";
import { createRegistry } from "../../../lib/server/registry.ts";
import { openDirectoryStore } from "../../../lib/server/store/store_dir.ts";
import { RegistryApi } from "../../support/registry_api.ts";
import { runCli } from "../../support/run_cli.ts";

/** Fills a directory with one tagged image, one untagged image and one lost blob, then runs the command on it. */
async function withDirectory(use: (root: string) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir();
  try {
    {
      await using registry = createRegistry({ store: await openDirectoryStore(root, { durability: "none" }) });
      const api = new RegistryApi(registry.fetch);
      await api.pushImage("app", "kept", "v1");
      await api.pushImage("app", "untagged");
      await api.pushBlob("team/app", "lost");
    }
    await use(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

Deno.test("registry gc shows with --dry-run what it would remove, and leaves it", async () => {
  await withDirectory(async (root) => {
    const dry = await runCli(["registry", "gc", root, "--dry-run", "--grace", "0s", "--untagged", "0s"]);
    assert.equal(dry.code, 0, dry.stderr);
    assert.match(dry.stdout, /^app manifest sha256:[0-9a-f]{64}$/m);
    assert.match(dry.stdout, /^team\/app blob sha256:[0-9a-f]{64} 4$/m);
    assert.match(dry.stdout, /^would remove 1 manifests and 4 blobs, \d+ bytes\n$/m);
    const again = await runCli(["registry", "gc", root, "--dry-run", "--grace", "0s", "--untagged", "0s"]);
    assert.equal(again.stdout, dry.stdout);
  });
});

Deno.test("registry gc removes what nothing needs, sparing untagged manifests and what is young", async () => {
  await withDirectory(async (root) => {
    assert.match((await runCli(["registry", "gc", root])).stdout, /^removed 0 manifests and 0 blobs, 0 bytes\n$/);
    const { stdout } = await runCli(["registry", "gc", root, "--grace", "0s"]);
    assert.match(stdout, /^team\/app blob sha256:[0-9a-f]{64} 4\nremoved 0 manifests and 1 blobs, 4 bytes\n$/);
    await using registry = createRegistry({ store: await openDirectoryStore(root) });
    const api = new RegistryApi(registry.fetch);
    await api.expect(200, "GET", "/v2/app/manifests/v1");
  });
});

Deno.test("registry gc --scrub moves damaged blobs aside", async () => {
  await withDirectory(async (root) => {
    const [blob] = await Array.fromAsync(Deno.readDir(`${root}/team/app/blobs/sha256`));
    await Deno.writeTextFile(`${root}/team/app/blobs/sha256/${blob?.name}`, "list");
    const { stdout } = await runCli(["registry", "gc", root, "--scrub"]);
    assert.match(stdout, new RegExp(`^team/app damaged sha256:${blob?.name}\nverified 7 blobs\n`));
    assert.equal(await Deno.readTextFile(`${root}/team/app/_quarantine/sha256-${blob?.name}`), "list");
  });
});

Deno.test("registry gc refuses a directory that a registry is serving, or that does not exist", async () => {
  await withDirectory(async (root) => {
    await using _store = await openDirectoryStore(root);
    const busy = await runCli(["registry", "gc", root]);
    assert.equal(busy.code, 1);
    assert.match(busy.stderr, /another registry is using the directory/);
    assert.equal((await runCli(["registry", "gc", root, "--dry-run"])).code, 0);
    assert.match((await runCli(["registry", "gc", `${root}/missing`])).stderr, /is not a directory/);
  });
});
