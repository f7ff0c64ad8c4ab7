import { equal, ok } from "node:assert/strict";
import { mediaTypes } from "../../lib/oci/media_type.ts";
import { plainHosts, type RunningProgram, startRegctl } from "../support/processes.ts";
import { putBytes, putDocument } from "../support/random_image.ts";
import { plainRegistry } from "../support/served_registry.ts";

const mebibyte = 1024 * 1024;

/** The most memory that a process has held so far, in MiB. The kernel keeps this number: nothing needs to be watched. */
function peakMemory(pid: number): number {
  return Number(/VmHWM:\s+(\d+) kB/.exec(Deno.readTextFileSync(`/proc/${pid}/status`))?.[1]) / 1024;
}

function noise(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  return bytes;
}

/** Copies an image with one layer and gives the peak of the process when it puts the tag, which is the last it does. */
async function peakOfCopy(layerBytes: number): Promise<number> {
  const watched: { program?: RunningProgram } = {};
  let peak = 0;
  await using source = await plainRegistry();
  await using target = await plainRegistry({
    onArrival: (_, { method, url }) => {
      if (method === "PUT" && url.endsWith("/manifests/v1") && watched.program !== undefined) {
        peak = peakMemory(watched.program.pid);
      }
    },
  });
  await using repository = source.open("app");
  await putDocument(repository, {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: await putBytes(repository, new TextEncoder().encode("{}"), mediaTypes.ociConfig),
    layers: [await putBytes(repository, noise(layerBytes), mediaTypes.ociLayerGzip)],
  }, "v1");
  await using program = startRegctl([
    "image",
    "copy",
    ...plainHosts(source.address, target.address),
    `${source.address}/app:v1`,
    `${target.address}/app:v1`,
  ]);
  watched.program = program;
  const { code, stderr } = await program.ended;
  equal(code, 0, stderr);
  ok(peak > 0, "the tag was never put");
  return peak;
}

Deno.test({
  name: "regctl image copy holds no blob in memory: 96 MiB cost hardly more than one",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const small = await peakOfCopy(mebibyte);
    const large = await peakOfCopy(96 * mebibyte);
    ok(large < 200, `${large} MiB`);
    ok(large - small < 90, `${large} MiB for 96 MiB, ${small} MiB for 1 MiB`);
  },
});
