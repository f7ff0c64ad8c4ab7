import { deepEqual, equal, match } from "node:assert/strict";
import { digestBytes } from "../../lib/oci/digest.ts";
import { noSystem } from "../../lib/settings/no_system.ts";
import { runCli, type RunOptions } from "../support/run_cli.ts";
import { createTestClient } from "../support/test_client.ts";

/** Command lines of the documents that the first versions came with. */
const promised: readonly (readonly string[])[] = [
  ["layer", "pull", "registry.example.org/app", `sha256:${"0".repeat(64)}`],
  ["image", "copy", "registry.example.org/a:1", "registry.example.org/b:1"],
  ["image", "delete", `registry.example.org/a@sha256:${"0".repeat(64)}`],
  ["image", "digest", "registry.example.org/a:1"],
  ["image", "manifest", "registry.example.org/a:1"],
  ["image", "manifest", "--list", "registry.example.org/a:1"],
  ["tag", "ls", "registry.example.org/a"],
  ["tag", "delete", "registry.example.org/a:1"],
  ["repo", "ls", "registry.example.org"],
];

for (const argv of promised) {
  Deno.test(`regctl ${argv.join(" ").slice(0, 60)} is still understood`, async () => {
    const hooks = { client: createTestClient({ "registry.example.org": [[]] }) };
    const { code, stderr } = await runCli([...argv, "--exit-codes"], { hooks });
    // Nothing of it exists: every line gets as far as asking the registry, or finds an empty list.
    deepEqual([code === 3 || code === 0, /unknown|flag/.test(stderr)], [true, false], stderr);
  });
}

Deno.test("regctl layer pull gives a blob", async () => {
  const hooks: RunOptions["hooks"] = { client: createTestClient() };
  await runCli(["layer", "push", "registry.example.org/app"], { stdin: "hello", hooks });
  const digest = await digestBytes(new TextEncoder().encode("hello"));
  equal((await runCli(["layer", "pull", "registry.example.org/app", digest], { hooks })).stdout, "hello");
});

for (const level of ["warning", "fatal", "panic", "TRACE", "Error"]) {
  Deno.test(`regctl --verbosity ${level} is still understood`, async () => {
    const { code, stderr } = await runCli(["version", "--verbosity", level]);
    deepEqual([code, stderr], [0, ""]);
  });
}

Deno.test("regctl registry set says that --scheme and --dns have no effect", async () => {
  const settings = { ...noSystem, env: () => "/c", replaceTextFile: () => Promise.resolve() };
  const argv = ["registry", "set", "--skip-check", "--scheme", "http", "--dns", "a.example", "registry.example.org"];
  const { code, stderr } = await runCli(argv, { hooks: { settings } });
  equal(code, 0);
  match(stderr, /scheme flag has no effect.*\n.*dns flag has no effect/);
});
