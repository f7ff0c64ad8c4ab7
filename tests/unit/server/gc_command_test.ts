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

Deno.test("registry gc --empty removes repositories in which nothing is left, and says so", async () => {
  await withDirectory(async (root) => {
    const flags = ["--empty", "--grace", "0s"];
    const dry = await runCli(["registry", "gc", root, "--dry-run", ...flags]);
    assert.match(
      dry.stdout,
      /^team\/app blob .* 4\nteam\/app repository\nwould remove 0 manifests, 1 blobs and 1 repositories, 4 bytes\n$/,
    );
    assert.equal((await Deno.stat(`${root}/team/app`)).isDirectory, true);
    const { stdout } = await runCli(["registry", "gc", root, ...flags]);
    assert.equal(stdout, dry.stdout.replace("would remove", "removed"));
    await assert.rejects(Deno.stat(`${root}/team`), Deno.errors.NotFound);
    await using registry = createRegistry({ store: await openDirectoryStore(root) });
    const api = new RegistryApi(registry.fetch);
    assert.deepEqual((await api.expect(200, "GET", "/v2/_catalog")).json(), { repositories: ["app"] });
    await api.expect(404, "GET", "/v2/team/app/tags/list", {}, "NAME_UNKNOWN");
  });
});

Deno.test("registry gc keeps empty repositories without the flag, and young ones with it", async () => {
  await withDirectory(async (root) => {
    const { stdout } = await runCli(["registry", "gc", root, "--grace", "0s"]);
    assert.match(stdout, /^team\/app blob .* 4\nremoved 0 manifests and 1 blobs, 4 bytes\n$/);
    for (const flag of ["--empty", "--gc-empty"]) {
      const young = await runCli(["registry", "gc", root, flag]);
      assert.equal(young.stdout, "removed 0 manifests, 0 blobs and 0 repositories, 0 bytes\n");
    }
    const again = await runCli(["registry", "gc", root, "--gc-empty", "--grace", "0s"]);
    assert.equal(again.stdout, "team/app repository\nremoved 0 manifests, 0 blobs and 1 repositories, 0 bytes\n");
  });
});

Deno.test("registry gc --json tells what went as one document", async () => {
  await withDirectory(async (root) => {
    const flags = ["--json", "--dry-run", "--scrub", "--empty", "--grace", "0s", "--untagged", "0s"];
    const { stdout } = await runCli(["registry", "gc", root, ...flags]);
    const { repositories, counts, ...rest } = JSON.parse(stdout);
    assert.deepEqual(rest, { dryRun: true, scrub: { verified: 7, damaged: [] } });
    assert.deepEqual({ ...counts, bytes: 0 }, { manifests: 1, blobs: 4, repositories: 1, bytes: 0 });
    assert.deepEqual(
      repositories.map((
        { name, removed, blobs }: { name: string; removed: boolean; blobs: unknown[] },
      ) => [name, removed, blobs.length]).sort(),
      [["app", false, 3], ["team/app", true, 1]],
    );
    const nothing = JSON.parse((await runCli(["registry", "gc", root, "--json"])).stdout);
    assert.deepEqual(nothing, {
      dryRun: false,
      repositories: [],
      counts: { manifests: 0, blobs: 0, repositories: 0, bytes: 0 },
    });
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
