import { deepEqual, equal } from "node:assert/strict";
import { openLayout } from "../../lib/layout/layout_repository.ts";
import { plainHosts, regctlMain, runProgram, tempFolder } from "../support/processes.ts";
import { putRandomIndex, randomBytes } from "../support/random_image.ts";
import { servedRegistry } from "../support/served_registry.ts";

const ignore = Deno.build.os === "windows";

/** Runs a command line of regctl before a pipe, as a user types it. */
async function pipe(words: readonly string[], rest: string): Promise<readonly [number, string, string]> {
  const line = [Deno.execPath(), "run", "-A", "--no-check", "--quiet", regctlMain, ...words];
  const quoted = line.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
  const { code, stdout, stderr } = await runProgram("sh", ["-c", `${quoted} | ${rest}`]);
  return [code, stdout, stderr];
}

/** More names than a pipe holds, so that the writer meets the closed end. */
const tags = Array.from({ length: 20_000 }, (_, at) => `release-${String(at).padStart(6, "0")}`);

Deno.test({
  name: "regctl tag ls before head ends quietly",
  ignore,
  fn: async () => {
    await using registry = await servedRegistry({
      faults: [{ kind: "tags", action: () => Promise.resolve(Response.json({ name: "app", tags })) }],
    });
    const words = ["tag", "ls", ...plainHosts(registry.address), `${registry.address}/app`];
    deepEqual(await pipe(words, "head -n 1"), [0, `${tags[0]}\n`, ""]);
    deepEqual(await pipe(words, "true"), [0, "", ""]);
    deepEqual(await pipe(words, "wc -l"), [0, `${tags.length}\n`, ""]);
  },
});

Deno.test({
  name: "regctl blob get before head, and into a file, leaves no complaint and loses no byte",
  ignore,
  fn: async () => {
    await using folder = await tempFolder();
    await Deno.writeFile(`${folder.path}/blob`, randomBytes(2_000_000, 1));
    const layout = `ocidir://${folder.path}/layout`;
    const put = await runProgram("sh", [
      "-c",
      `'${Deno.execPath()}' run -A --no-check --quiet '${regctlMain}' blob put '${layout}' < '${folder.path}/blob'`,
    ]);
    equal(put.code, 0, put.stderr);
    const words = ["blob", "get", layout, put.stdout.trim()];
    deepEqual(await pipe(words, "head -c 0"), [0, "", ""]);
    deepEqual(await pipe(words, `cmp - '${folder.path}/blob'`), [0, "", ""]);
  },
});

Deno.test({
  name: "regctl manifest get and image copy write nothing but their result into a pipe",
  ignore,
  fn: async () => {
    await using folder = await tempFolder();
    await using layout = openLayout(`${folder.path}/layout`);
    const { bytes } = await putRandomIndex(layout, 2, { tag: "v1" });
    const from = `ocidir://${folder.path}/layout:v1`;
    const to = `ocidir://${folder.path}/copy:v1`;
    deepEqual(await pipe(["manifest", "get", "--format", "raw-body", from], "cat"), [
      0,
      new TextDecoder().decode(bytes),
      "",
    ]);
    deepEqual(await pipe(["image", "copy", from, to], "cat"), [0, `${to}\n`, ""]);
  },
});
