import { deepEqual, equal, ok } from "node:assert/strict";
import { plainHosts, runRegctl } from "../support/processes.ts";
import { putRandomIndex } from "../support/random_image.ts";
import { plainRegistry, type ServedRegistry } from "../support/served_registry.ts";

/** Runs regctl and gives the number of requests to each registry, grouped as `METHOD kind`. */
async function count(
  args: readonly string[],
  registries: readonly ServedRegistry[],
): Promise<Record<string, number>[]> {
  for (const { requests } of registries) requests.length = 0;
  const { code, stderr } = await runRegctl([...args, ...plainHosts(...registries.map(({ address }) => address))]);
  deepEqual([code, stderr], [0, ""]);
  return registries.map(({ requests }) => {
    const kinds: Record<string, number> = {};
    for (const request of requests) {
      const kind = request.replace(/^(\w+) \/v2\/\w+\/(blobs\/uploads|\w+).*$/, "$1 $2");
      kinds[kind] = (kinds[kind] ?? 0) + 1;
    }
    return kinds;
  });
}

function sum(counts: readonly Record<string, number>[]): number {
  return counts.flatMap((each) => Object.values(each)).reduce((left, right) => left + right, 0);
}

Deno.test("regctl image copy of 2 platforms takes 26 requests at first and 2 when nothing changed", async () => {
  await using source = await plainRegistry();
  await using target = await plainRegistry();
  await using repository = source.open("app");
  await putRandomIndex(repository, 2, { tag: "v1" });
  const line = ["image", "copy", `${source.address}/app:v1`, `${target.address}/app:v1`];

  const first = await count(line, [source, target]);
  deepEqual(first, [
    { "GET manifests": 3, "GET blobs": 6 },
    { "HEAD manifests": 1, "GET tags": 1, "POST blobs/uploads": 6, "PUT blobs/uploads": 6, "PUT manifests": 3 },
  ]);
  equal(sum(first), 26);

  equal(sum(await count(line, [source, target])), 2);
  // The spec's aim: 3 GET, 3 HEAD of manifests, 6 HEAD of blobs, and nothing is put again.
  deepEqual(await count([...line, "--force-recursive"], [source, target]), [
    { "GET manifests": 3 },
    { "HEAD manifests": 3, "HEAD blobs": 6 },
  ]);
});

Deno.test("regctl image copy of 6 platforms with 42 blobs takes at most 146 requests", async () => {
  await using source = await plainRegistry();
  await using target = await plainRegistry();
  await using repository = source.open("app");
  await putRandomIndex(repository, 6, { tag: "v1", layers: 6 });
  const line = ["image", "copy", `${source.address}/app:v1`, `${target.address}/app:v1`];
  const counts = await count(line, [source, target]);
  equal(counts[0]?.["GET blobs"], 42);
  ok(sum(counts) <= 146, JSON.stringify(counts));
  equal(sum(await count(line, [source, target])), 2);
});

Deno.test("regctl image copy within a registry mounts without looking first, and a new tag costs three requests", async () => {
  await using registry = await plainRegistry();
  await using repository = registry.open("app");
  await putRandomIndex(repository, 2, { tag: "v1" });
  const { address } = registry;
  deepEqual(await count(["image", "copy", `${address}/app:v1`, `${address}/other:v1`], [registry]), [{
    "GET manifests": 3,
    "HEAD manifests": 1,
    "GET tags": 1,
    "POST blobs/uploads": 6,
    "PUT manifests": 3,
  }]);
  const tagging = await count(["image", "copy", `${address}/app:v1`, `${address}/app:v2`], [registry]);
  ok(sum(tagging) <= 3, JSON.stringify(tagging));
});

Deno.test("regctl reads manifests and lists in as few requests as there are answers", async () => {
  await using registry = await plainRegistry();
  await using repository = registry.open("app");
  await putRandomIndex(repository, 2, { tag: "v1" });
  const { address } = registry;
  const costs: readonly (readonly [line: readonly string[], Readonly<Record<string, number>>])[] = [
    [["image", "digest", `${address}/app:v1`], { "HEAD manifests": 1 }],
    [["image", "digest", "--platform", "linux/arm64", `${address}/app:v1`], { "GET manifests": 1 }],
    [["manifest", "get", `${address}/app:v1`], { "GET manifests": 1 }],
    [["manifest", "get", "--platform", "linux/arm64", `${address}/app:v1`], { "GET manifests": 2 }],
    [["tag", "ls", `${address}/app`], { "GET tags": 1 }],
    [["repo", "ls", address], { "GET /v2/_catalog": 1 }],
    [["tag", "delete", `${address}/app:v1`], { "DELETE manifests": 1 }],
  ];
  for (const [line, cost] of costs) deepEqual(await count(line, [registry]), [cost], line.slice(0, 2).join(" "));
});
