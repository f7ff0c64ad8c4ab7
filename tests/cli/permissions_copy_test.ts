import { deepEqual, match } from "node:assert/strict";
import { openLayout } from "../../lib/layout/layout_repository.ts";
import { plainHosts, regctlMain, runProgram, tempFolder } from "../support/processes.ts";
import { putRandomIndex } from "../support/random_image.ts";
import { plainRegistry } from "../support/served_registry.ts";
import { digestsOf } from "../support/walk_content.ts";

/** Runs regctl with just these permissions; what it lacks is refused without a question. */
async function run(
  permissions: readonly string[],
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<readonly [number, string, string]> {
  const { code, stdout, stderr } = await runProgram(
    Deno.execPath(),
    ["run", "--no-prompt", "--no-check", "--quiet", ...permissions, regctlMain, ...args],
    { env },
  );
  return [code, stdout, stderr];
}

Deno.test("regctl image copy between registries needs the network, the environment and the settings files", async () => {
  await using folder = await tempFolder();
  await using source = await plainRegistry();
  await using target = await plainRegistry();
  await using repository = source.open("app");
  const { descriptor } = await putRandomIndex(repository, 2, { tag: "v1" });
  const env = { REGCTL_CONFIG: `${folder.path}/config.json`, DOCKER_CONFIG: `${folder.path}/docker` };
  const permissions = [
    `--allow-net=${source.address},${target.address}`,
    `--allow-read=${folder.path}`,
    "--allow-env",
  ];
  const line = [
    "image",
    "copy",
    ...plainHosts(source.address, target.address),
    `${source.address}/app:v1`,
    `${target.address}/app:v1`,
  ];
  deepEqual(await run(permissions, line, env), [0, `${target.address}/app:v1\n`, ""]);
  await using copy = target.open("app");
  deepEqual(await digestsOf(copy), { v1: descriptor.digest });
});

Deno.test("regctl image copy between layouts needs to read one and to write the other", async () => {
  await using folder = await tempFolder();
  const [from, to] = [`${folder.path}/from`, `${folder.path}/to`];
  await using source = openLayout(from);
  const { descriptor } = await putRandomIndex(source, 2, { tag: "v1" });
  await Deno.mkdir(to);
  const line = ["image", "copy", `ocidir://${from}:v1`, `ocidir://${to}:v1`];
  deepEqual(await run([`--allow-read=${from},${to}`, `--allow-write=${to}`], line), [0, `ocidir://${to}:v1\n`, ""]);
  await using copy = openLayout(to);
  deepEqual(await digestsOf(copy), { v1: descriptor.digest });
});

Deno.test("regctl image copy says which permission it lacks, and has written nothing", async () => {
  await using folder = await tempFolder();
  const [from, to] = [`${folder.path}/from`, `${folder.path}/to`];
  await using source = openLayout(from);
  await putRandomIndex(source, 2, { tag: "v1" });
  await Deno.mkdir(to);
  const line = ["image", "copy", `ocidir://${from}:v1`, `ocidir://${to}:v1`];
  const [code, stdout, stderr] = await run([`--allow-read=${from},${to}`], line);
  deepEqual([code, stdout], [1, ""]);
  match(stderr, /--allow-write/);
  deepEqual(await Array.fromAsync(Deno.readDir(to)), []);

  await using target = await plainRegistry();
  const toRegistry = [
    "image",
    "copy",
    ...plainHosts(target.address),
    `ocidir://${from}:v1`,
    `${target.address}/app:v1`,
  ];
  const [netCode, netStdout, netStderr] = await run([`--allow-read`, "--allow-env"], toRegistry);
  deepEqual([netCode, netStdout, target.requests], [1, "", []]);
  match(netStderr, /--allow-net/);
});
