import { deepEqual } from "node:assert/strict";
import { findLayout, findPeer } from "../support/test_data.ts";
import { runCli } from "../support/run_cli.ts";
import { createTestClient } from "../support/test_client.ts";

const peer = findPeer("regctl");
const layout = findLayout("testrepo");
const ignore = peer.ignore || layout.ignore;
const note = peer.note + layout.note;
const repo = `ocidir://${layout.path}`;
const index = "sha256:7ceb9b6bcc274697d0c38be6214b50cec79d601bc61708747d3f6cb772f6c6fa";
const image = "sha256:1effc9d48232693f4584ceb9c5e8d84ddeb5924ea4aff341aa8204510422f668";
const missing = `sha256:${"0".repeat(64)}`;

/** Runs the real regctl without the user's settings. */
async function runPeer(args: readonly string[]): Promise<readonly [number, string]> {
  const home = await Deno.makeTempDir();
  try {
    const command = new Deno.Command(peer.path, {
      args: [...args],
      clearEnv: true,
      env: { HOME: home, PATH: Deno.env.get("PATH") ?? "" },
      stdin: "null",
    });
    const { code, stdout } = await command.output();
    return [code, new TextDecoder().decode(stdout)];
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

async function runOurs(args: readonly string[]): Promise<readonly [number, string]> {
  const { code, stdout } = await runCli(args, { hooks: { client: createTestClient() } });
  return [code, stdout];
}

/** The real one prints annotations of descriptors in random order; ours sorts them. */
function withSortedAnnotations([code, text]: readonly [number, string]): readonly [number, string] {
  return [code, text.replaceAll(/(?:^ {4}\S.*\n)+/gm, (lines) => lines.split("\n").sort().join("\n"))];
}

const lines: readonly (readonly string[])[] = [
  ["tag", "ls", repo],
  ["tag", "ls", repo, "--format", "body"],
  ["tag", "ls", repo, "--format", "rawHeaders"],
  ["manifest", "get", repo, "-p", "linux/amd64"],
  ["manifest", "get", `${repo}:v1`, "-p", "linux/arm64"],
  ["manifest", "get", `${repo}@${index}`],
  ["manifest", "get", `${repo}@${index}`, "-plinux/amd64"],
  ["manifest", "get", `${repo}:v1`, "--format", "raw"],
  ["manifest", "get", `${repo}:v1`, "--format", "raw-body"],
  ["manifest", "get", `${repo}:v1`, "--format", "headers"],
  ["manifest", "get", `${repo}:v1`, "--format", ""],
  ["manifest", "get", `${repo}:v1`, "-p", "linux/s390x"],
  ["manifest", "get", `${repo}:v1`, "-p", "linux/!"],
  ["manifest", "get", `${repo}:nope`],
  ["manifest", "get", `${repo}/nothing:v1`],
  ["manifest", "head", `${repo}:v1`],
  ["manifest", "head", `${repo}:v1`, "--format", "digest"],
  ["manifest", "head", `${repo}:v1`, "--format", "rawHeaders"],
  ["manifest", "head", `${repo}:v1`, "-p", "linux/amd64"],
  ["manifest", "head", `${repo}@${image}`],
  ["manifest", "delete", `${repo}:v1`],
  ["image", "digest", `${repo}:v2`],
  ["image", "manifest", `${repo}:v3`],
  ["blob", "get", repo, image],
  ["blob", "get", repo, image, "--format", "raw"],
  ["blob", "get", repo, missing],
  ["layer", "pull", repo, image, "--format", "rawBody"],
  ["blob", "head", repo, image],
  ["blob", "head", repo, missing],
  ["blob", "head", repo, "sha256:abc"],
  ["ref", "alpine"],
  ["ref", "index.docker.io/alpine"],
  ["ref", "localhost:5000/a/b:c"],
  ["ref", `reg.example.org/app:v1@${image}`],
  ["ref", "ocidir://x:t"],
  ["ref", "Bad Ref"],
  ["tag", "ls"],
  ["tag", "ls", "--limit", "x", repo],
  ["--nope"],
  ["imag"],
];

for (const line of lines) {
  const shown = line.join(" ").replaceAll(layout.path === "" ? "\0" : layout.path, "testrepo");
  Deno.test({
    name: `regctl ${shown} prints what the real one prints${note}`,
    ignore,
    fn: async () => deepEqual(withSortedAnnotations(await runOurs(line)), withSortedAnnotations(await runPeer(line))),
  });
}

Deno.test({
  name: `regctl manifest get prints every tag of testrepo as the real one does${note}`,
  ignore,
  fn: async (t) => {
    const [, tags] = await runPeer(["tag", "ls", repo]);
    for (const tag of tags.trim().split("\n")) {
      await t.step(tag, async () => {
        const line = ["manifest", "get", `${repo}:${tag}`];
        deepEqual(withSortedAnnotations(await runOurs(line)), withSortedAnnotations(await runPeer(line)));
      });
    }
  },
});
