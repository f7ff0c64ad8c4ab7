import { deepEqual, doesNotMatch, match, ok } from "node:assert/strict";
import { answerStatus } from "../../lib/server/faults/fault_actions.ts";
import { type FaultKind, faultProxy } from "../support/fault_proxy.ts";
import { plainHosts, runRegctl } from "../support/processes.ts";
import { putRandomIndex } from "../support/random_image.ts";
import { plainRegistry } from "../support/served_registry.ts";
import { digestsOf, walkContent } from "../support/walk_content.ts";

const faults: readonly { readonly kind: FaultKind; readonly every: number }[] = [
  { kind: "cut", every: 3 },
  { kind: "reset", every: 7 },
  { kind: "s503", every: 5 },
  // Each refusal stops its host for a second, so they are few.
  { kind: "s429", every: 20 },
  { kind: "flip", every: 9 },
  { kind: "stall", every: 10 },
];

for (const { kind, every } of faults) {
  Deno.test(`regctl image copy of 6 platforms survives ${kind} with every ${every}. request on both sides`, async () => {
    await using source = await plainRegistry();
    await using target = await plainRegistry();
    await using nearSource = await faultProxy(source.address, kind, every);
    await using nearTarget = await faultProxy(target.address, kind, every);
    await using repository = source.open("app");
    await putRandomIndex(repository, 6, { tag: "v1", layers: 2, layerBytes: 50_000 });

    const { code, stdout } = await runRegctl([
      "image",
      "copy",
      ...plainHosts(nearSource.address, nearTarget.address),
      `${nearSource.address}/app:v1`,
      `${nearTarget.address}/app:v1`,
    ], { env: { REGKIT_STALL_TIMEOUT: "1s" } });

    deepEqual([code, stdout], [0, `${nearTarget.address}/app:v1\n`]);
    ok(nearSource.faults > 0, "nothing went wrong with the source");
    // Nothing reads blobs from the target, so there only the other kinds can go wrong.
    ok(nearTarget.faults > 0 || ["cut", "flip", "stall"].includes(kind), "nothing went wrong with the target");
    await using copy = target.open("app");
    const [there, here] = [await walkContent(repository, ["v1"]), await walkContent(copy, ["v1"])];
    deepEqual(await digestsOf(copy), await digestsOf(repository));
    deepEqual([here.missing, here.manifests, here.blobs], [[], there.manifests, there.blobs]);
  });
}

Deno.test("regctl image copy names the blob that the source lacks, also while the target has not answered yet", async () => {
  const missed = Promise.withResolvers<void>();
  await using source = await plainRegistry({
    faults: [{
      kind: "blob",
      method: "GET",
      count: 1,
      action: async (seen, next) => {
        const answer = await answerStatus(404, { code: "BLOB_UNKNOWN" })(seen, next);
        missed.resolve();
        return answer;
      },
    }],
  });
  await using target = await plainRegistry({
    faults: [{
      kind: "upload",
      method: "POST",
      action: async ({ request }, next) => {
        await missed.promise;
        return await next(request);
      },
    }],
  });
  await using repository = source.open("app");
  await putRandomIndex(repository, 2, { tag: "v1" });
  const { code, stdout, stderr } = await runRegctl([
    "image",
    "copy",
    ...plainHosts(source.address, target.address),
    `${source.address}/app:v1`,
    `${target.address}/app:v1`,
  ]);
  deepEqual([code, stdout], [1, ""]);
  match(stderr, /\(source\)/);
  doesNotMatch(stderr, /Uncaught/);
  await using copy = target.open("app");
  deepEqual(await digestsOf(copy), {});
});
