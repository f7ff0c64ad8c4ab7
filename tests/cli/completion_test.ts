import { deepEqual, equal, match } from "node:assert/strict";
import { parseManifest } from "../../lib/oci/manifest.ts";
import { parseReference } from "../../lib/reference/parse.ts";
import { noSystem } from "../../lib/settings/no_system.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { runCli, type RunOptions } from "../support/run_cli.ts";
import { createTestClient, type TestClient } from "../support/test_client.ts";
import { sampleProgram } from "../unit/cli/sample_program.ts";

/** A machine with two registries in its settings. */
const settings = {
  ...noSystem,
  env: (name: string) => name === "REGCTL_CONFIG" ? "/regctl.json" : undefined,
  readTextFile: () =>
    Promise.resolve('{"hosts":{"registry.example.org":{"tls":"disabled"},"mirror.example.org":{"user":"me"}}}'),
};

async function createClient(): Promise<TestClient> {
  const client = createTestClient({ "registry.example.org": [["app", "app/web"], ["tools"]] });
  const index = await parseManifest(new TextEncoder().encode('{"schemaVersion":2,"manifests":[]}'));
  const { manifests } = client.repository(parseReference("registry.example.org/app"));
  for (const tag of ["v1", "v2", "edge"]) await manifests.put(tag, index);
  return client;
}

/** Gives the candidates without their summaries, and the directives. */
async function complete(words: readonly string[], options: RunOptions = {}): Promise<readonly string[]> {
  const hooks = { client: await createClient(), settings };
  const { code, stdout, stderr } = await runCli(["__complete", ...words], { hooks, ...options });
  deepEqual([code, stderr], [0, ""]);
  return stdout.trimEnd().split("\n").map((line) => line.replace(/\t.*/, ""));
}

const lines: readonly (readonly [what: string, words: readonly string[], candidates: readonly string[]])[] = [
  ["commands", ["im"], ["image", ":4"]],
  ["commands of a group by its alias", ["layer", "pu"], ["put", ":4"]],
  ["commands after help", ["help", "tag", ""], ["delete", "ls", ":4"]],
  ["nothing after a whole help line", ["help", "tag", "ls", ""], [":4"]],
  ["no hidden commands", ["re"], ["registry", "repo", ":4"]],
  ["flags", ["image", "copy", "--force"], ["--force-recursive", ":4"]],
  ["no flag twice", ["image", "copy", "--fast", "--fa"], [":4"]],
  ["a list flag again", ["image", "copy", "--host", "x", "--ho"], ["--host", ":4"]],
  ["fixed values", ["registry", "set", "--tls", "in"], ["insecure", ":4"]],
  ["values behind an equals sign", ["registry", "set", "--tls=dis"], ["disabled", ":4"]],
  ["values of a letter", ["-v", "d"], ["debug", ":4"]],
  ["values of a flag before its command", ["--platform", "linux/am"], ["linux/amd64", ":4"]],
  ["a letter's value behind an equals sign", ["image", "copy", "-p=linux/3"], ["linux/386", ":4"]],
  ["the values of a switch", ["image", "copy", "--fast="], ["true", "false", ":4"]],
  ["nothing for free text", ["tag", "ls", "--format", ""], [":4"]],
  ["files", ["blob", "get", ""], [":0"]],
  ["directories", ["registry", "serve", ""], [":16"]],
  ["nothing behind the last argument", ["tag", "rm", "a", ""], [":4"]],
  ["flags not after two hyphens", ["tag", "rm", "--", "-"], [":4"]],
  ["files for what is not understood", ["bogus", ""], [":0"]],
  ["files behind unknown flags", ["tag", "ls", "--bogus", ""], [":0"]],
  ["registries", ["registry", "login", ""], ["mirror.example.org", "registry.example.org", ":4"]],
  ["registries where images are wanted", ["tag", "rm", "reg"], ["registry.example.org/", ":6"]],
  ["repositories", ["tag", "rm", "registry.example.org/t"], ["registry.example.org/tools", ":6"]],
  ["tags of a repository", ["tag", "rm", "registry.example.org/app"], [
    "registry.example.org/app:edge",
    "registry.example.org/app:v1",
    "registry.example.org/app:v2",
    ":4",
  ]],
  ["tags behind a colon", ["tag", "rm", "registry.example.org/app:"], [
    "registry.example.org/app:edge",
    "registry.example.org/app:v1",
    "registry.example.org/app:v2",
    ":4",
  ]],
  ["tags by their beginning", ["image", "copy", "x", "registry.example.org/app:v"], [
    "registry.example.org/app:v1",
    "registry.example.org/app:v2",
    ":4",
  ]],
  ["nothing for a digest", ["tag", "rm", `registry.example.org/app@sha256:${"0".repeat(64)}`], [":4"]],
  ["nothing of a registry that fails", ["tag", "rm", "other.example.org/a"], [":4"]],
];

for (const [what, words, candidates] of lines) {
  Deno.test(`__complete offers ${what}`, async () => deepEqual(await complete(words), candidates));
}

Deno.test("__complete offers flags with their letters, without those that were typed and hidden ones", async () => {
  deepEqual(await complete(["image", "copy", "-fv", "info", "--host=x", "-"], { program: sampleProgram }), [
    "--exit-codes",
    "--help",
    "-h",
    "--host",
    "--label",
    "--limit",
    "--logopt",
    "--platform",
    "-p",
    "--quiet",
    "--rate",
    "--size",
    "--strict",
    "--user-agent",
    ":4",
  ]);
});

Deno.test("__complete says what candidates are, __completeNoDesc does not", async () => {
  match((await runCli(["__complete", "version"])).stdout, /^version\t\S.*\n:4\n$/);
  equal((await runCli(["__completeNoDesc", "version"])).stdout, "version\n:4\n");
});

Deno.test("__complete without a word is an error", async () => {
  const { code, stdout, stderr } = await runCli(["__complete"]);
  deepEqual([code, stdout, stderr], [1, "", "requires at least 1 arg(s), only received 0\n"]);
});

Deno.test("__complete gives what came in time, and stops a registry that takes too long", async () => {
  const clock = new FakeClock({ isAutomatic: true });
  const client: TestClient = {
    ...await createClient(),
    async *catalog(_registry, options) {
      yield { repositories: ["slow"], document: new Uint8Array(), headers: new Headers() };
      await new Promise((_resolve, reject) => {
        options?.signal?.addEventListener("abort", () => reject(options.signal?.reason), { once: true });
      });
    },
  };
  const words = ["tag", "rm", "registry.example.org/s"];
  deepEqual(await complete(words, { clock, hooks: { client, settings } }), ["registry.example.org/slow", ":6"]);
  deepEqual(clock.sleeps.length, 2);
});

Deno.test("completion prints a script for each shell that asks the program", async () => {
  for (const shell of ["bash", "zsh", "fish", "powershell"]) {
    match((await runCli(["completion", shell])).stdout, /regctl.*\b__complete\b/s);
    match((await runCli(["completion", shell, "--no-descriptions"])).stdout, /\b__completeNoDesc\b/);
  }
});
