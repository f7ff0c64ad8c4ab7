import assert from "node:assert/strict";
import { createDenoSystem } from "../../../lib/settings/deno_system.ts";

const system = createDenoSystem();
const options = { timeoutMs: 60_000, maxOutputBytes: 1 << 20 };
const deno = Deno.execPath();
const isWindows = Deno.build.os === "windows";

/** Runs a program text in Deno itself, the one program that is surely there. */
function runText(text: string, stdin = "", more: Partial<Parameters<typeof system.run>[3]> = {}) {
  return system.run(deno, ["eval", text], stdin, { ...options, ...more });
}

async function withFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function modeOf(path: string): Promise<number> {
  return ((await Deno.stat(path)).mode ?? 0) & 0o777;
}

Deno.test("createDenoSystem() reads environment, home, files and folders", async () => {
  Deno.env.set("REGKIT_TEST_VARIABLE", "x");
  try {
    assert.equal(system.env("REGKIT_TEST_VARIABLE"), "x");
  } finally {
    Deno.env.delete("REGKIT_TEST_VARIABLE");
  }
  assert.equal(system.env("REGKIT_TEST_VARIABLE"), undefined);
  assert.notEqual(await system.homeDir(), "");
  await withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/a`, "text");
    assert.equal(await system.readTextFile(`${folder}/a`), "text");
    assert.deepEqual(await system.readDir(folder), ["a"]);
    await assert.rejects(system.readTextFile(`${folder}/b`), { code: "NOT_FOUND" });
    await assert.rejects(system.readTextFile(`${folder}/a/b`), { code: "NOT_FOUND" });
    await assert.rejects(system.readDir(`${folder}/b`), { code: "NOT_FOUND" });
    await assert.rejects(system.readTextFile(folder), { code: "IO" });
  });
});

Deno.test("createDenoSystem() takes what may not be read for unset or denied", {
  permissions: { env: false, read: false, run: false, sys: false },
}, async () => {
  assert.equal(system.env("HOME"), undefined);
  assert.equal(await system.homeDir(), undefined);
  await assert.rejects(system.readTextFile("/etc/regkit-test"), { code: "DENIED", tip: "Run it with --allow-read" });
  await assert.rejects(system.run(deno, ["get"], "", options), {
    code: "DENIED",
    tip: `Run it with --allow-run=${deno}`,
  });
});

Deno.test("replaceTextFile() makes private files and folders", { ignore: isWindows }, async () => {
  await withFolder(async (folder) => {
    const path = `${folder}/new/deep/config.json`;
    await system.replaceTextFile(path, "one");
    assert.equal(await Deno.readTextFile(path), "one");
    assert.equal(await modeOf(path), 0o600);
    assert.equal(await modeOf(`${folder}/new`), 0o700);
    assert.equal(await modeOf(`${folder}/new/deep`), 0o700);
    assert.deepEqual(await system.readDir(`${folder}/new/deep`), ["config.json"]);
  });
});

Deno.test("replaceTextFile() keeps mode and links", { ignore: isWindows }, async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/real.json`, "old");
    await Deno.chmod(`${folder}/real.json`, 0o640);
    await Deno.symlink("real.json", `${folder}/link.json`);
    await Deno.symlink(`${folder}/link.json`, `${folder}/outer.json`);
    await system.replaceTextFile(`${folder}/outer.json`, "new");
    assert.equal(await Deno.readTextFile(`${folder}/real.json`), "new");
    assert.equal(await modeOf(`${folder}/real.json`), 0o640);
    assert.equal(await Deno.readLink(`${folder}/link.json`), "real.json");

    await Deno.symlink("later.json", `${folder}/dangling.json`);
    await system.replaceTextFile(`${folder}/dangling.json`, "made");
    assert.equal(await Deno.readTextFile(`${folder}/later.json`), "made");

    await Deno.symlink("circle.json", `${folder}/circle.json`);
    await assert.rejects(system.replaceTextFile(`${folder}/circle.json`, "x"), { code: "IO" });
  });
});

Deno.test("replaceTextFile() leaves the old file and no rest when it fails", async () => {
  await withFolder(async (folder) => {
    await Deno.mkdir(`${folder}/config.json`);
    await assert.rejects(system.replaceTextFile(`${folder}/config.json`, "x"), { code: "IO" });
    assert.deepEqual(await system.readDir(folder), ["config.json"]);
  });
});

Deno.test("run() gives a program its input and takes its output and code", async () => {
  const text = "console.log((await new Response(Deno.stdin.readable).text()).toUpperCase()); Deno.exit(3)";
  assert.deepEqual(await runText(text, "input"), { code: 3, stdout: "INPUT\n" });
});

Deno.test("run() lets a program end without reading its input", async () => {
  assert.deepEqual(await runText("", "x".repeat(1 << 20)), { code: 0, stdout: "" });
});

Deno.test("run() fails for a program that is not there", async () => {
  await assert.rejects(system.run("docker-credential-regkit-none", ["get"], "", options), {
    code: "NOT_FOUND",
    message: "failed to run docker-credential-regkit-none: there is no such program",
  });
});

Deno.test("run() ends a program that takes too long", async () => {
  await assert.rejects(runText("setTimeout(() => {}, 1e6)", "", { timeoutMs: 50 }), { code: "TIMEOUT" });
});

Deno.test("run() ends a program that writes too much", async () => {
  const text = "for (;;) await Deno.stdout.write(new Uint8Array(65536))";
  await assert.rejects(runText(text, "", { maxOutputBytes: 100_000 }), { code: "TOO_LARGE" });
});

Deno.test("run() ends a program when the signal says so", async () => {
  const reason = new Error("enough");
  const controller = new AbortController();
  const running = runText("setTimeout(() => {}, 1e6)", "", { signal: controller.signal });
  controller.abort(reason);
  await assert.rejects(running, reason);
  await assert.rejects(runText("", "", { signal: AbortSignal.abort(reason) }), reason);
});

Deno.test("run() does not wait for what a program left behind", { ignore: isWindows }, async () => {
  await withFolder(async (folder) => {
    const script = `sleep 1000 & echo $! >${folder}/pid; exec sleep 1000`;
    const running = system.run("/bin/sh", ["-c", script], "", { ...options, timeoutMs: 100 });
    await assert.rejects(running, { code: "TIMEOUT" });
    Deno.kill(Number(await Deno.readTextFile(`${folder}/pid`)), "SIGKILL");
  });
});
