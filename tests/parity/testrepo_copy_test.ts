import { deepEqual, ok } from "node:assert/strict";
import { Client } from "../../lib/client.ts";
import { RegkitError } from "../../lib/errors.ts";
import { systemClock } from "../../lib/schedule/clock.ts";
import { openLayout } from "../../lib/layout/layout_repository.ts";
import type { Repository } from "../../lib/repository.ts";
import { type CanListReferrers, canListReferrers } from "../../lib/repository_powers.ts";
import { createHostDirectory } from "../../lib/settings/host_directory.ts";
import { parseHostOption } from "../../lib/settings/host_option.ts";
import { startDistribution } from "../support/peer_registry.ts";
import { noSettings, plainHosts, runProgram, tempFolder } from "../support/processes.ts";
import { runCli } from "../support/run_cli.ts";
import { servedRegistry } from "../support/served_registry.ts";
import { findLayout, findPeer } from "../support/test_data.ts";
import { digestsOf, tagsOf, walkContent } from "../support/walk_content.ts";

/** A tool under comparison: runs a command line and gives its exit code. */
type Tool = (args: readonly string[]) => Promise<number>;

/** Ours runs in this process: hundreds of copies start no hundreds of programs. Sockets and settings are real. */
const ours: Tool = async (args) => (await runCli(args, { clock: systemClock, env: noSettings })).code;

/** What a repository is to others: its tags, and what refers to any of its manifests. */
interface View {
  readonly tags: Readonly<Record<string, string>>;
  readonly referrers: Readonly<Record<string, readonly string[]>>;
}

async function viewOf(repository: Repository): Promise<View> {
  const tags = await digestsOf(repository);
  const referrers: Record<string, readonly string[]> = {};
  ok(canListReferrers(repository));
  const { manifests } = await walkContent(repository, Object.keys(tags));
  for (const digest of [...manifests].sort()) {
    const found = await referrersOf(repository, digest);
    if (found.length > 0) referrers[digest] = found;
  }
  return { tags, referrers };
}

/** The image "mirror" of testrepo has a fallback tag that is no list: that counts as something to compare, too. */
async function referrersOf(repository: CanListReferrers, digest: string): Promise<readonly string[]> {
  try {
    return (await repository.listReferrers(digest)).descriptors.map((each) => each.digest).sort();
  } catch (error) {
    if (!(error instanceof RegkitError)) throw error;
    return [error.code];
  }
}

/** What one tool made of a layout: on the way to a registry, to another one, and back into a layout. */
interface Journey {
  readonly codes: Readonly<Record<string, number>>;
  readonly views: readonly View[];
}

interface JourneyOptions {
  readonly tool: Tool;
  readonly layout: string;
  readonly tags: readonly string[];
  readonly flags: readonly string[];
  readonly start: () => Promise<{ readonly address: string } & AsyncDisposable>;
}

async function journey({ tool, layout, tags, flags, start }: JourneyOptions): Promise<Journey> {
  await using folder = await tempFolder();
  await using first = await start();
  await using second = await start();
  const codes: Record<string, number> = {};
  const hosts = plainHosts(first.address, second.address);
  const hop = async (name: string, from: string, to: string): Promise<void> => {
    for (const tag of tags) {
      codes[`${name} ${tag}`] = await tool(["image", "copy", ...flags, ...hosts, `${from}:${tag}`, `${to}:${tag}`]);
    }
  };
  await hop("out", `ocidir://${layout}`, `${first.address}/repo`);
  await hop("over", `${first.address}/repo`, `${second.address}/repo`);
  await hop("back", `${second.address}/repo`, `ocidir://${folder.path}/back`);

  const typed = hosts.filter((word) => word !== "--host").map(parseHostOption);
  await using client = new Client({ hosts: createHostDirectory({ hostOptions: typed }) });
  await using atFirst = client.repository(`${first.address}/repo`);
  await using atSecond = client.repository(`${second.address}/repo`);
  await using back = openLayout(`${folder.path}/back`);
  return { codes, views: [await viewOf(atFirst), await viewOf(atSecond), await viewOf(back)] };
}

const regctl = findPeer("regctl");
const distribution = findPeer("registry");
const debian = findPeer("docker-registry");
const registries = [
  { name: "the embedded registry", ignore: false, note: "", start: () => servedRegistry() },
  { ...distribution, name: "distribution 3", start: () => startDistribution(distribution.path, true) },
  { ...debian, name: "Debian's docker-registry", start: () => startDistribution(debian.path, false) },
];

/** The original waits for ever where referrers form a ring. */
const rings: ReadonlySet<string> = new Set(["child", "loop"]);

for (const { name, ignore, note, start } of registries) {
  for (const data of ["testrepo", "external"]) {
    const layout = findLayout(data);
    for (const flags of [[], ["--referrers", "--digest-tags"]]) {
      Deno.test({
        name:
          `${
            ["regctl image copy", ...flags].join(" ")
          } of all of ${data} by ${name} and back gives what the real one gives` +
          note + regctl.note + layout.note,
        ignore: ignore || regctl.ignore || layout.ignore,
        fn: async () => {
          const real: Tool = async (args) => (await runProgram(regctl.path, args)).code;
          const tags = (await tagsOf(openLayout(layout.path))).filter((tag) => flags.length === 0 || !rings.has(tag));
          const options = { layout: layout.path, tags, flags, start };
          const mine = await journey({ ...options, tool: ours });
          const theirs = await journey({ ...options, tool: real });
          deepEqual(mine.codes, theirs.codes);
          deepEqual(mine.views, theirs.views);
          ok(Object.keys(mine.views.at(-1)?.tags ?? {}).length > 0);
        },
      });
    }
  }
}

for (const data of ["testrepo", "external"]) {
  const layout = findLayout(data);
  Deno.test({
    name: `regctl image copy brings every tag of ${data} to registries and back with its digest${layout.note}`,
    ignore: layout.ignore,
    fn: async () => {
      const source = await digestsOf(openLayout(layout.path));
      const tags = Object.keys(source);
      for (const flags of [[], ["--referrers", "--digest-tags"]]) {
        const start = () => servedRegistry();
        const { codes, views } = await journey({ tool: ours, layout: layout.path, tags, flags, start });
        deepEqual(Object.entries(codes).filter(([, code]) => code !== 0), []);
        for (const view of views) deepEqual(view.tags, { ...view.tags, ...source });
      }
    },
  });
}

const testrepo = findLayout("testrepo");
for (const tag of rings) {
  Deno.test({
    name: `regctl image copy --referrers copies ${tag} of testrepo, where referrers form a ring${testrepo.note}`,
    ignore: testrepo.ignore,
    fn: async () => {
      await using first = await servedRegistry();
      await using second = await servedRegistry();
      const flags = ["--referrers", "--digest-tags", ...plainHosts(first.address, second.address)];
      const places = [`ocidir://${testrepo.path}`, `${first.address}/repo`, `${second.address}/repo`];
      for (const [at, from] of places.slice(0, -1).entries()) {
        deepEqual(await ours(["image", "copy", ...flags, `${from}:${tag}`, `${places[at + 1]}:${tag}`]), 0);
      }
      await using there = openLayout(testrepo.path);
      await using copy = second.open("repo");
      const walk = await walkContent(copy, [tag]);
      deepEqual([walk.missing, walk.manifests], [[], (await walkContent(there, [tag])).manifests]);
    },
  });
}
