import { deepEqual, equal, ok } from "node:assert/strict";
import { delayAnswer } from "../../lib/server/faults/fault_actions.ts";
import type { Fault } from "../../lib/server/faults/faults.ts";
import { plainHosts, runRegctl, tempFolder } from "../support/processes.ts";
import { putRandomIndex } from "../support/random_image.ts";
import { plainRegistry } from "../support/served_registry.ts";
import { walkContent } from "../support/walk_content.ts";

/** A registry far away: only where answers take a while do requests meet. */
const farAway: Fault = {
  action: delayAnswer(20, (ms) => new Promise((resolve) => setTimeout(resolve, ms))),
};

/** Refuses what goes beyond a number of requests at a time. */
function limitOf(limit: number): { readonly fault: Fault; refused: number; mostAdmitted: number } {
  let running = 0;
  const state = {
    refused: 0,
    mostAdmitted: 0,
    fault: {
      action: async ({ request }, next) => {
        if (running >= limit) {
          state.refused++;
          await request.body?.cancel();
          return new Response("{}", { status: 429 });
        }
        state.mostAdmitted = Math.max(state.mostAdmitted, ++running);
        try {
          return await next(request);
        } finally {
          running--;
        }
      },
    } satisfies Fault,
  };
  return state;
}

Deno.test("regctl image copy finds out how many requests at a time a registry takes", async () => {
  const limit = limitOf(5);
  await using source = await plainRegistry({ faults: [farAway] });
  await using target = await plainRegistry({ faults: [limit.fault, farAway] });
  await using repository = source.open("app");
  const { descriptor } = await putRandomIndex(repository, 6, { tag: "v1", layers: 6 });
  const { code, stderr } = await runRegctl([
    "image",
    "copy",
    ...plainHosts(source.address, target.address),
    `${source.address}/app:v1`,
    `${target.address}/app:v1`,
  ]);
  equal(code, 0, stderr);
  await using copy = target.open("app");
  const walk = await walkContent(copy, ["v1"]);
  deepEqual([walk.manifests.has(descriptor.digest), walk.missing], [true, []]);
  // More than regclient's three at a time to begin with, fewer once refused: each round of refusals at most halves the rest.
  ok(source.mostAtOnce > 3, `${source.mostAtOnce} at a time`);
  equal(limit.mostAdmitted, 5);
  ok(limit.refused > 0 && limit.refused < 40, `${limit.refused} refusals`);
});

for (const { setting, isBound } of [{ setting: 2, isBound: true }, { setting: 3, isBound: false }]) {
  const meaning = isBound ? "is never exceeded" : "counts as not set, since regctl writes it everywhere";
  Deno.test(`A reqConcurrent of ${setting} in regctl's settings ${meaning}`, async () => {
    await using folder = await tempFolder();
    await using source = await plainRegistry({ faults: [farAway] });
    await using target = await plainRegistry({ faults: [farAway] });
    await using repository = source.open("app");
    await putRandomIndex(repository, 3, { tag: "v1", layers: 6 });
    const settings = { tls: "disabled", reqConcurrent: setting };
    const hosts = Object.fromEntries([source, target].map(({ address }) => [address, settings]));
    await Deno.writeTextFile(`${folder.path}/config.json`, JSON.stringify({ hosts }));
    const { code, stderr } = await runRegctl(
      ["image", "copy", `${source.address}/app:v1`, `${target.address}/app:v1`],
      { env: { REGCTL_CONFIG: `${folder.path}/config.json` } },
    );
    deepEqual([code, stderr], [0, ""]);
    const most = [source.mostAtOnce, target.mostAtOnce];
    if (isBound) deepEqual(most, [2, 2]);
    else ok(most.every((each) => each > 3), `${most}`);
  });
}
