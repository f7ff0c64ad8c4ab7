import { deepEqual, equal, match, ok } from "node:assert/strict";
import { openLayout } from "../../lib/layout/layout_repository.ts";
import { parseManifest } from "../../lib/oci/manifest.ts";
import type { Repository } from "../../lib/repository.ts";
import { noMount } from "../../lib/server/faults/quirks.ts";
import { plainHosts, type RunningProgram, runRegctl, startRegctl, tempFolder } from "../support/processes.ts";
import { putRandomIndex } from "../support/random_image.ts";
import { plainRegistry, type ServedRegistry, type ServedRegistryOptions } from "../support/served_registry.ts";
import { tagsOf, walkContent } from "../support/walk_content.ts";

const kills = 20;
const shape = { tag: "v1", layers: 3, layerBytes: 40_000 };

/** Numbers from 1 to a greatest one, the same in every run, spread over the whole range. */
function seededMoments(count: number, greatest: number): number[] {
  let state = 20_260_801;
  return Array.from({ length: count }, (_, at) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return 1 + Math.floor(((at + state / 2 ** 32) / count) * greatest);
  });
}

/** A registry that sends a signal to whatever talks to it: at odd moments when a request comes, at even ones when it is done. */
async function killingRegistry(options: ServedRegistryOptions = {}) {
  let victim: { readonly program: RunningProgram; readonly signal: Deno.Signal; readonly moment: number } | undefined;
  let start = 0;
  const strike = (count: number, isAnswer: boolean): void => {
    if (victim === undefined || count - start !== victim.moment || (victim.moment % 2 === 0) !== isAnswer) return;
    victim.program.kill(victim.signal);
  };
  const registry = await plainRegistry({
    ...options,
    // Every copy sends everything, whatever earlier copies left in other repositories.
    faults: [noMount()],
    onArrival: (count) => strike(count, false),
    onAnswer: (count) => strike(count, true),
  });
  return {
    registry,
    /** Arms it for one program, which has not sent a request yet. */
    aim(program: RunningProgram, signal: Deno.Signal, moment: number): void {
      start = registry.requests.length;
      victim = { program, signal, moment };
    },
    [Symbol.asyncDispose]: () => registry[Symbol.asyncDispose](),
  };
}

/** Looks at a repository through every tag and every manifest that was ever put there. */
async function missingIn(repository: Repository, manifests: ReadonlySet<string>): Promise<readonly string[]> {
  const references = [...await tagsOf(repository), ...manifests];
  return (await walkContent(repository, references)).missing;
}

/** Remembers the digests of the manifests that a registry took, since tags do not show those of children. */
function manifestLog(): { readonly seen: Set<string>; readonly options: ServedRegistryOptions } {
  const seen = new Set<string>();
  return {
    seen,
    options: {
      // It takes manifests whose content is missing: that nothing is missing is then the client's doing.
      sparse: "all",
      onRequest: ({ method, kind, reference, status }) => {
        if (method === "PUT" && kind === "manifest" && status === 201) seen.add(reference);
      },
    },
  };
}

/** How many requests a whole copy takes of a registry. */
async function requestsOf(registry: ServedRegistry, line: readonly string[]): Promise<number> {
  const before = registry.requests.length;
  const { code, stderr } = await runRegctl(line);
  equal(code, 0, stderr);
  return registry.requests.length - before;
}

Deno.test("regctl image copy leaves nothing half-visible in a registry when it is killed, and goes on afterwards", async () => {
  const log = manifestLog();
  await using source = await plainRegistry();
  await using target = await killingRegistry(log.options);
  await using image = source.open("app");
  const { descriptor } = await putRandomIndex(image, 6, shape);
  const hosts = plainHosts(source.address, target.registry.address);
  const line = (name: string): string[] => [
    "image",
    "copy",
    ...hosts,
    `${source.address}/app:v1`,
    `${target.registry.address}/${name}:v1`,
  ];

  const total = await requestsOf(target.registry, line("whole"));
  let unfinished = 0;
  for (const [at, moment] of seededMoments(kills, total).entries()) {
    const name = `killed${at}`;
    log.seen.clear();
    {
      await using program = startRegctl(line(name));
      target.aim(program, "SIGKILL", moment);
      const { code } = await program.ended;
      equal(code, 137, `killed at request ${moment} of ${total}`);
    }
    await target.registry.idle();
    await using copy = target.registry.open(name);
    deepEqual(await missingIn(copy, log.seen), [], `killed at request ${moment} of ${total}`);
    const tags = await tagsOf(copy);
    if (tags.length === 0) unfinished++;

    equal((await runRegctl(line(name))).code, 0, `the copy after a kill at request ${moment}`);
    const walk = await walkContent(copy, ["v1"]);
    deepEqual([walk.missing, walk.manifests.has(descriptor.digest), walk.manifests.size], [[], true, 7]);
  }
  ok(unfinished > kills / 2, `only ${unfinished} copies were killed before their end`);
});

Deno.test("regctl image copy leaves nothing half-visible in a layout when it is killed, and goes on afterwards", async () => {
  await using folder = await tempFolder();
  await using source = await killingRegistry();
  await using image = source.registry.open("app");
  const { descriptor } = await putRandomIndex(image, 6, shape);
  const line = (name: string): string[] => [
    "image",
    "copy",
    ...plainHosts(source.registry.address),
    `${source.registry.address}/app:v1`,
    `ocidir://${folder.path}/${name}:v1`,
  ];

  const total = await requestsOf(source.registry, line("whole"));
  for (const [at, moment] of seededMoments(8, total).entries()) {
    const name = `killed${at}`;
    {
      await using program = startRegctl(line(name));
      source.aim(program, "SIGKILL", moment);
      const { code } = await program.ended;
      equal(code, 137, `killed at request ${moment} of ${total}`);
    }
    const path = `${folder.path}/${name}`;
    await using copy = openLayout(path);
    deepEqual(await missingIn(copy, await manifestFiles(path)), [], `killed at request ${moment} of ${total}`);

    equal((await runRegctl(line(name))).code, 0, `the copy after a kill at request ${moment}`);
    const walk = await walkContent(copy, ["v1"]);
    deepEqual([walk.missing, walk.manifests.has(descriptor.digest), walk.manifests.size], [[], true, 7]);
  }
});

Deno.test("regctl image copy ends with a message at an interrupt and leaves nothing half-visible", async () => {
  const log = manifestLog();
  await using source = await plainRegistry();
  await using target = await killingRegistry(log.options);
  await using image = source.open("app");
  await putRandomIndex(image, 6, shape);
  const hosts = plainHosts(source.address, target.registry.address);
  const line = (name: string): string[] => [
    "image",
    "copy",
    ...hosts,
    `${source.address}/app:v1`,
    `${target.registry.address}/${name}:v1`,
  ];
  const total = await requestsOf(target.registry, line("whole"));
  for (const [at, moment] of seededMoments(6, total - 10).entries()) {
    const name = `interrupted${at}`;
    log.seen.clear();
    await using program = startRegctl(line(name));
    target.aim(program, "SIGINT", moment);
    const { code, stdout, stderr } = await program.ended;
    deepEqual([code, stdout], [1, ""], `interrupted at ${moment} of ${total}: ${stderr}`);
    match(stderr, /interrupted by SIGINT, context canceled\n$/);
    await target.registry.idle();
    await using copy = target.registry.open(name);
    deepEqual([await missingIn(copy, log.seen), await tagsOf(copy)], [[], []]);
    equal((await runRegctl(line(name))).code, 0, `the copy after an interrupt at request ${moment}`);
    deepEqual((await walkContent(copy, ["v1"])).missing, []);
  }
});

Deno.test("regctl image copy into a layout leaves no unfinished files at an interrupt", async () => {
  await using folder = await tempFolder();
  await using source = await killingRegistry();
  await using image = source.registry.open("app");
  await putRandomIndex(image, 6, shape);
  const path = `${folder.path}/target`;
  const line = [
    "image",
    "copy",
    ...plainHosts(source.registry.address),
    `${source.registry.address}/app:v1`,
    `ocidir://${path}:v1`,
  ];
  {
    await using program = startRegctl(line);
    source.aim(program, "SIGINT", 15);
    const { code, stderr } = await program.ended;
    equal(code, 1);
    match(stderr, /interrupted by SIGINT, context canceled\n$/);
  }
  await using copy = openLayout(path);
  deepEqual(await missingIn(copy, await manifestFiles(path)), []);
  deepEqual((await blobFiles(path)).filter((name) => !/^[0-9a-f]{64}$/.test(name)), []);
  equal((await runRegctl(line)).code, 0);
  deepEqual((await walkContent(copy, ["v1"])).missing, []);
});

async function blobFiles(layout: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(`${layout}/blobs/sha256`))).map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** The digests of all complete files that are manifests, named by the index or not. */
async function manifestFiles(layout: string): Promise<Set<string>> {
  const found = new Set<string>();
  for (const name of await blobFiles(layout)) {
    if (!/^[0-9a-f]{64}$/.test(name)) continue;
    const bytes = await Deno.readFile(`${layout}/blobs/sha256/${name}`);
    if (!new TextDecoder().decode(bytes.subarray(0, 20)).startsWith(`{"schemaVersion"`)) continue;
    found.add((await parseManifest(bytes)).descriptor.digest);
  }
  return found;
}
