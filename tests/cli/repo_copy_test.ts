import { deepEqual, equal, match, ok } from "node:assert/strict";
import { plainHosts, runRegctl } from "../support/processes.ts";
import { putRandomImage, putRandomIndex } from "../support/random_image.ts";
import { runCli } from "../support/run_cli.ts";
import { plainRegistry, type ServedRegistry } from "../support/served_registry.ts";
import { createTestClient } from "../support/test_client.ts";

const [from, to] = ["registry.example.org/app", "registry.example.com/copy"];

Deno.test("regctl repo copy copies the tags that are wanted, and says nothing", async () => {
  const client = createTestClient();
  const source = client.repository(from);
  for (const [at, tag] of ["v1", "v2", "rc"].entries()) await putRandomIndex(source, 2, { tag, seed: at + 1 });
  const copy = async (...flags: readonly string[]) => {
    const { code, stdout, stderr } = await runCli(["repo", "copy", ...flags, from, to], { hooks: { client } });
    deepEqual([code, stdout, stderr], [0, "", ""]);
    return (await Array.fromAsync(client.repository(to).tags.list())).sort();
  };
  deepEqual(await copy("--include", "v.*", "--exclude", "v2"), ["v1"]);
  deepEqual(await copy("--concurrent", "0"), ["rc", "v1", "v2"]);
  for (const tag of ["v1", "v2", "rc"]) {
    const digest = async (name: string) => (await client.repository(name).manifests.head(tag)).descriptor.digest;
    equal(await digest(to), await digest(from));
  }
});

Deno.test("regctl repo copy overwrites a tag, but not with --new-tags", async () => {
  const client = createTestClient();
  const { descriptor } = await putRandomImage(client.repository(from), { tag: "v1", seed: 1 });
  const old = await putRandomImage(client.repository(to), { tag: "v1", seed: 2 });
  const copied = async (...flags: readonly string[]) => {
    equal((await runCli(["repo", "cp", ...flags, from, to], { hooks: { client } })).code, 0);
    return (await client.repository(to).manifests.head("v1")).descriptor.digest;
  };
  equal(await copied("--new-tags"), old.descriptor.digest);
  equal(await copied(), descriptor.digest);
});

Deno.test("regctl repo copy brings referrers along when asked to", async () => {
  for (const flags of [[], ["--referrers"]]) {
    const client = createTestClient();
    const { descriptor: subject } = await putRandomImage(client.repository(from), { tag: "v1" });
    const { descriptor } = await putRandomImage(client.repository(from), { seed: 5, subject, artifactType: "a/b" });
    equal((await runCli(["repo", "copy", ...flags, from, to], { hooks: { client } })).code, 0);
    const found = client.repository(to).manifests.head(descriptor.digest);
    equal((await Promise.allSettled([found]))[0].status, flags.length > 0 ? "fulfilled" : "rejected");
  }
});

Deno.test("regctl repo copy fails where a tag cannot be copied, and leaves no incomplete tag", async () => {
  const client = createTestClient();
  const source = client.repository(from);
  const { body } = await putRandomImage(source, { tag: "v1" });
  if ("layers" in body) await source.blobs.delete(body.layers[0]?.digest ?? "");
  const { code, stderr } = await runCli(["repo", "copy", from, to], { hooks: { client } });
  equal(code, 1);
  match(stderr, /^blob sha256:\w+ not found/);
  deepEqual((await Promise.allSettled([Array.fromAsync(client.repository(to).tags.list())]))[0].status, "rejected");
});

Deno.test("regctl repo copy names the repository that cannot be listed", async () => {
  const { code, stderr } = await runCli(["repo", "copy", from, to], { hooks: { client: createTestClient() } });
  equal(code, 1);
  match(stderr, /failed to list tags in app \(source\)/);
});

/** Runs regctl and gives the requests to each registry. */
async function requests(args: readonly string[], registries: readonly ServedRegistry[]): Promise<readonly string[][]> {
  for (const registry of registries) registry.requests.length = 0;
  const { code, stderr } = await runRegctl([...args, ...plainHosts(...registries.map(({ address }) => address))]);
  deepEqual([code, stderr], [0, ""]);
  return registries.map(({ requests }) => [...requests]);
}

Deno.test("regctl repo copy asks for shared content once, and twice for each tag when nothing changed", async () => {
  await using source = await plainRegistry();
  await using target = await plainRegistry();
  await using app = source.open("app");
  for (let seed = 1; seed <= 4; seed++) {
    await putRandomImage(app, { tag: `v${seed}`, seed: 1, annotations: { seed: String(seed) } });
  }
  const line = ["repo", "copy", `${source.address}/app`, `${target.address}/app`];
  const [reads = [], writes = []] = await requests(line, [source, target]);
  const count = (list: readonly string[], pattern: RegExp) => list.filter((text) => pattern.test(text)).length;
  deepEqual([count(reads, /\/tags\/list/), count(reads, /GET .*manifests/), count(reads, /blobs/)], [1, 4, 3]);
  deepEqual([count(writes, /^POST/), count(writes, /PUT .*blobs/), count(writes, /PUT .*manifests/)], [3, 3, 4]);
  ok(reads.length + writes.length <= 20, [...reads, ...writes].join("\n"));

  const again = await requests(line, [source, target]);
  deepEqual(again.map((list) => list.length), [5, 5], again.flat().join("\n"));
  const [, none = []] = await requests([...line, "--new-tags"], [source, target]);
  equal(none.length, 1);
});

Deno.test("regctl reads configs, limits and differences in few requests", async () => {
  await using registry = await plainRegistry();
  await using app = registry.open("app");
  await putRandomIndex(app, 2, { tag: "v1" });
  const ref = `${registry.address}/app:v1`;
  const costs: readonly (readonly [line: readonly string[], count: number])[] = [
    [["image", "inspect", "-p", "linux/arm64", ref], 3],
    [["image", "ratelimit", ref], 1],
    [["manifest", "diff", ref, ref], 2],
    [["tag", "ls", "--include", "v.*", "--sort", "semver", ref], 1],
    [["tag", "ls", "--long", ref], 4],
  ];
  for (const [line, cost] of costs) {
    const [asked = []] = await requests(line, [registry]);
    equal(asked.length, cost, `${line.slice(0, 2).join(" ")}: ${asked.join(" | ")}`);
  }
});
