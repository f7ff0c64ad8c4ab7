import assert from "node:assert/strict";
import { createDenoSystem } from "../../lib/settings/deno_system.ts";
import type { SettingsSystem } from "../../lib/settings/system.ts";
import { runCli } from "../support/run_cli.ts";
import { findPeer } from "../support/test_data.ts";

const peer = findPeer("regctl");

interface Settings {
  readonly path: string;
  readonly system: SettingsSystem;
  /** Runs the real regctl on the file. */
  runPeer(...args: readonly string[]): Promise<string>;
  /** Runs ours on the same file. */
  runOurs(...args: readonly string[]): Promise<string>;
}

async function withSettings(test: (settings: Settings) => Promise<void>): Promise<void> {
  const home = await Deno.makeTempDir();
  const path = `${home}/config.json`;
  const env: Readonly<Record<string, string>> = { HOME: home, REGCTL_CONFIG: path, DOCKER_CONFIG: `${home}/docker` };
  const system: SettingsSystem = {
    ...createDenoSystem(),
    env: (name) => env[name],
    homeDir: () => Promise.resolve(home),
  };
  try {
    await test({
      path,
      system,
      async runPeer(...args) {
        const command = new Deno.Command(peer.path, { args: [...args], clearEnv: true, env, stdin: "null" });
        const { code, stdout, stderr } = await command.output();
        assert.equal(code, 0, new TextDecoder().decode(stderr));
        return new TextDecoder().decode(stdout);
      },
      async runOurs(...args) {
        const { code, stdout, stderr } = await runCli(args, { hooks: { settings: system } });
        assert.equal(code, 0, stderr);
        return stdout;
      },
    });
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

/** Fills a file with one entry of each kind. */
const lines: readonly (readonly string[])[] = [
  ["registry", "set", "--skip-check", "localhost:5000", "--tls", "disabled"],
  ["registry", "set", "--skip-check", "docker.io", "--mirror", "m.example", "--mirror", "n.example"],
  [
    "registry",
    "set",
    "--skip-check",
    "a.example",
    "--tls=insecure",
    "--path-prefix=/<p>&/",
    "--api-opts=a=1",
    "--api-opts=b=2",
  ],
  [
    "registry",
    "set",
    "--skip-check",
    "a.example",
    "--blob-max=-1",
    "--blob-chunk=5",
    "--req-per-sec=1.5",
    "--req-concurrent=7",
  ],
  ["registry", "set", "--skip-check", "a.example", "--cred-helper=docker-credential-x", "--priority=2", "--repo-auth"],
  ["registry", "login", "--skip-check", "-u", "me", "-p", "p<>&\u2028ä", "b.example"],
  ["registry", "login", "--skip-check", "-u", "<token>", "-p", "t", "c.example"],
];

Deno.test(
  `regctl's settings file survives our commands byte for byte${peer.note}`,
  { ignore: peer.ignore },
  async () => {
    await withSettings(async ({ path, runPeer, runOurs }) => {
      for (const line of lines) await runPeer(...line);
      await runOurs("registry", "login", "--skip-check", "-u", "me", "-p", "p", "d.example");
      await runOurs("registry", "set", "--skip-check", "--priority=5", "a.example");
      const ours = await Deno.readTextFile(path);
      await runPeer("registry", "set", "--skip-check", "--priority=5", "a.example");
      assert.equal(await Deno.readTextFile(path), ours);
      assert.equal(await runPeer("registry", "whoami", "d.example"), "me\n");
      await runOurs("registry", "logout", "d.example");
      assert.equal(await runOurs("registry", "config"), await runPeer("registry", "config"));
    });
  },
);

Deno.test(
  `regctl understands the settings file that our commands write${peer.note}`,
  { ignore: peer.ignore },
  async () => {
    await withSettings(async ({ path, runPeer, runOurs }) => {
      for (const line of lines) await runOurs(...line);
      const ours = await Deno.readTextFile(path);
      assert.equal(await runPeer("registry", "config"), await runOurs("registry", "config"));
      for (const name of ["localhost:5000", "b.example"]) {
        assert.equal(await runPeer("registry", "config", name), await runOurs("registry", "config", name));
      }
      for (const name of ["b.example", "c.example"]) {
        assert.equal(await runPeer("registry", "whoami", name), await runOurs("registry", "whoami", name));
      }
      await runPeer("config", "set", "--docker-cred=true");
      assert.equal(await Deno.readTextFile(path), ours);
      const { mode } = await Deno.stat(path);
      assert.equal((mode ?? 0) & 0o777, 0o600);
    });
  },
);
