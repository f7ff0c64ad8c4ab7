import { deepEqual } from "node:assert/strict";
import { commandsBelow } from "../../cli/flag_lookup.ts";
import { regctl } from "../../cli/regctl/commands.ts";
import { runCli } from "../support/run_cli.ts";
import { findPeer } from "../support/test_data.ts";

const peer = findPeer("regctl");

/** Gives the candidates without their summaries, sorted, and the directives. */
function read(stdout: string): { readonly names: readonly string[]; readonly bits: string } {
  const lines = stdout.trimEnd().split("\n").map((line) => line.replace(/\t.*/, ""));
  return { bits: lines.pop() ?? "", names: lines.sort() };
}

async function askPeer(words: readonly string[]): Promise<ReturnType<typeof read>> {
  const command = new Deno.Command(peer.path, {
    args: ["__complete", ...words],
    clearEnv: true,
    env: { HOME: "/nonexistent" },
    stdin: "null",
    stderr: "null",
  });
  return read(new TextDecoder().decode((await command.output()).stdout));
}

async function askOurs(words: readonly string[]): Promise<ReturnType<typeof read>> {
  return read((await runCli(["__complete", ...words])).stdout);
}

/** Lines of which every candidate is the same. */
const same: readonly (readonly string[])[] = [
  ["-v", ""],
  ["--verbosity", ""],
  ["--verbosity="],
  ["tag", "ls", "--verbosity", ""],
  ["tag", "ls", "--format", ""],
  ["tag", "ls", "--limit", ""],
  ["tag", "ls", "--last", ""],
  ["image", "copy", "--host", ""],
  ["image", "copy", "--logopt", ""],
  ["image", "copy", "--user-agent", ""],
  ["image", "copy", "-p", ""],
  ["image", "copy", "--platform", ""],
  ["image", "copy", "--platform="],
  ["image", "copy", "a", "b", ""],
  ["image", "copy", "--fast", "--fa"],
  ["image", "copy", "--nosuch", ""],
  ["image", "copy", "--", ""],
  ["registry", "set", "--tls", ""],
  ["registry", "set", "--cacert", ""],
  ["registry", "set", "--hostname", ""],
  ["registry", "set", "--mirror", ""],
  ["registry", "set", "--blob-max", ""],
  ["registry", "set", "--path-prefix", ""],
  ["registry", "set", "--priority", ""],
  ["registry", "set", "--client-key", ""],
  ["registry", "set", "--cred-helper", ""],
  ["registry", "login", "--user", ""],
  ["registry", "login", "-p", ""],
  ["registry", "login", ""],
  ["registry", "login", "docker.io", ""],
  ["manifest", "put", "-t", ""],
  ["blob", "put", "--digest", ""],
  ["blob", "get", ""],
  ["tag", "rm", ""],
  ["tag", "ls", ""],
  ["completion", ""],
  ["completion", "bash", ""],
  ["bogus", ""],
  ["image", "bogus", ""],
  ["--nosuch", ""],
  ["ver"],
  ["ima"],
  ["blob"],
  ["cli"],
];

for (const words of same) {
  Deno.test({
    name: `__complete ${JSON.stringify(words.join(" "))} answers as the real regctl does${peer.note}`,
    ignore: peer.ignore,
    fn: async () => deepEqual(await askOurs(words), await askPeer(words)),
  });
}

/** What only ours has, or offers otherwise. */
const ownFlags = new Set(["--exit-codes", "--json", "--quiet", "--strict"]);

for (const { path, isHidden } of commandsBelow(regctl.root)) {
  const words = [...path.split(" "), "--"];
  Deno.test({
    name: `__complete ${JSON.stringify(words.join(" "))} offers every flag of the real regctl${peer.note}`,
    ignore: peer.ignore || isHidden === true,
    fn: async () => {
      const [ours, theirs] = await Promise.all([askOurs(words), askPeer(words)]);
      // Commands that only ours has answer nothing there.
      if (theirs.names.length === 0) return;
      const missing = theirs.names.filter((name) => !ours.names.includes(name));
      deepEqual([missing, ours.bits], [[], theirs.bits]);
      deepEqual(theirs.names.filter((name) => ownFlags.has(name)), []);
    },
  });
}
